using Portal.Core.Catalog;
using Portal.Helm.Sprig;

namespace Portal.Server.Features.Catalog;

/// <summary>How versions relate by number (semver.org), and in words what their content means.</summary>
public static class VersionClasses
{
    public static VersionClass Of(string installed, string candidate)
    {
        var from = SemVersion.TryParse(installed);
        var to = SemVersion.TryParse(candidate);
        if (from is null || to is null || from.CompareTo(to) == 0)
        {
            return VersionClass.Same;
        }

        if (to.CompareTo(from) < 0)
        {
            return VersionClass.Older;
        }

        return to.Major != from.Major ? VersionClass.Major : to.Minor != from.Minor ? VersionClass.Minor : VersionClass.Patch;
    }

    public static bool IsNewer(string installed, string candidate) => Of(installed, candidate) is VersionClass.Patch or VersionClass.Minor or VersionClass.Major;

    /// <summary>"4 breaking changes, 2 removed", or null when nothing but additions and fixes.</summary>
    public static string? Risk(IEnumerable<ChangelogEntry> entries)
    {
        var counts = entries.GroupBy(e => e.Kind).ToDictionary(g => g.Key, g => g.Count());
        string? Part(ChangeKind kind, string one, string many) => counts.TryGetValue(kind, out var n) ? $"{n} {(n == 1 ? one : many)}" : null;
        string?[] parts =
        [
            Part(ChangeKind.Breaking, "breaking change", "breaking changes"), Part(ChangeKind.Removed, "removal", "removals"), Part(ChangeKind.Changed, "changed default or behaviour", "changed defaults or behaviours"),
            Part(ChangeKind.Security, "security fix", "security fixes"),
        ];
        var text = string.Join(", ", parts.Where(p => p is not null));
        return text.Length == 0 ? null : text;
    }

    /// <summary>Newest first.</summary>
    public static int Compare(string a, string b) => (SemVersion.TryParse(b), SemVersion.TryParse(a)) switch
    {
        ({ } x, { } y) => x.CompareTo(y),
        (null, null) => 0,
        (null, _) => -1,
        _ => 1,
    };
}
