using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Rendering;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>
/// What is in a chart's crds/: Helm applies it on an install and never again (https://helm.sh/docs/chart_best_practices/custom_resource_definitions/), so that a new version may meet old definitions. And
/// how long the certificates of their conversion webhooks hold.
/// </summary>
internal static class DefinitionsCheck
{
    private const int Width = 8;

    public static async Task<IReadOnlyList<Finding>> OfAsync(CheckInput input, CancellationToken cancellation)
    {
        var wanted = Objects(input.Action.Target.Chart);
        var live = new ConcurrentDictionary<string, KubeObject?>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(wanted, new ParallelOptions { MaxDegreeOfParallelism = Width, CancellationToken = cancellation }, async (item, stop) =>
        {
            try
            {
                live[item.Key] = await input.Kube.GetAsync(item.Value.Ref, stop);
            }
            catch (KubeException error) when (error.Code is 403)
            {
                // Then only the charts can be compared.
            }
            catch (KubeException error) when (error.Code is 404)
            {
                live[item.Key] = null;
            }
        });
        var certificates = ReferenceCheck.Certificates(input.Kind == OperationKind.Install ? wanted.Values.Concat(live.Values.OfType<KubeObject>()) : live.Values.OfType<KubeObject>(), input.Now);
        return [.. Stale(input.Kind, wanted, input.Installed is { } installed ? Objects(installed) : null, live), .. certificates.DistinctBy(f => f.Id)];
    }

    /// <summary>What an upgrade leaves as it is although the new chart brings another one. Pure.</summary>
    /// <param name="kind">Only an upgrade leaves something behind: an install applies crds/, and going back leaves the newer ones (the rollback's verdict says so).</param>
    /// <param name="wanted">The objects in crds/ of the new chart, by "Kind/name".</param>
    /// <param name="installed">The same of the installed chart; null when it is not known.</param>
    /// <param name="live">Those of the cluster; null: not there; absent: not to be read.</param>
    public static IEnumerable<Finding> Stale(OperationKind kind, IReadOnlyDictionary<string, KubeObject> wanted, IReadOnlyDictionary<string, KubeObject>? installed, IReadOnlyDictionary<string, KubeObject?> live)
    {
        if (kind != OperationKind.Upgrade)
        {
            yield break;
        }

        var (missing, old, other) = (new List<string>(), new List<string>(), new List<string>());
        foreach (var (key, item) in wanted.OrderBy(w => w.Key, StringComparer.Ordinal))
        {
            var changed = installed is null || !installed.TryGetValue(key, out var before) || !JsonNode.DeepEquals(before.Json, item.Json);
            if (live.TryGetValue(key, out var now))
            {
                // The API server adds defaults: what the chart says has to be in there.
                (now is null ? missing : Holds(now["spec"], item["spec"]) ? [] : changed ? old : other).Add(key);
            }
            else if (changed)
            {
                old.Add(key);
            }
        }

        if (missing.Count > 0)
        {
            yield return PlanChecks.Finding(
                "crds", FindingLevel.Warning, null, $"The chart brings {string.Join(", ", missing)} in crds/, which the cluster does not have: Helm applies crds/ on an install only.",
                "Have a cluster admin apply them first (kubectl apply --server-side -f on the files of crds/).", "missing");
        }

        if (old.Count > 0)
        {
            yield return PlanChecks.Finding(
                "crds", FindingLevel.Warning, null, $"The new version changes {string.Join(", ", old)} in crds/, and Helm leaves the cluster's as they are.",
                "Have a cluster admin apply them (kubectl apply --server-side -f on the files of crds/), before the upgrade unless the guide says otherwise.", "changed");
        }

        if (other.Count > 0)
        {
            yield return PlanChecks.Finding(
                "crds", FindingLevel.Note, null, $"The cluster has other definitions than both versions of the chart: {string.Join(", ", other)}. Helm leaves them as they are.", "Look whether somebody applied newer ones on purpose.", "other");
        }
    }

    /// <summary>The objects of a chart's crds/, by "Kind/name". Pure.</summary>
    public static IReadOnlyDictionary<string, KubeObject> Objects(Chart chart) => ChartCrds.Of(chart)
        .SelectMany(f => ManifestSplitter.Parse(Encoding.UTF8.GetString(f.Data.Span))).Select(d => KubeObject.FromYaml(d.Content)).OfType<KubeObject>().Where(o => o.Kind.Length > 0)
        .GroupBy(o => o.Ref.ToString(), StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last(), StringComparer.Ordinal);

    // Lists by their order; a table may hold more.
    private static bool Holds(JsonNode? all, JsonNode? some) => (all, some) switch
    {
        (_, null) => true,
        (JsonObject a, JsonObject s) => s.All(p => Holds(a[p.Key], p.Value)),
        (null, JsonObject s) => s.All(p => Holds(null, p.Value)),
        (JsonArray a, JsonArray s) => a.Count == s.Count && a.Zip(s).All(p => Holds(p.First, p.Second)),
        // Empty is what the API server leaves out.
        (null, JsonArray { Count: 0 }) => true,
        _ => JsonNode.DeepEquals(all, some),
    };
}
