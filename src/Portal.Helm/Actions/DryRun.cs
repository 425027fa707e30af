using System.Text.Json.Nodes;
using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>What would become of one object.</summary>
public enum DryRunResult
{
    /// <summary>It is as it would be.</summary>
    Unchanged,

    /// <summary>It would be made.</summary>
    Created,

    /// <summary>Fields of it would change.</summary>
    Changed,

    /// <summary>It would be deleted.</summary>
    Removed,

    /// <summary>Others own fields that would change.</summary>
    Conflict,

    /// <summary>The server would not take it.</summary>
    Refused,

    /// <summary>It is no longer part of the release and stays where it is: its annotation helm.sh/resource-policy says "keep".</summary>
    Kept,
}

/// <summary>One object's outcome: how it is and how it would be (null where there is none), and the server's words when it refuses.</summary>
public sealed record DryRunOutcome(ObjectRef Object, DryRunResult Result, KubeObject? Live, KubeObject? After, string Message);

/// <summary>Sends every object with dryRun=All, so that defaults, admission and other managers' fields take part.</summary>
internal sealed class DryRun(KubeClient client)
{
    public async Task<IReadOnlyList<DryRunOutcome>> RunAsync(PreparedAction action, CancellationToken cancellation)
    {
        var target = action.Target;
        var manifest = action.Kind == ActionKind.Uninstall ? "" : target.Manifest;
        var coming = new CrdKinds(action.Crds);
        var objects = await ManifestObjects.ReadAsync(client, manifest, target.Namespace, cancellation, coming);
        objects.ForEach(o => ManifestObjects.Mark(o, target.Name, target.Namespace));
        var old = action.CurrentManifest.Length == 0 ? [] : await ManifestObjects.ReadAsync(client, action.CurrentManifest, target.Namespace, cancellation);
        // Of kinds that the chart's own definitions bring there is nothing yet, and nobody to ask.
        var first = new HashSet<ObjectRef>();
        foreach (var item in objects)
        {
            if (await coming.IsComingAsync(client, item.ApiVersion, item.Kind, cancellation))
            {
                first.Add(item.Ref);
            }
        }

        var set = new ObjectSet(objects, old, await LiveObjects.WholeAsync(client, [.. objects.Concat(old).Select(o => o.Ref).Where(r => !first.Contains(r))], cancellation));
        var result = new DryRunOutcome?[objects.Count + set.Removed.Count];
        await Parallel.ForEachAsync(Enumerable.Range(0, result.Length), new ParallelOptions { MaxDegreeOfParallelism = LiveObjects.Width, CancellationToken = cancellation }, async (at, stop) =>
            result[at] = at >= objects.Count ? Removed(set.Removed[at - objects.Count], set.Live)
                : first.Contains(objects[at].Ref) ? new DryRunOutcome(objects[at].Ref, DryRunResult.Created, null, objects[at], "")
                : await OneAsync(action, objects[at], set, stop));
        return [.. result.OfType<DryRunOutcome>()];
    }

    private static DryRunOutcome? Removed(KubeObject item, LiveObjects all) =>
        all[item.Ref] is { } live ? new DryRunOutcome(item.Ref, live.Annotation("helm.sh/resource-policy") == "keep" ? DryRunResult.Kept : DryRunResult.Removed, live, null, "") : null;

    private async Task<DryRunOutcome> OneAsync(PreparedAction action, KubeObject item, ObjectSet set, CancellationToken cancellation)
    {
        var (live, before) = (set.Live[item.Ref], set.Before.GetValueOrDefault(item.Ref));
        if (live is not null && action.Kind == ActionKind.Install && !action.Options.TakeOwnership && ManifestObjects.Foreign(live, action.Target.Name, action.Target.Namespace) is { } foreign)
        {
            return new DryRunOutcome(item.Ref, DryRunResult.Refused, live, null, foreign);
        }

        try
        {
            var after = await AskAsync(action, item, before, live, force: false, cancellation);
            return new DryRunOutcome(item.Ref, live is null ? DryRunResult.Created : Same(live, after) ? DryRunResult.Unchanged : DryRunResult.Changed, live, after, "");
        }
        catch (KubeException error) when (error.Code == 404 && live is null)
        {
            // The namespace itself does not exist yet: there is nothing the object could meet.
            return new DryRunOutcome(item.Ref, DryRunResult.Created, null, item, "");
        }
        catch (KubeException error) when (error.Code is 400 or 403 or 409 or 422 or 500)
        {
            return new DryRunOutcome(item.Ref, error.Code == 409 ? DryRunResult.Conflict : DryRunResult.Refused, live, null, error.Code == 409 ? ConflictCheck.Conflicts(item, error) ?? error.Message : error.Message);
        }
    }

    private async Task<KubeObject> AskAsync(PreparedAction action, KubeObject item, KubeObject? before, KubeObject? live, bool force, CancellationToken cancellation)
    {
        try
        {
            return await Performer.Writer(client, action, force).WriteAsync(item, before, live, dryRun: true, cancellation);
        }
        catch (KubeException error) when (error.Code == 409 && !force && ConflictCheck.Conflicts(item, error) is null)
        {
            // Helm's own earlier updates stand in the way: they become applies before the real one.
            return await AskAsync(action, item, before, live, force: true, cancellation);
        }
    }

    // What the server counts and not the chart: versions, managers, status.
    private static bool Same(KubeObject live, KubeObject after) =>
        Same(live.Json, after.Json, "status", "metadata") && Same(live["metadata"] as JsonObject ?? [], after["metadata"] as JsonObject ?? [], "managedFields", "resourceVersion", "generation");

    private static bool Same(JsonObject live, JsonObject after, params string[] except)
    {
        var keys = live.Select(p => p.Key).Union(after.Select(p => p.Key)).Except(except);
        return keys.All(k => JsonNode.DeepEquals(live[k], after[k]));
    }
}
