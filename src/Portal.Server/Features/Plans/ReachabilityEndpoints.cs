using System.Security.Claims;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Rendering;
using Portal.Helm.Yaml;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Values;
using Portal.Server.Web;

namespace Portal.Server.Features.Plans;

/// <summary>
/// Whether the plan's images and the addresses in its values can be reached: only when somebody asks, and from the release's namespace by a short Job. The portal itself never connects to what
/// values name.
/// </summary>
internal static class ReachabilityEndpoints
{
    private const int Most = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static void MapReachability(this WebApplication app)
    {
        app.MapGet($"{Routes.Api}/plans/{{id}}/reachability", async (string id, PortalDb db, SecretBox box, ValuesStore values, PortalSettings settings, CancellationToken cancellation) =>
        {
            var plan = await PlansFeature.FindAsync(db, id, cancellation);
            var text = plan.ValuesRevision is { } revision ? (await values.GetAsync(plan.ReleaseId, revision, cancellation)).Text : "";
            var options = PlansFeature.OptionsOf(plan);
            var schema = await values.SecretPathsAsync(await PlansFeature.TowardsAsync(db, plan, cancellation), plan.ToChartVersion, cancellation, options.SourceId, options.Chart);
            return new ReachabilityChoice([.. ReachabilityAddresses.Of(SecretScalars.Hide(text, schema, _ => "(secret)")).Take(Most)], ImagesOf(PlansFeature.Of(plan, box)), settings.CheckImage);
        }).RequirePermission(Permissions.PlansRead);
        app.MapPost($"{Routes.Api}/plans/{{id}}/reachability", CheckAsync).RequirePermission(Permissions.OperationsStart);
    }

    private static async Task<ReachabilityReport> CheckAsync(
        string id, CheckReachabilityRequest request, ClaimsPrincipal me, PortalDb db, SecretBox box, ValuesStore values, ClusterConnections connections, PortalSettings settings, Audit audit, TimeProvider time,
        CancellationToken cancellation)
    {
        var plan = await PlansFeature.FindAsync(db, id, cancellation);
        if (plan is not { State: PlanState.Ready or PlanState.Void, Prepared: { } prepared })
        {
            throw new ProblemException(409, "not-ready", "The plan is not ready", "Ask again when it is.");
        }

        var addresses = (request.Addresses ?? []).Select(a => a?.Trim() ?? "").Where(a => a.Length > 0).Distinct(StringComparer.Ordinal).ToArray();
        if (addresses.FirstOrDefault(a => ReachabilityJob.Parse(a) is null) is { } odd)
        {
            throw ProblemException.Invalid($"{odd.Fit(100)} is no address: write host:port.", "addresses");
        }

        string[] images = request.Images ? [.. ImagesOf(PlansFeature.Of(plan, box))] : [];
        if (addresses.Length + images.Length is 0 or > 2 * Most || addresses.Length > Most)
        {
            throw ProblemException.Invalid($"Name one to {Most} addresses, or have the images pulled (at most {2 * Most} in all).", "addresses");
        }

        var release = await PlansFeature.TowardsAsync(db, plan, cancellation);
        var kube = (await connections.GetAsync(release.ClusterId, cancellation)).Kube;
        if (await kube.GetAsync(new ObjectRef("v1", "Namespace", "", release.Namespace), cancellation) is null)
        {
            throw new ProblemException(409, "no-namespace", "The namespace is not there yet", $"The check runs as a Job in {release.Namespace}. Make the namespace first, or install without the check.");
        }

        var manifest = PreparedAction.FromBytes(box.Reveal(prepared, PlanRow.Table, plan.Id, "prepared")).Target.Manifest;
        var job = new ReachabilityJob($"iomete-portal-check-{PortalDb.NewId()[^10..]}", release.Namespace, settings.CheckImage, addresses, images, PullSecrets(manifest));
        await audit.RecordAsync(me, "check reachability", $"{release.Namespace}/{release.Name}", string.Join(", ", [.. addresses, .. images]).Fit(1900), cancellation);
        var options = PlansFeature.OptionsOf(plan);
        var redactor = await values.RedactorAsync(plan.ReleaseId, plan.ValuesRevision, plan.ToChartVersion, cancellation, options.SourceId, options.Chart);
        var checks = await RunAsync(kube, job, cancellation);
        return new ReachabilityReport([.. checks.Select(c => c with { Detail = redactor.Redact(c.Detail) })], time.GetUtcNow());
    }

    private static async Task<IReadOnlyList<ReachabilityCheck>> RunAsync(KubeClient kube, ReachabilityJob job, CancellationToken cancellation)
    {
        try
        {
            await kube.CreateAsync(job.ToObject(), "iomete-portal", cancellation);
        }
        catch (KubeException error) when (error.Code is 403 or 422)
        {
            throw new ProblemException(409, "job-refused", "The cluster does not take the Job", $"It answers: {error.Message}. The portal's account needs create on jobs in {job.Namespace}.");
        }

        try
        {
            KubeObject? pod = null;
            for (var tries = 0; tries < ReachabilityJob.Seconds; tries++)
            {
                await Task.Delay(Pause, cancellation);
                pod = (await kube.ListAsync("v1", "Pod", job.Namespace, $"{ReachabilityJob.Label}={job.Name}", cancellation)).FirstOrDefault();
                var known = job.Read(pod);
                if (known.All(c => c is not null))
                {
                    return [.. known.OfType<ReachabilityCheck>()];
                }
            }

            var reason = ReachabilityJob.Reason(pod, await kube.GetAsync(job.Ref, cancellation));
            var targets = job.Addresses.Concat(job.Images).ToArray();
            return [.. job.Read(pod).Select((c, i) => c ?? new ReachabilityCheck(targets[i], ReachabilityOutcome.Unknown, reason))];
        }
        finally
        {
            // Also when the browser went away.
            await kube.DeleteAsync(job.Ref, Propagation.Background, CancellationToken.None);
        }
    }

    private static IReadOnlyList<string> ImagesOf(Plan plan) => [.. plan.Images.Select(i => i.To).OfType<string>().Distinct(StringComparer.Ordinal).Take(Most)];

    private static IReadOnlyList<string> PullSecrets(string manifest) =>
        [.. ManifestSplitter.Parse(manifest).Where(d => d.Content.Contains("imagePullSecrets", StringComparison.Ordinal)).SelectMany(d => YamlTree.Tables(GoYaml.Read(d.Content)))
            .SelectMany(t => t.GetValueOrDefault("imagePullSecrets") as List<object?> ?? []).OfType<Dictionary<string, object?>>().Select(s => s.GetValueOrDefault("name")).OfType<string>().Distinct(StringComparer.Ordinal)];
}
