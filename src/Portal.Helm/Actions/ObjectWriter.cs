using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>Writes one object as the release's apply method says: server-side apply, or the three-way merge of client-side apply.</summary>
/// <param name="client">The cluster.</param>
/// <param name="serverSide">"ssa" releases; false for "csa".</param>
/// <param name="force">Take fields of other managers over.</param>
/// <param name="liveCounts">Client-side: custom resources are compared with the live object too, as when ownership is taken.</param>
/// <param name="replace">Client-side: send whole objects.</param>
internal sealed class ObjectWriter(KubeClient client, bool serverSide, bool force, bool liveCounts, bool replace = false)
{
    /// <summary>The field manager of charts' objects, in Helm 3 and 4.</summary>
    public const string Manager = "helm";

    /// <summary>Writes (or asks what would become of) one object. Before: what the previous manifest said, if it had it. Known: metadata read earlier.</summary>
    /// <exception cref="KubeException">Refused; 409 names fields and managers.</exception>
    public async Task<KubeObject> WriteAsync(KubeObject item, KubeObject? before, KubeObject? known, bool dryRun, CancellationToken cancellation)
    {
        var given = await AutoscaledReplicas.LeaveAsync(client, item, known, cancellation);
        if (given != item && before is not null)
        {
            // What is left to the autoscaler was not taken out of the chart.
            before = AutoscaledReplicas.Without(before);
        }

        item = given;
        if (serverSide)
        {
            if (known is not null && !dryRun && FieldOwners.HasUpdates(known, Manager))
            {
                await UpdatesToAppliesAsync(item.Ref, known, cancellation);
            }

            return await client.ApplyAsync(item, Manager, force, dryRun, cancellation);
        }

        return known is null && !dryRun ? await CreateAsync(item, before, cancellation) : await MergeAsync(item, before, dryRun, cancellation);
    }

    private async Task<KubeObject> CreateAsync(KubeObject item, KubeObject? before, CancellationToken cancellation)
    {
        try
        {
            return await client.CreateAsync(item, Manager, cancellation);
        }
        catch (KubeException error) when (error is { Code: 409, Reason: "AlreadyExists" })
        {
            // It came between the look and now; or our own first try arrived and its answer did not.
            return await MergeAsync(item, before, dryRun: false, cancellation);
        }
    }

    private async Task<KubeObject> MergeAsync(KubeObject item, KubeObject? before, bool dryRun, CancellationToken cancellation)
    {
        if (await client.GetAsync(item.Ref, cancellation) is not { } live)
        {
            return dryRun ? item : await client.CreateAsync(item, Manager, cancellation);
        }

        if (replace)
        {
            return dryRun ? live : await ReplaceAsync(item, live, cancellation);
        }

        var (kind, patch) = ThreeWayMerge.Patch(before ?? item, item, live, liveCounts);
        return patch.Count == 0 ? live : await client.PatchAsync(item.Ref, kind, patch, Manager, cancellation, dryRun);
    }

    private async Task<KubeObject> ReplaceAsync(KubeObject item, KubeObject live, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            var whole = new KubeObject((System.Text.Json.Nodes.JsonObject)item.Json.DeepClone());
            whole.Json["metadata"]!["resourceVersion"] = live.ResourceVersion;
            try
            {
                return await client.ReplaceAsync(whole, Manager, cancellation);
            }
            catch (KubeException error) when (error.Code == 409 && attempt < 5)
            {
                // A controller wrote its status meanwhile.
                live = await client.GetAsync(item.Ref, cancellation) ?? throw new HelmException($"{item.Ref} was deleted while it was replaced");
            }
        }
    }

    private async Task UpdatesToAppliesAsync(ObjectRef target, KubeObject known, CancellationToken cancellation)
    {
        for (var attempt = 0; known is not null && FieldOwners.UpdatesToApplies(known, Manager) is { } patch; attempt++)
        {
            try
            {
                await client.PatchAsync(target, PatchKind.Json, patch, Manager, cancellation);
                return;
            }
            catch (KubeException error) when (error.Code == 409 && attempt < 5)
            {
                // A controller wrote it meanwhile.
                known = (await client.GetAsync(target, cancellation))!;
            }
        }
    }
}
