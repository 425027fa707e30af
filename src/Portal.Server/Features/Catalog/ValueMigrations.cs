using System.Text.RegularExpressions;
using Portal.Helm.Charts;
using Portal.Helm.Sprig;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Catalog;

/// <summary>What happened to values, as a vendor or an operator declares it.</summary>
public enum MigrationKind { Rename, Move, Merge, Split, Replace, Remove, Add, Default, Meaning, ChartRename, ChartRemove }

/// <summary>
/// One entry of a migrations file (docs/formats/migrations.md): the chart version that brought it, and dotted keys; "a.*" stands for a table and everything below it.
/// Value is for Replace: the new value, with {key} for the value of the old key of that last name. With When it only counts for values in which those keys (set or default) are so.
/// </summary>
public sealed record ValueMigration(
    string Version, MigrationKind Kind, IReadOnlyList<string> From, IReadOnlyList<string> To, string Note = "", string? Value = null, IReadOnlyDictionary<string, string>? When = null)
{
    /// <summary>The new key of an old one, or null when this entry does not speak of it.</summary>
    public string? Target(string path)
    {
        for (var i = 0; i < From.Count; i++)
        {
            var to = To.Count == 0 ? "" : To[Math.Min(i, To.Count - 1)];
            if (From[i] == path)
            {
                return to;
            }

            if (From[i].EndsWith(".*", StringComparison.Ordinal) && path.StartsWith(From[i][..^1], StringComparison.Ordinal))
            {
                return to.EndsWith(".*", StringComparison.Ordinal) ? to[..^1] + path[(From[i].Length - 1)..] : to;
            }

            // A table that moves takes what lies below it along.
            if (!From[i].EndsWith(".*", StringComparison.Ordinal) && path.StartsWith(From[i] + ".", StringComparison.Ordinal))
            {
                return to.Length == 0 ? "" : to + path[From[i].Length..];
            }
        }

        return null;
    }
}

/// <summary>Reads migrations files. The format is documented in docs/formats/migrations.md.</summary>
public static partial class ValueMigrations
{
    public const string FileName = "migrations.yaml";

    /// <summary>What a chart carries itself.</summary>
    /// <exception cref="ChartException">The chart's file is not in the format.</exception>
    public static IReadOnlyList<ValueMigration> Of(Chart chart) => chart.Text(FileName) is { Length: > 0 } text ? Read(text) : [];

    /// <summary>The entries of a file, in the order of their versions.</summary>
    /// <exception cref="ChartException">The text is not in the format.</exception>
    public static IReadOnlyList<ValueMigration> Read(string text) => Of(GoYaml.ReadTable(text));

    /// <summary>The same from what was read already.</summary>
    /// <exception cref="ChartException">It is not in the format.</exception>
    public static IReadOnlyList<ValueMigration> Of(Dictionary<string, object?> root)
    {
        if (root.GetValueOrDefault("migrations") is not List<object?> items)
        {
            throw new ChartException("a migrations file has a list \"migrations\"");
        }

        return [.. items.Select((item, i) => One(item as Dictionary<string, object?> ?? [], i)).OrderBy(m => SemVersion.TryParse(m.Version))];
    }

    /// <summary>Those that an upgrade passes: above the installed version, up to the target.</summary>
    public static IReadOnlyList<ValueMigration> Between(IEnumerable<ValueMigration> all, string from, string to)
    {
        var (low, high) = (SemVersion.TryParse(from), SemVersion.TryParse(to));
        return [.. all.Where(m => SemVersion.TryParse(m.Version) is { } at && low is not null && high is not null && at.CompareTo(low) > 0 && at.CompareTo(high) <= 0)];
    }

    private static ValueMigration One(Dictionary<string, object?> item, int index)
    {
        ChartException Wrong(string what) => new($"migration {index + 1}: {what}");
        var version = item.GetValueOrDefault("version") as string ?? throw Wrong("version is missing (write it in quotes)");
        if (SemVersion.TryParse(version) is null)
        {
            throw Wrong($"{version} is no version");
        }

        var kind = (item.GetValueOrDefault("kind") as string ?? "").Replace("-", "", StringComparison.Ordinal);
        if (!Enum.TryParse<MigrationKind>(kind, ignoreCase: true, out var known) || int.TryParse(kind, out _))
        {
            throw Wrong($"kind is one of {string.Join(", ", Enum.GetNames<MigrationKind>())}");
        }

        var from = Keys(item.GetValueOrDefault("from")).ToArray();
        var to = Keys(item.GetValueOrDefault("to")).ToArray();
        if (known is not MigrationKind.Add && from.Length == 0)
        {
            throw Wrong("from is missing");
        }

        if (known is MigrationKind.Rename or MigrationKind.Move or MigrationKind.Merge or MigrationKind.Split or MigrationKind.Replace or MigrationKind.Add && to.Length == 0)
        {
            throw Wrong("to is missing");
        }

        if (known is MigrationKind.Rename or MigrationKind.Move or MigrationKind.Split && to.Length != 1 && to.Length != from.Length)
        {
            throw Wrong("to names one key, or one for each of from");
        }

        var when = (item.GetValueOrDefault("when") as Dictionary<string, object?>)?.ToDictionary(p => p.Key, p => GoFormat.Value(p.Value), StringComparer.Ordinal);
        return new ValueMigration(version, known, from, to, item.GetValueOrDefault("note") as string ?? "", item.GetValueOrDefault("value") as string, when);
    }

    // A text or a list of texts; "a.{b,c}" is short for a.b and a.c.
    private static IEnumerable<string> Keys(object? node) => node switch
    {
        string text => Expand(text),
        List<object?> list => list.OfType<string>().SelectMany(Expand),
        _ => [],
    };

    private static IEnumerable<string> Expand(string text)
    {
        var match = Group().Match(text);
        return match.Success
            ? match.Groups[1].Value.Split(',').SelectMany(part => Expand(text[..match.Index] + part.Trim() + text[(match.Index + match.Length)..]))
            : [text.Trim()];
    }

    [GeneratedRegex(@"\{([^{}]*)\}")]
    private static partial Regex Group();
}
