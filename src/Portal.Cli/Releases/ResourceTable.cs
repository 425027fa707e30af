using System.Globalization;
using System.Text;
using Portal.Helm.Kube;

namespace Portal.Cli.Releases;

/// <summary>The RESOURCES part of "status": the live objects by kind, with what Readiness says of each, and their pods.</summary>
internal static class ResourceTable
{
    public static string Of(ClusterSnapshot snapshot, DateTimeOffset now)
    {
        var text = new StringBuilder("RESOURCES:\n");
        foreach (var group in snapshot.Objects.GroupBy(o => $"{o.ApiVersion}/{o.Kind}"))
        {
            Add(text, group.Key, ["NAME", "STATE", "AGE"], group.Select(o => new[] { o.Name, Readiness.Of(o).Have, Age(o, now) }));
        }

        var pods = snapshot.Objects.SelectMany(o => snapshot.PodsOf(o)).DistinctBy(p => p.Uid).ToList();
        if (pods.Count > 0)
        {
            Add(text, "v1/Pod(related)", ["NAME", "STATE", "RESTARTS", "AGE"], pods.Select(p => new[]
            {
                p.Name, p.List("status", "containerStatuses").Select(c => c.Text("state", "waiting", "reason")).FirstOrDefault(r => r.Length > 0) ?? p.Text("status", "phase"),
                p.List("status", "containerStatuses").Sum(c => c.Int("restartCount") ?? 0).ToString(CultureInfo.InvariantCulture), Age(p, now),
            }));
        }

        return text.Append('\n').ToString();
    }

    private static void Add(StringBuilder text, string kind, string[] header, IEnumerable<string[]> rows)
    {
        string[][] all = [header, .. rows];
        var widths = Enumerable.Range(0, header.Length).Select(at => all.Max(r => r[at].Length)).ToArray();
        text.Append("==> ").Append(kind).Append('\n');
        foreach (var row in all)
        {
            text.Append(string.Join("   ", row.Select((cell, at) => cell.PadRight(widths[at]))).TrimEnd()).Append('\n');
        }

        text.Append('\n');
    }

    private static string Age(KubeObject item, DateTimeOffset now) => item.CreatedAt is not { } created ? "<unknown>" : (now - created) switch
    {
        { TotalSeconds: < 120 } age => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (int)age.TotalSeconds)}s"),
        { TotalMinutes: < 120 } age => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalMinutes}m"),
        { TotalHours: < 48 } age => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalHours}h"),
        var age => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalDays}d"),
    };
}
