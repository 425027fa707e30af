using System.Runtime.CompilerServices;
using Portal.Core.Values;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;

namespace Portal.Server.Features.Values;

/// <summary>
/// Which keys a chart knows: those of its defaults and of its subcharts', those of its schema, and those that its templates read though nothing names them (a commented-out default).
/// Pure; found once for each chart.
/// </summary>
internal sealed class KnownKeys
{
    private static readonly ConditionalWeakTable<Chart, KnownKeys> Found = [];

    /// <summary>How keys end that take {name, key} of a Kubernetes Secret.</summary>
    public static readonly string[] Referring = ["Secret", "SecretRef", "SecretKeyRef"];

    private readonly Chart _chart;
    private readonly Dictionary<string, object?> _defaults;
    private readonly Lazy<Dictionary<string, ChartKey>> _described;
    private readonly Lazy<HashSet<string>> _tables;
    private readonly Lazy<ValueReferences?> _references;

    private KnownKeys(Chart chart)
    {
        _chart = chart;
        _defaults = Defaults(chart);
        _described = new Lazy<Dictionary<string, ChartKey>>(() => ChartKeys.Of(chart).ToDictionary(k => k.Path, StringComparer.Ordinal));
        _tables = new Lazy<HashSet<string>>(() => _described.Value.Keys.SelectMany(Above).ToHashSet(StringComparer.Ordinal));
        _references = new Lazy<ValueReferences?>(() =>
        {
            try
            {
                return ValueReferences.Of(chart, []);
            }
            catch (RenderException)
            {
                // What cannot be read says nothing about keys; the plan says what is wrong with it.
                return null;
            }
        });
    }

    private static Dictionary<string, object?> Defaults(Chart chart)
    {
        try
        {
            return ChartValues.Coalesce(chart, []);
        }
        catch (ChartException)
        {
            // A chart whose defaults do not fit its subcharts: Helm refuses it, and the plan says so.
            return chart.Values;
        }
    }

    public static KnownKeys Of(Chart chart) => Found.GetValue(chart, c => new KnownKeys(c));

    /// <summary>Whether the chart knows a key of these values, and whether its value is the default's.</summary>
    public (bool Known, bool Same) Origin(string path, Dictionary<string, object?> values)
    {
        object? fallback = _defaults;
        object? value = values;
        foreach (var key in ValuesPath.Split(path))
        {
            value = value switch
            {
                Dictionary<string, object?> table => table.GetValueOrDefault(key),
                List<object?> list when int.TryParse(key, out var i) && i < list.Count => list[i],
                _ => null,
            };
            switch (fallback)
            {
                // An empty table or list in the defaults is open.
                case Dictionary<string, object?> { Count: 0 } or List<object?> or null:
                    return (true, false);
                case Dictionary<string, object?> defaults:
                    if (!defaults.TryGetValue(key, out fallback))
                    {
                        return (key is "global" or "<<" || (ReferenceEquals(defaults, _defaults) && _chart.Subcharts.Any(s => s.Key == key)) || IsDescribed(path) || IsRead(path), false);
                    }

                    break;
                default:
                    return (IsRead(path), false);
            }
        }

        return (true, GoValue.DeepEqual(value, fallback));
    }

    /// <summary>The key that takes {name, key} of a Kubernetes Secret in place of a value ("passwordSecret" for "password"); null when the chart has none.</summary>
    public string? SecretReference(string path) => Referring.Select(suffix => path + suffix).FirstOrDefault(TakesReference);

    // By its defaults, its schema, or a template that reads the name: a key that only travels along with all values says nothing.
    private bool TakesReference(string path) => ValuesPath.TryFind(_defaults, path, out var fallback) && fallback is not null
        ? fallback is Dictionary<string, object?>
        : _described.Value.ContainsKey($"{path}.name") || (_described.Value.TryGetValue(path, out var key) && key.Type == "object") || _references.Value?.Reading($"{path}.name") == KeyReading.Read;

    // A described key without keys of its own may hold anything.
    private bool IsDescribed(string path)
    {
        if (_described.Value.ContainsKey(path))
        {
            return true;
        }

        return Above(path).FirstOrDefault(_described.Value.ContainsKey) is { } nearest && !_tables.Value.Contains(nearest);
    }

    // The paths that a path stands below, the nearest first.
    private static IEnumerable<string> Above(string path)
    {
        for (var dot = path.LastIndexOf('.'); dot > 0; dot = path.LastIndexOf('.', dot - 1))
        {
            yield return path[..dot];
        }
    }

    private bool IsRead(string path) => _references.Value is not { IsComplete: true } references || references.Reading(path) is KeyReading.Read or KeyReading.NotesOnly;
}
