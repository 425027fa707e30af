using System.Diagnostics;
using System.Globalization;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Values;

/// <summary>How long the report may render: past it, what was not rendered is no evidence.</summary>
internal sealed class RenderAllowance(TimeSpan time, int renders)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private int _left = renders;

    public bool Take() => _left-- > 0 && Stopwatch.GetElapsedTime(_started) < time;
}

/// <summary>Renders one chart with and without a key and says which fields of which objects differ.</summary>
internal sealed class OverrideRenders(ChartRenderer renderer, Chart chart, Dictionary<string, object?> values, ReleaseOptions release, Capabilities capabilities, RenderAllowance allowance)
{
    private const string Probe = "portalProbeKey";

    // The same documents come again with every key that is tried.
    private readonly Dictionary<string, Dictionary<string, string>> _fields = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlySet<string>?> _echoes = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, string>? _base;
    private IReadOnlySet<string>? _noise;
    private bool _tried;
    private ChartRenderer? _lenient;

    /// <summary>Why the chart does not render with these values; null when it does.</summary>
    public string? Error { get; private set; }

    /// <summary>The fields that change when a key changes from the base to another value (<see cref="ValuesPath.Absent"/>: without it); null when it cannot be told. What every key of the same table changes does not count.</summary>
    public IReadOnlySet<string>? Changes(string path, object? other, string echoOf) => Changes(values, path, other, echoOf);

    /// <summary>The same from another base.</summary>
    public IReadOnlySet<string>? Changes(Dictionary<string, object?> from, string path, object? other, string echoOf)
    {
        // The base first: it says whether what is required needs a stand-in.
        var own = Base();
        var a = ReferenceEquals(from, values) ? own : Render(from);
        var b = a is null ? null : Render(ValuesPath.With(from, path, other));
        if (a is null || b is null || Echo(echoOf) is not { } echo || Noise() is not { } noise)
        {
            return null;
        }

        var result = Difference(a, b);
        result.ExceptWith(echo);
        result.ExceptWith(noise);
        return result;
    }

    /// <summary>The fields that any object has otherwise without a key; null when it cannot be told. Where one object holds all values, that one does not count.</summary>
    public IReadOnlySet<string>? Effect(string path)
    {
        if (Base() is not { } a || Render(ValuesPath.With(values, path, ValuesPath.Absent)) is not { } b || Echo("") is not { } echo || Noise() is not { } noise)
        {
            return null;
        }

        var result = Difference(a, b);
        result.ExceptWith(echo);
        result.ExceptWith(noise);
        return result;
    }

    /// <summary>Tries the chart once.</summary>
    public bool Renders => Base() is not null;

    /// <summary>Why the chart does not render with other values; null when it does.</summary>
    public string? ErrorOf(Dictionary<string, object?> other)
    {
        try
        {
            renderer.Render(chart, other, release, capabilities);
            return null;
        }
        catch (Exception error) when (error is RenderException or TemplateException or ChartException or YamlException)
        {
            return error.Message;
        }
    }

    private IReadOnlyDictionary<string, string>? Base()
    {
        if (!_tried)
        {
            _tried = true;
            _base = Render(values);
            // What is asked for and not set yet must not hide what the other keys do.
            if (_base is null)
            {
                _lenient = renderer.Lenient();
                _base = Render(values);
            }
        }

        return _base;
    }

    // Random passwords, certificates and times differ between any two renders.
    private IReadOnlySet<string>? Noise() => _noise ??= Base() is { } a && Render(values) is { } b ? Difference(a, b) : null;

    // An unknown key beside the key: what it changes is a copy of the whole table, which says nothing about single keys.
    private IReadOnlySet<string>? Echo(string table)
    {
        if (!_echoes.TryGetValue(table, out var echo))
        {
            var set = new HashSet<string>(StringComparer.Ordinal);
            echo = set;
            foreach (var at in table.Length == 0 ? new[] { "" } : ["", table])
            {
                if (at.Length > 0 && ValuesPath.TryFind(values, at, out var there) && there is not Dictionary<string, object?>)
                {
                    continue;
                }

                // A closed schema refuses the probe: then nothing copies unknown keys either.
                if (Base() is { } a && Render(ValuesPath.With(values, ValuesPath.Join(at, Probe), "probe")) is { } b)
                {
                    set.UnionWith(Difference(a, b));
                }
            }

            _echoes[table] = echo;
        }

        return echo;
    }

    private Dictionary<string, string>? Render(Dictionary<string, object?> with)
    {
        if (!allowance.Take())
        {
            return null;
        }

        try
        {
            var result = (_lenient ?? renderer).Render(chart, with, release, capabilities);
            var texts = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (id, text) in result.Documents.Select(d => ($"{d.Kind}/{d.Name}", d.Content)).Concat(result.Hooks.Select(h => ($"{h.Kind}/{h.Name}", h.Manifest))))
            {
                texts[id] = text;
            }

            return texts;
        }
        catch (Exception error) when (error is RenderException or TemplateException or ChartException or YamlException)
        {
            Error ??= ReferenceEquals(with, values) ? error.Message : null;
            return null;
        }
    }

    private HashSet<string> Difference(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b)
    {
        var result = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in a.Keys.Union(b.Keys))
        {
            var (x, y) = (a.GetValueOrDefault(id), b.GetValueOrDefault(id));
            if (x == y)
            {
                continue;
            }

            if (x is null || y is null)
            {
                result.Add(id);
                continue;
            }

            var (left, right) = (Fields(x), Fields(y));
            result.UnionWith(left.Keys.Union(right.Keys).Where(k => left.GetValueOrDefault(k) != right.GetValueOrDefault(k)).Select(k => $"{id} {k}"));
        }

        return result;
    }

    private Dictionary<string, string> Fields(string text)
    {
        if (_fields.TryGetValue(text, out var known))
        {
            return known;
        }

        if (_fields.Count > 2000)
        {
            _fields.Clear();
        }

        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        Add(GoYaml.Read(text), "");
        return _fields[text] = result;

        void Add(object? node, string path)
        {
            switch (node)
            {
                case Dictionary<string, object?> table:
                    foreach (var (key, value) in table)
                    {
                        Add(value, ValuesPath.Join(path, key));
                    }

                    break;
                case List<object?> list:
                    for (var i = 0; i < list.Count; i++)
                    {
                        // Named items keep their place when others come and go.
                        Add(list[i], ValuesPath.Join(path, list[i] is Dictionary<string, object?> item && item.GetValueOrDefault("name") is string name ? name : i.ToString(CultureInfo.InvariantCulture)));
                    }

                    break;
                default:
                    result[path] = GoFormat.Value(node);
                    break;
            }
        }
    }
}
