using Portal.Core.Catalog;
using Portal.Helm.Sprig;

namespace Portal.Server.Features.Catalog;

/// <summary>The shortest way from one version to another over what must not be jumped. Pure.</summary>
internal static class UpgradePaths
{
    public static UpgradePath Of(string from, string to, IReadOnlyCollection<string> available, IReadOnlyList<UpgradeStop> stops)
    {
        if (SemVersion.TryParse(from) is not { } start || SemVersion.TryParse(to) is not { } target)
        {
            return new UpgradePath([to], [], null);
        }

        var between = stops.Where(s => SemVersion.TryParse(s.Version) is { } at && at.CompareTo(start) > 0 && at.CompareTo(target) <= 0).ToArray();
        if (target.CompareTo(start) <= 0)
        {
            return new UpgradePath([to], [], null);
        }

        // Prereleases are no places to stop at, unless one is the target itself.
        var places = available.Append(to).Distinct(StringComparer.Ordinal).Where(v => SemVersion.TryParse(v) is { } at && at.CompareTo(start) > 0 && at.CompareTo(target) <= 0 && (at.Prerelease.Length == 0 || v == to))
            .OrderByDescending(v => SemVersion.TryParse(v)).ToArray();
        var came = new Dictionary<string, string>(StringComparer.Ordinal);
        var queue = new Queue<string>([from]);
        while (queue.TryDequeue(out var at))
        {
            if (at == to)
            {
                var way = new List<string>();
                for (var v = to; v != from; v = came[v])
                {
                    way.Insert(0, v);
                }

                return new UpgradePath(way, between, null);
            }

            // Newest first: of two ways of the same length the one over newer patches wins.
            foreach (var next in places.Where(p => !came.ContainsKey(p) && Allowed(at, p, between)))
            {
                came[next] = at;
                queue.Enqueue(next);
            }
        }

        var missing = between.Where(s => s.Required && !places.Contains(s.Version)).Select(s => s.Version).ToArray();
        return new UpgradePath([], between, missing.Length > 0
            ? $"The way to {to} leads over {string.Join(", ", missing)}, which no source has."
            : $"No allowed way leads from {from} to {to}: {string.Join("; ", between.Where(s => s.From is not null).Select(s => $"{s.Version} can only be reached from {s.From}"))}.");
    }

    private static bool Allowed(string from, string to, IReadOnlyList<UpgradeStop> stops)
    {
        var (a, b) = (SemVersion.TryParse(from)!, SemVersion.TryParse(to)!);
        return b.CompareTo(a) > 0 && stops.All(s =>
        {
            var at = SemVersion.TryParse(s.Version)!;
            var jumps = a.CompareTo(at) < 0 && b.CompareTo(at) > 0;
            // A minimum holds for every step across its version.
            var crosses = a.CompareTo(at) < 0 && b.CompareTo(at) >= 0;
            return !(s.Required && jumps) && !(crosses && s.From is { } range && SemConstraint.TryParse(range) is { } c && !c.Matches(a));
        });
    }
}
