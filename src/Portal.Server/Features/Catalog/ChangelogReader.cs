using System.Text.RegularExpressions;
using Portal.Core.Catalog;
using Portal.Helm.Charts;
using Portal.Helm.Sprig;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Catalog;

/// <summary>What a chart says of its changes: CHANGELOG.md (keepachangelog.com), else the annotation artifacthub.io/changes.</summary>
internal static partial class ChangelogReader
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
            if (Heading().Match(line) is { Success: true } heading)
            {
                var (level, words) = (heading.Groups["level"].Length, heading.Groups["text"].Value);
                if (VersionOf(words) is { } named)
                {
                    (version, kind) = (named, ChangeKind.Changed);
                }
                else if (level < 3)
                {
                    // "Unreleased", or the title: what stands below belongs to no version.
                    (version, kind) = (null, ChangeKind.Changed);
                }
                else
                {
                    kind = KindOf(words);
                }
            }
            else if (version is not null && Item().Match(line) is { Success: true } item)
            {
                var words = item.Groups["text"].Value;
                result.Add(new ChangelogEntry(version, Breaking().IsMatch(words) ? ChangeKind.Breaking : kind, words));
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

    // "## [1.2.0] - 2026-01-31", "## Version 2.0.0", "# v1.0.0 (yesterday)".
    private static string? VersionOf(string heading) =>
        heading.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(2).Select(w => w.Split(']')[0].Trim('[', '(', ')', ':').TrimStart('v')).FirstOrDefault(w => w.Contains('.', StringComparison.Ordinal) && SemVersion.TryParse(w) is not null);

    // "⚠ BREAKING CHANGES", "Bug Fixes:".
    private static ChangeKind KindOf(string heading) => string.Join(' ', heading.ToLowerInvariant().Split(' ').Select(w => string.Concat(w.Where(char.IsAsciiLetter))).Where(w => w.Length > 0)) switch
    {
        "breaking" or "breaking change" or "breaking changes" => ChangeKind.Breaking,
        "security" => ChangeKind.Security,
        "deprecated" or "deprecations" => ChangeKind.Deprecated,
        "removed" => ChangeKind.Removed,
        "added" or "features" or "new features" or "enhancements" => ChangeKind.Added,
        "fixed" or "fixes" or "bug fixes" or "bugfixes" => ChangeKind.Fixed,
        _ => ChangeKind.Changed,
    };

    [GeneratedRegex("^(?<level>#{1,6})[ \t]+(?<text>.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^([-*+]|\d{1,3}[.)])[ \t]+(?<text>.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Item();

    [GeneratedRegex(@"^[*_]{0,2}BREAKING\b", RegexOptions.CultureInvariant)]
    private static partial Regex Breaking();
}
