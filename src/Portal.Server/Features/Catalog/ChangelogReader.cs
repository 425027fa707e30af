using Portal.Core.Catalog;
using Portal.Helm.Charts;
using Portal.Helm.Sprig;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Catalog;

/// <summary>What a chart says of its changes: CHANGELOG.md (keepachangelog.com), else the annotation artifacthub.io/changes.</summary>
internal static class ChangelogReader
{
    /// <summary>All entries, newest version first, breaking ones first within a version.</summary>
    public static IReadOnlyList<ChangelogEntry> Read(Chart chart)
    {
        var entries = FromMarkdown(chart.Text("CHANGELOG.md"));
        if (!entries.Any(e => e.Version == chart.Metadata.Version))
        {
            entries.AddRange(FromAnnotation(chart));
        }

        return
        [
            .. entries.OrderByDescending(e => SemVersion.TryParse(e.Version), Comparer<SemVersion?>.Create((a, b) => a is null ? (b is null ? 0 : -1) : a.CompareTo(b))).ThenBy(e => e.Kind),
        ];
    }

    private static List<ChangelogEntry> FromMarkdown(string text)
    {
        var result = new List<ChangelogEntry>();
        string? version = null;
        var kind = ChangeKind.Changed;
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.TrimEnd();
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                var word = line[3..].Trim().Split(' ')[0].Trim('[', ']').TrimStart('v');
                version = SemVersion.TryParse(word) is null ? null : word;
            }
            else if (line.StartsWith("### ", StringComparison.Ordinal))
            {
                kind = KindOf(line[4..].Trim());
            }
            else if (version is not null && (line.StartsWith("- ", StringComparison.Ordinal) || line.StartsWith("* ", StringComparison.Ordinal)))
            {
                result.Add(new ChangelogEntry(version, kind, line[2..].Trim()));
            }
            else if (version is not null && line.StartsWith("  ", StringComparison.Ordinal) && result.Count > 0)
            {
                result[^1] = result[^1] with { Text = $"{result[^1].Text} {line.Trim()}" };
            }
        }

        return result;
    }

    private static IEnumerable<ChangelogEntry> FromAnnotation(Chart chart)
    {
        if (!chart.Metadata.Annotations.TryGetValue("artifacthub.io/changes", out var text))
        {
            yield break;
        }

        List<object?> items;
        try
        {
            items = GoYaml.Read(text) as List<object?> ?? [];
        }
        catch (YamlException)
        {
            // A vendor's slip in an annotation must not hide the chart.
            items = [];
        }

        foreach (var item in items)
        {
            if (item is string line)
            {
                yield return new ChangelogEntry(chart.Metadata.Version, ChangeKind.Changed, line);
            }
            else if (item is Dictionary<string, object?> entry && entry.GetValueOrDefault("description") is string description)
            {
                yield return new ChangelogEntry(chart.Metadata.Version, KindOf(entry.GetValueOrDefault("kind") as string ?? ""), description);
            }
        }
    }

    private static ChangeKind KindOf(string word) => word.ToLowerInvariant() switch
    {
        "breaking" or "breaking changes" => ChangeKind.Breaking,
        "security" => ChangeKind.Security,
        "deprecated" or "deprecations" => ChangeKind.Deprecated,
        "removed" => ChangeKind.Removed,
        "added" or "features" or "new features" => ChangeKind.Added,
        "fixed" or "bug fixes" or "bugfixes" => ChangeKind.Fixed,
        _ => ChangeKind.Changed,
    };
}
