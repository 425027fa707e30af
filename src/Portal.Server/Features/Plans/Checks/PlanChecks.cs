using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Rendering;
using Portal.Server.Features.Catalog;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>What the checks look at: the action, what would become of each object, the objects as they will be (those of hooks too), the cluster, what vendors declare, the chart that is installed (null: none), and the paths of values that are secret beside those of the chart's schema.</summary>
internal sealed record CheckInput(
    OperationKind Kind, PlanOptions Options, PreparedAction Action, IReadOnlyList<DryRunOutcome> Outcomes, IReadOnlyList<KubeObject> Hooks, Capabilities Capabilities, KubeClient Kube, DateTimeOffset Now,
    DeclaredChecks Declared, Helm.Charts.Chart? Installed = null, IReadOnlySet<string>? SecretPaths = null)
{
    public string Namespace => Action.Target.Namespace;

    /// <summary>The objects as they will be, with what becomes of them; a hook counts as created.</summary>
    public IEnumerable<(KubeObject Object, DryRunResult Result)> Planned =>
        Outcomes.Where(o => o.Result is not (DryRunResult.Removed or DryRunResult.Kept) && (o.After ?? o.Live) is not null).Select(o => ((o.After ?? o.Live)!, o.Result)).Concat(Hooks.Select(h => (h, DryRunResult.Created)));
}

/// <summary>Everything that a plan looks at before a person decides, one file a check: what must be there, what may be done, what will not fit.</summary>
internal static class PlanChecks
{
    private const int Width = 8;

    /// <summary>All findings. Nothing is changed; what the portal may not read is said as a note.</summary>
    public static async Task<IReadOnlyList<Finding>> OfAsync(CheckInput input, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        if (await RightsCheck.OfAsync(input, cancellation) is { } rights)
        {
            findings.Add(rights);
        }

        if (input.Kind == OperationKind.Uninstall)
        {
            return findings;
        }

        findings.AddRange(KubernetesCheck.Of(input.Action.Target, input.Capabilities.KubeVersion));
        findings.AddRange(DefaultPasswords.Of(input.Kind, input.Action.Target.Chart, input.Action.Target.Config));
        findings.AddRange(await DisruptionCheck.OfAsync(input, cancellation));
        findings.AddRange(await DefinitionsCheck.OfAsync(input, cancellation));
        findings.AddRange(await ReferenceCheck.OfAsync(input, cancellation));
        findings.AddRange(await NamedObjectsCheck.OfAsync(input, cancellation));
        findings.AddRange(await StorageCheck.OfAsync(input, cancellation));
        findings.AddRange(await QuotaCheck.OfAsync(input, cancellation));
        findings.AddRange(await CapacityCheck.OfAsync(input, cancellation));
        findings.AddRange(await VendorCheckRun.OfAsync(input, cancellation));
        findings.AddRange(ReferenceCheck.Connection(input.Kube.ClientCertificateEnds, input.Now));
        // One matter may be met twice, as the certificate of two webhooks is.
        return [.. findings.GroupBy(f => f.Id, StringComparer.Ordinal).Select(g => g.MinBy(f => f.Level)!)];
    }

    /// <summary>A finding whose id stays the same for the same matter.</summary>
    public static Finding Finding(string code, FindingLevel level, string? item, string message, string remedy, string? key = null) =>
        new($"{code}{(item ?? key) switch { null => "", var x => ":" + x }}", code, level, item, key, message, remedy);

    /// <summary>The objects of hooks, in the release's namespace where they name none.</summary>
    public static IEnumerable<KubeObject> ObjectsOf(IEnumerable<Helm.Releases.Hook> hooks, string ns)
    {
        foreach (var hook in hooks)
        {
            if (KubeObject.FromYaml(hook.Manifest) is { } item && item["metadata"] is JsonObject metadata)
            {
                metadata["namespace"] ??= ns;
                yield return item;
            }
        }
    }

    /// <summary>The Pod that an object makes: its template, or itself; null for other kinds.</summary>
    public static KubeObject? PodOf(KubeObject item) => item.Kind switch
    {
        "Pod" => item,
        "Deployment" or "StatefulSet" or "DaemonSet" or "ReplicaSet" or "Job" or "ReplicationController" => item["spec", "template"] is JsonObject template ? new KubeObject(template) : null,
        "CronJob" => item["spec", "jobTemplate", "spec", "template"] is JsonObject template ? new KubeObject(template) : null,
        _ => null,
    };

    /// <summary>Each object as the cluster has it, null where it has none. What the portal may not read is left out, with a note for its kind.</summary>
    public static async Task<IReadOnlyDictionary<ObjectRef, KubeObject?>> FindAsync(CheckInput input, IEnumerable<ObjectRef> targets, List<Finding> findings, CancellationToken cancellation)
    {
        var (found, hidden) = (new ConcurrentDictionary<ObjectRef, KubeObject?>(), new ConcurrentDictionary<string, bool>());
        await Parallel.ForEachAsync(targets.Distinct(), new ParallelOptions { MaxDegreeOfParallelism = Width, CancellationToken = cancellation }, async (target, stop) =>
        {
            try
            {
                found[target] = await input.Kube.GetAsync(target, stop);
            }
            catch (KubeException error) when (error.Code == 403)
            {
                hidden[target.Kind] = true;
            }
        });
        findings.AddRange(hidden.Keys.Order(StringComparer.Ordinal).Select(k => Finding("not-checked", FindingLevel.Note, k, $"The portal may not read each {k}: whether those exist that the release names was not checked.", "Look at it yourself, or let the portal's account read them.")));
        return found;
    }

    /// <summary>A list of the cluster's, or null with a note when the portal may not read it.</summary>
    public static async Task<List<KubeObject>?> ListAsync(CheckInput input, string apiVersion, string kind, string ns, List<Finding> findings, CancellationToken cancellation)
    {
        try
        {
            return await input.Kube.ListAsync(apiVersion, kind, ns, cancellation: cancellation);
        }
        catch (KubeException error) when (error.Code is 403)
        {
            findings.Add(Finding("not-checked", FindingLevel.Note, kind, $"The portal may not list {kind}: what depends on it was not checked.", "Look at it yourself, or let the portal's account read it."));
            return null;
        }
        catch (KubeException error) when (error.Code is 404)
        {
            // This server has no such kind.
            return [];
        }
    }
}
