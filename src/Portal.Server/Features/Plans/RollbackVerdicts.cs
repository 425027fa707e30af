using System.Globalization;
using System.Text.Json.Nodes;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Values;

namespace Portal.Server.Features.Plans;

/// <summary>
/// Whether going back to an earlier revision is safe, from Helm's records and what the vendor declares: nothing is rendered, and nothing is tried. Pure. What nobody says anything about is
/// unknown, never safe.
/// </summary>
internal sealed class RollbackVerdicts
{
    // From mild to severe. What is known to be bad says more than that nothing is known.
    private static readonly RollbackSafety[] Ranks = [RollbackSafety.Safe, RollbackSafety.SafeWithSteps, RollbackSafety.Unknown, RollbackSafety.NeedsRestore, RollbackSafety.Impossible];

    private readonly List<string> _reasons = [];
    private RollbackSafety _safety = RollbackSafety.Safe;

    private RollbackVerdicts()
    {
    }

    /// <summary>The verdict about one revision.</summary>
    /// <param name="target">Where to go back to.</param>
    /// <param name="history">All revisions, oldest first; the last one is what there is now.</param>
    /// <param name="facts">What vendors and operators say about versions.</param>
    /// <param name="apis">What the cluster serves; null when it was not asked.</param>
    public static RollbackVerdict Of(Release target, IReadOnlyList<Release> history, ReleaseFacts facts, IReadOnlyCollection<string>? apis) => Of(target, history, Items(history[^1]), facts, apis);

    /// <summary>The verdicts about all revisions but the last one, by number.</summary>
    public static IReadOnlyDictionary<int, RollbackVerdict> OfAll(IReadOnlyList<Release> history, ReleaseFacts facts, IReadOnlyCollection<string>? apis)
    {
        if (history.Count < 2)
        {
            return new Dictionary<int, RollbackVerdict>();
        }

        var now = Items(history[^1]);
        return history.SkipLast(1).ToDictionary(r => r.Version, r => Of(r, history, now, facts, apis));
    }

    private static RollbackVerdict Of(Release target, IReadOnlyList<Release> history, Dictionary<string, Item> now, ReleaseFacts facts, IReadOnlyCollection<string>? apis)
    {
        var verdict = new RollbackVerdicts();
        var (current, then) = (history[^1], Items(target));
        verdict.Status(target);
        verdict.Versions(target, current, history, facts);
        verdict.Hooks(target, history);
        verdict.Objects(then, now, [.. history.Where(r => r.Version > target.Version)]);
        verdict.Definitions(target.Chart, current.Chart);
        verdict.Apis(then, apis);
        verdict.Keys(target, current);
        return new RollbackVerdict(verdict._safety, verdict._reasons);
    }

    /// <summary>The same with what the cluster's dry run says about a plan.</summary>
    public static RollbackVerdict With(RollbackVerdict verdict, IReadOnlyList<ObjectChange> changes)
    {
        var result = new RollbackVerdicts { _safety = verdict.Safety };
        foreach (var change in changes.Where(c => c.Effect == Effect.Refused))
        {
            result.Add(RollbackSafety.Impossible, $"{change.Object}: {change.EffectReason}");
        }

        foreach (var change in changes.Where(c => c.Effect == Effect.DataAtRisk))
        {
            result.Add(RollbackSafety.SafeWithSteps, $"{change.Object}: {change.EffectReason}");
        }

        return new RollbackVerdict(result._safety, [.. result._reasons, .. verdict.Reasons]);
    }

    private void Add(RollbackSafety safety, string reason)
    {
        _reasons.Add(reason);
        _safety = Array.IndexOf(Ranks, safety) > Array.IndexOf(Ranks, _safety) ? safety : _safety;
    }

    private void Status(Release target)
    {
        if (target.Info.Status is not (ReleaseStatus.Superseded or ReleaseStatus.Deployed))
        {
            Add(RollbackSafety.Unknown, $"Revision {Number(target)} is {target.Info.Status}: it never ran as a whole.");
        }
    }

    private void Versions(Release target, Release current, IReadOnlyList<Release> history, ReleaseFacts facts)
    {
        var (to, from) = (target.Chart.Metadata.Version, current.Chart.Metadata.Version);
        if (target.Chart.Name != current.Chart.Name)
        {
            Add(RollbackSafety.Unknown, $"It was made of another chart, {target.Chart.Name}.");
            return;
        }

        if (to == from)
        {
            Add(RollbackSafety.Safe, GoValue.DeepEqual(target.Config, current.Config) ? "Chart version and values stay the same." : "The chart version stays the same: only values go back.");
            return;
        }

        if (!VersionClasses.IsNewer(to, from))
        {
            Add(RollbackSafety.Unknown, $"{to} is newer than {from}: this goes forward without the steps and hooks of an upgrade.");
            return;
        }

        var ways = facts.WaysBack(current.Chart).Where(w => VersionClasses.IsNewer(to, w.Version) && !VersionClasses.IsNewer(from, w.Version)).ToArray();
        foreach (var way in ways)
        {
            var left = history.FirstOrDefault(r => r.Version > target.Version && !VersionClasses.IsNewer(r.Chart.Metadata.Version, way.Version));
            var backup = way.Safety == RollbackSafety.NeedsRestore && left is not null ? $" Restore a backup from before revision {Number(left)} ({left.Info.LastDeployed?.UtcDateTime:yyyy-MM-dd HH:mm} UTC)." : "";
            Add(way.Safety, way.Text.Length > 0 ? $"{way.Version}: {way.Text.TrimEnd('.')}.{backup}" : $"{way.Version} can be left for an earlier version: its vendor says so.");
        }

        // Only what was installed counts: a version that was jumped over did nothing, but a point of no return in it was passed.
        var silent = history.Where(r => r.Version > target.Version).Select(r => r.Chart.Metadata.Version).Where(v => VersionClasses.IsNewer(to, v) && ways.All(w => w.Version != v)).Distinct().ToArray();
        if (silent.Length > 0)
        {
            Add(RollbackSafety.Unknown, $"Nothing is said about going back from {string.Join(", ", silent)} to {to}: what it did to data may not be readable for {to}.");
        }
    }

    private void Hooks(Release target, IReadOnlyList<Release> history)
    {
        static bool At(Hook hook, params string[] events) => hook.Events.Any(events.Contains);
        foreach (var hook in target.Hooks.Where(h => At(h, "pre-rollback", "post-rollback")))
        {
            Add(RollbackSafety.SafeWithSteps, $"{hook.Kind}/{hook.Name} runs: it comes from the old chart, {target.Chart.Metadata.Version}, and meets what {history[^1].Chart.Metadata.Version} left.");
        }

        // A job of the same text ran for the old revision as well.
        var known = target.Hooks.Select(h => h.Manifest).ToHashSet(StringComparer.Ordinal);
        foreach (var (hook, by) in history.Where(r => r.Version > target.Version).SelectMany(r => r.Hooks.Where(h => At(h, "pre-upgrade", "post-upgrade") && h.Kind is "Job" or "Pod").Select(h => (h, r))).Where(h => known.Add(h.h.Manifest)))
        {
            Add(RollbackSafety.SafeWithSteps, $"{hook.Kind}/{hook.Name} of {by.Chart.Metadata.Version} ran since (revision {Number(by)}): what it did does not go back by itself.");
        }
    }

    private void Objects(Dictionary<string, Item> then, Dictionary<string, Item> now, IReadOnlyList<Release> since)
    {
        foreach (var item in now.Where(d => !then.ContainsKey(d.Key)).Select(d => d.Value))
        {
            switch (item.Object.Kind)
            {
                case var _ when IsKept(item.Object):
                    Add(RollbackSafety.Safe, $"{item.Label} came since and stays: its annotation helm.sh/resource-policy says keep.");
                    break;
                case "PersistentVolumeClaim":
                    Add(RollbackSafety.SafeWithSteps, $"{item.Label} came since and is deleted with its data: save that first.");
                    break;
                case "CustomResourceDefinition":
                    Add(RollbackSafety.SafeWithSteps, $"{item.Label} came since and is deleted with all objects of its kind: save those first.");
                    break;
                default:
                    if (ObjectEffects.OfRemoval(item.Object) is { Effect: Effect.DataAtRisk, Reason: var reason })
                    {
                        Add(RollbackSafety.SafeWithSteps, $"{item.Label} came since and is removed: {reason}. Save first what you need of it.");
                    }

                    break;
            }
        }

        foreach (var (key, item) in then)
        {
            if (!now.TryGetValue(key, out var newer))
            {
                Gone(key, item, since);
            }
            else if (item.Text != newer.Text)
            {
                Pair(item.Label, item.Object, newer.Object);
            }
        }
    }

    private void Gone(string key, Item item, IReadOnlyList<Release> since)
    {
        switch (item.Object.Kind)
        {
            case "PersistentVolumeClaim" when IsKept(item.Object):
                Add(RollbackSafety.SafeWithSteps, $"{item.Label} was left out since, and is kept by its annotation: look whether it is still there, else it comes back empty.");
                break;
            case "PersistentVolumeClaim":
                Add(RollbackSafety.NeedsRestore, $"{item.Label} was removed since: it comes back empty. Restore a backup of its data from before revision {Number(since.First(r => !Items(r).ContainsKey(key)))}.");
                break;
            case "StatefulSet" when item.Object.List("spec", "volumeClaimTemplates").Any():
                Add(RollbackSafety.SafeWithSteps, $"{item.Label} was removed since: look whether its claims are still there, else it starts empty.");
                break;
        }
    }

    private static bool IsKept(KubeObject item) => item.Annotation("helm.sh/resource-policy") == "keep";

    private void Pair(string key, KubeObject then, KubeObject now)
    {
        if (ImmutableFields.Changed(now, then) is { Count: > 0 } immutable)
        {
            Add(RollbackSafety.Impossible, $"{key}: {string.Join(", ", immutable)} differs, and Kubernetes lets nobody change that. {(then.Kind == "StatefulSet" ? "Delete it with --cascade=orphan first, and look after its claims" : "It would have to be removed first")}.");
        }

        if (then.Kind == "PersistentVolumeClaim" && Quantity.Of(then.Text("spec", "resources", "requests", "storage")) < Quantity.Of(now.Text("spec", "resources", "requests", "storage")))
        {
            Add(RollbackSafety.Impossible, $"{key} was made larger since: a volume never shrinks again. Roll back with a chart and values that keep its size.");
        }

        if (then.Kind == "CustomResourceDefinition")
        {
            Definition(key, then, now, written: true);
        }
        else if (then.Kind != "PersistentVolumeClaim" && ObjectEffects.OfChange(now, then) is { Effect: Effect.DataAtRisk, Reason: var reason })
        {
            Add(RollbackSafety.SafeWithSteps, $"{key}: {reason}.");
        }
    }

    // What is in crds/ stays as it is on a rollback, as on an upgrade.
    private void Definitions(Chart then, Chart now)
    {
        static Dictionary<string, KubeObject> All(Chart chart) => ChartCrds.Of(chart)
            .SelectMany(f => ManifestSplitter.Parse(System.Text.Encoding.UTF8.GetString(f.Data.Span))).Where(d => d.Kind == "CustomResourceDefinition")
            .GroupBy(d => d.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => Read(g.Last())!, StringComparer.Ordinal);
        if (ReferenceEquals(then, now) || then.Metadata.Version == now.Metadata.Version)
        {
            return;
        }

        var newer = All(now);
        foreach (var (name, before) in All(then))
        {
            if (newer.TryGetValue(name, out var after))
            {
                Definition($"CustomResourceDefinition/{name}", before, after, written: false);
            }
        }
    }

    private void Definition(string key, KubeObject then, KubeObject now, bool written)
    {
        static string Stored(KubeObject item) => item.List("spec", "versions").FirstOrDefault(v => v["storage"]?.GetValueKind() == System.Text.Json.JsonValueKind.True)?.Text("name") ?? "";
        var (was, stored) = (Stored(then), Stored(now));
        if (was != stored && stored.Length > 0)
        {
            var known = then.List("spec", "versions").Any(v => v.Text("name") == stored);
            Add(
                written && !known ? RollbackSafety.Impossible : RollbackSafety.SafeWithSteps,
                $"{key}: objects are stored as {stored} since, it was {was}. {(written ? known ? "Objects written meanwhile must be converted" : $"The old definition does not know {stored}, and Kubernetes refuses to forget a stored version" : $"The definition stays as it is: look whether the old version can work with {stored}")}.");
        }
        else if (!JsonNode.DeepEquals(then["spec", "versions"], now["spec", "versions"]))
        {
            Add(RollbackSafety.SafeWithSteps, $"{key} differs: {(written ? "fields that only the new one knows are pruned from stored objects" : "it stays as the newer chart or an admin left it")}.");
        }
    }

    private void Apis(Dictionary<string, Item> then, IReadOnlyCollection<string>? apis)
    {
        if (apis is null)
        {
            return;
        }

        var defined = then.Values.Where(i => i.Object.Kind == "CustomResourceDefinition").Select(i => i.Object.Text("spec", "group")).ToHashSet();
        foreach (var item in then.Values.Where(i => !apis.Contains($"{i.Object.ApiVersion}/{i.Object.Kind}") && !defined.Contains(i.Object.ApiVersion.Split('/')[0])))
        {
            Add(RollbackSafety.Impossible, $"{item.Label}: the cluster does not serve {item.Object.ApiVersion} {item.Object.Kind} any more.");
        }
    }

    private void Keys(Release target, Release current)
    {
        var (then, now) = (ValuesPath.Leaves(target.Config).Select(l => l.Path).ToArray(), ValuesPath.Leaves(current.Config).Select(l => l.Path).ToArray());
        if (then.Except(now).ToArray() is { Length: > 0 } back)
        {
            Add(RollbackSafety.Safe, $"Settings that were taken out since come back: {Some(back)}.");
        }

        if (now.Except(then).ToArray() is { Length: > 0 } lost)
        {
            Add(RollbackSafety.Safe, $"Settings that came since are gone: {Some(lost)}.");
        }
    }

    private static string Some(string[] keys) => string.Join(", ", keys.Order(StringComparer.Ordinal).Take(8)) + (keys.Length > 8 ? $" and {keys.Length - 8} more" : "");

    /// <summary>An object of a manifest, under the name that people call it by.</summary>
    private sealed record Item(string Label, string Text, KubeObject Object);

    // By group, kind, namespace and name, as the cluster tells objects apart: an object that moved to a newer API version is the same one.
    private static Dictionary<string, Item> Items(Release release)
    {
        var result = new Dictionary<string, Item>(StringComparer.Ordinal);
        foreach (var document in ManifestSplitter.Parse(release.Manifest).Where(d => d.Kind.Length > 0))
        {
            if (Read(document) is { } item)
            {
                result[$"{item.Ref.Group}/{item.Kind}/{item.Namespace}/{item.Name}"] = new Item($"{document.Kind}/{document.Name}", document.Content, item);
            }
        }

        return result;
    }

    private static KubeObject? Read(RenderedDocument document) => KubeObject.FromYaml(document.Content);

    private static string Number(Release release) => release.Version.ToString(CultureInfo.InvariantCulture);
}
