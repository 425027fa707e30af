using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>What would become of one object.</summary>
public enum DryRunResult { Unchanged, Created, Changed, Removed, Conflict, Refused }

/// <summary>One object's outcome: how it is and how it would be (null where there is none), and the server's words when it refuses.</summary>
public sealed record DryRunOutcome(ObjectRef Object, DryRunResult Result, KubeObject? Live, KubeObject? After, string Message);

/// <summary>Sends every object with dryRun=All, so that defaults, admission and other managers' fields take part.</summary>
internal sealed class DryRun(KubeClient client)
{
    public async Task<IReadOnlyList<DryRunOutcome>> RunAsync(PreparedAction action, CancellationToken cancellation)
    {
        var target = action.Target;
        var result = new List<DryRunOutcome>();
        var manifest = action.Kind == ActionKind.Uninstall ? "" : target.Manifest;
        var objects = await ManifestObjects.ReadAsync(client, manifest, target.Namespace, cancellation);
        foreach (var item in objects)
        {
            ManifestObjects.Mark(item, target.Name, target.Namespace);
            result.Add(await OneAsync(action, item, cancellation));
        }

        var wanted = objects.Select(o => (o.Kind, o.Namespace, o.Name)).ToHashSet();
        var old = action.CurrentManifest.Length == 0 ? [] : await ManifestObjects.ReadAsync(client, action.CurrentManifest, target.Namespace, cancellation);
        foreach (var item in old.DistinctBy(o => o.Ref).Where(o => !wanted.Contains((o.Kind, o.Namespace, o.Name))))
        {
            if (await client.GetAsync(item.Ref, cancellation) is { } live && live.Annotation("helm.sh/resource-policy") != "keep")
            {
                result.Add(new DryRunOutcome(item.Ref, DryRunResult.Removed, live, null, ""));
            }
        }

        return result;
    }

    private async Task<DryRunOutcome> OneAsync(PreparedAction action, KubeObject item, CancellationToken cancellation)
    {
        var live = await client.GetAsync(item.Ref, cancellation);
        if (live is not null && action.Kind == ActionKind.Install && !action.Options.TakeOwnership && ManifestObjects.Foreign(live, action.Target.Name, action.Target.Namespace) is { } foreign)
        {
            return new DryRunOutcome(item.Ref, DryRunResult.Refused, live, null, foreign);
        }

        try
        {
            var given = await AutoscaledReplicas.LeaveAsync(client, item, live, cancellation);
            var after = await client.ApplyAsync(given, "helm", action.Options.ForceConflicts || action.Target.ApplyMethod != "ssa", dryRun: true, cancellation);
            return new DryRunOutcome(item.Ref, live is null ? DryRunResult.Created : Same(live, after) ? DryRunResult.Unchanged : DryRunResult.Changed, live, after, "");
        }
        catch (KubeException error) when (error.Code == 404 && live is null)
        {
            // The namespace itself does not exist yet: there is nothing the object could meet.
            return new DryRunOutcome(item.Ref, DryRunResult.Created, null, item, "");
        }
        catch (KubeException error) when (error.Code is 400 or 403 or 409 or 422 or 500)
        {
            return new DryRunOutcome(item.Ref, error.Code == 409 ? DryRunResult.Conflict : DryRunResult.Refused, live, null, error.Message);
        }
    }

    // What the server counts and not the chart: versions, managers, status.
    private static bool Same(KubeObject live, KubeObject after)
    {
        static string Text(KubeObject item)
        {
            var copy = (System.Text.Json.Nodes.JsonObject)item.Json.DeepClone();
            copy.Remove("status");
            if (copy["metadata"] is System.Text.Json.Nodes.JsonObject metadata)
            {
                metadata.Remove("managedFields");
                metadata.Remove("resourceVersion");
                metadata.Remove("generation");
            }

            return Yaml.GoJson.Write(Yaml.GoJson.Read(copy.ToJsonString()));
        }

        return Text(live) == Text(after);
    }
}
