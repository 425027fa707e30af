using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;
using Portal.Server.Data;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Plans.Checks;
using Portal.Server.Features.Releases;
using Portal.Server.Features.Values;
using Portal.Server.Web;

namespace Portal.Server.Features.Plans;

/// <summary>Makes a plan: renders, asks the cluster what would become of each object, says what is worth knowing, stores all of it.</summary>
public sealed class Planner(IDbContextFactory<PortalDb> dbs, ClusterConnections connections, Charts charts, ReleasePackStore packs, ValuesStore values, OverrideReports overrides, UpgradeBriefings briefings, SecretBox box, TimeProvider time, ILogger<Planner> logger)
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };

    private static readonly TimeSpan MostThinking = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, bool> _making = new(StringComparer.Ordinal);

    /// <summary>Fills a pending plan. What goes wrong becomes the plan's error.</summary>
    public async Task PrepareAsync(string planId, CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var plan = await db.Set<PlanRow>().FirstAsync(p => p.Id == planId, cancellation);
        if (plan.State != PlanState.Pending)
        {
            return;
        }

        // A wake-up that comes twice must not make it twice.
        if (!_making.TryAdd(planId, true))
        {
            return;
        }

        try
        {
            await PrepareAsync(db, plan, cancellation);
        }
        finally
        {
            _making.TryRemove(planId, out _);
        }
    }

    private async Task PrepareAsync(PortalDb db, PlanRow plan, CancellationToken cancellation)
    {
        Redactor? redactor = null;
        try
        {
            var options = PlansFeature.OptionsOf(plan);
            redactor = await values.RedactorAsync(plan.ReleaseId, plan.ValuesRevision, plan.ToChartVersion, cancellation, options.SourceId, options.Chart);
            await FillAsync(db, plan, redactor, cancellation);
            plan.State = PlanState.Ready;
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            var expected = error is HelmException or RenderException or TemplateException or ChartException or YamlException or KubeException or ClusterUnreachableException or ProblemException;
            if (!expected)
            {
                logger.LogError(error, "Plan {Plan} could not be made", plan.Id);
            }

            plan.State = PlanState.Failed;
            var text = !expected ? ProblemException.Unexpected : redactor?.Redact(error.Message) ?? (error as ProblemException)?.Message ?? "The values of the release cannot be read.";
            plan.Error = (error is ReleasePendingException ? text + ". Make the plan again when it has ended" : text).Fit(3900);
        }

        try
        {
            await db.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateConcurrencyException)
        {
            // Somebody else made it meanwhile: that one may already be approved, it stays.
            logger.LogInformation("Plan {Plan} was made by another process", plan.Id);
        }
    }

    private async Task FillAsync(PortalDb db, PlanRow plan, Redactor redactor, CancellationToken cancellation)
    {
        var release = await PlansFeature.TowardsAsync(db, plan, cancellation);
        var connection = await connections.GetAsync(release.ClusterId, cancellation);
        var options = PlansFeature.OptionsOf(plan);
        var history = await connection.Helm.HistoryAsync(release.Namespace, release.Name, cancellation);
        var current = history.LastOrDefault(h => h.Info.Status == Helm.Releases.ReleaseStatus.Deployed) ?? history.LastOrDefault();
        plan.FromRevision = history.Count > 0 ? history[^1].Version : null;
        plan.FromChartVersion = current?.Chart.Metadata.Version;
        plan.FromValuesRevision = release.ValuesRevision;

        var capabilities = await connection.Kube.GetCapabilitiesAsync(cancellation);
        var (action, chart, goneAt) = await PrepareAsync(connection, capabilities, plan, release, options, cancellation);
        // Thinks while the cluster is asked.
        var report = plan.Kind == OperationKind.Upgrade && current is not null && chart is not null
            ? overrides.OfAsync(release, current.Chart, chart, release.SourceId, plan.ValuesRevision, capabilities, cancellation) : null;
        // What the cluster cannot take at all it is not asked about: a finding says so.
        var refused = plan.Kind is not (OperationKind.Test or OperationKind.Uninstall) && KubernetesCheck.IsRefused(action.Target, capabilities.KubeVersion);
        var outcomes = plan.Kind == OperationKind.Test || refused ? [] : await connection.Helm.DryRunAsync(action, cancellation);
        plan.ToRevision = plan.Kind == OperationKind.Rollback ? plan.ToRevision : action.Target.Version;
        plan.ToChartVersion = action.Target.Chart.Metadata.Version;
        plan.KubernetesVersion = capabilities.KubeVersion;
        plan.Digest = PlanDigest.Of(release.ClusterId, plan.ChartDigest ?? "", capabilities, action, plan.Options, box.KeyedHash);
        var effects = ObjectEffects.Of(outcomes);
        plan.Prepared = box.Protect(action.ToBytes(), PlanRow.Table, plan.Id, "prepared");
        var changes = outcomes.Select((o, i) =>
        {
            var (effect, reason) = effects[i];
            var kind = o.Result switch
            {
                DryRunResult.Created => ObjectChangeKind.Added,
                DryRunResult.Removed => ObjectChangeKind.Removed,
                DryRunResult.Unchanged => ObjectChangeKind.Unchanged,
                DryRunResult.Kept => ObjectChangeKind.Kept,
                _ => ObjectChangeKind.Changed,
            };
            var from = ObjectText.Of(o.Live, redactor.Redact, box.KeyedHash);
            return new ObjectChange(redactor.Redact(o.Object.ToString()), o.Object.ApiVersion, o.Object.Namespace, kind, effect, redactor.Redact(reason), from, kind is ObjectChangeKind.Unchanged or ObjectChangeKind.Kept ? from : ObjectText.Of(o.After, redactor.Redact, box.KeyedHash));
        }).ToArray();
        var facts = await packs.FactsAsync(release.SourceId, cancellation);
        bool IsRun(Helm.Releases.Hook hook) => !options.NoHooks && hook.Events.Any(e => Runs(plan.Kind, e, options));
        var running = action.Target.Hooks.Where(IsRun).ToArray();
        var hooks = running.Select(h => new PlannedHook(redactor.Redact($"{h.Kind}/{h.Name}"), h.Events, h.Weight)).ToArray();
        // As it is, and not as it is towards another chart.
        var own = await ReleasesFeature.FindAsync(db, plan.ReleaseId, cancellation);
        var checks = plan.Kind == OperationKind.Test ? [] : await PlanChecks.OfAsync(
            new CheckInput(plan.Kind, options, action, outcomes, [.. PlanChecks.ObjectsOf(running, release.Namespace)], capabilities, connection.Kube, time.GetUtcNow(),
                facts.Checks(action.Target.Chart, plan.Kind, current?.Chart.Metadata.Version), current?.Chart,
                await values.SecretPathsAsync(own, plan.ToChartVersion, cancellation, options.SourceId, options.Chart)), cancellation);
        var verdict = BackTo(plan, history) is { } earlier ? Verdict(earlier, facts, history, capabilities, changes, redactor) : null;
        var briefing = plan.Kind == OperationKind.Upgrade && current is not null ? await briefings.OfAsync(own, current.Chart.Metadata.Version, plan.ToChartVersion, plan.ValuesRevision, cancellation, release) : null;
        var steps = briefing is null ? [] : await PlanSteps.OfAsync(briefing.Steps, release.Namespace, connection.Kube, cancellation);
        var (known, late) = report is null ? (null, false) : await InTimeAsync(report, cancellation);
        var findings = PlanFindings.Of(plan, options, action, chart, current, changes, hooks, verdict, known, late, briefing, steps, checks, goneAt, Passed(plan, facts, current?.Chart, chart));
        string? Clean(string? text) => text is null ? null : redactor.Redact(text);
        var content = new PlanContent(
            new PlanSummary(
                changes.Count(c => c.Kind == ObjectChangeKind.Added), changes.Count(c => c.Kind == ObjectChangeKind.Changed), changes.Count(c => c.Kind == ObjectChangeKind.Removed), changes.Count(c => c.Kind == ObjectChangeKind.Unchanged),
                changes.Count(c => c.Effect is Effect.RollingRestart or Effect.Recreate), changes.Count(c => c.Effect == Effect.Refused), changes.Count(c => c.Effect == Effect.Conflict)),
            [.. findings.Select(f => f with { Id = redactor.Redact(f.Id), Object = Clean(f.Object), Key = Clean(f.Key), Message = redactor.Redact(f.Message), Remedy = redactor.Redact(f.Remedy) })],
            [.. Images(
                Whole(current?.Manifest, (current?.Hooks ?? []).Where(IsRun)), Whole(action.Kind == ActionKind.Uninstall ? "" : action.Target.Manifest, running)).Select(i => i with { From = Clean(i.From), To = Clean(i.To) })], hooks, verdict, changes, ReleasesFeature.PolicyOf(release), capabilities.ApiVersions, steps, Outcomes(outcomes, effects));
        plan.Content = box.Protect(JsonSerializer.SerializeToUtf8Bytes(content, Json), PlanRow.Table, plan.Id, "content");
    }

    // A chart may be so large that thinking about its keys takes minutes: the plan says so and does not wait.
    private static async Task<(Core.Values.OverrideReport? Report, bool Late)> InTimeAsync(Task<OverrideResult> report, CancellationToken cancellation)
    {
        try
        {
            return ((await report.WaitAsync(MostThinking, cancellation)).Report, false);
        }
        catch (TimeoutException)
        {
            return (null, true);
        }
    }

    // There are two ways back: Helm's rollback, and an upgrade to a version that was installed before.
    private static Helm.Releases.Release? BackTo(PlanRow plan, IReadOnlyList<Helm.Releases.Release> history) => plan.Kind switch
    {
        OperationKind.Rollback => plan.ToRevision is > 0 ? history.First(r => r.Version == plan.ToRevision) : history[^2],
        OperationKind.Upgrade when history is [.., var current] && VersionClasses.Of(current.Chart.Metadata.Version, plan.ToChartVersion!) == VersionClass.Older =>
            history.LastOrDefault(r => r.Chart.Name == current.Chart.Name && r.Chart.Metadata.Version == plan.ToChartVersion),
        _ => null,
    };

    // What the vendor says of going back below the versions that an upgrade passes. "Safe" needs no word before the click.
    private static WayBack[] Passed(PlanRow plan, ReleaseFacts facts, Helm.Charts.Chart? from, Helm.Charts.Chart? to) =>
        plan.Kind != OperationKind.Upgrade || from is null || to is null || from.Name != to.Name ? []
            : [.. facts.WaysBack(to).Where(w => w.Safety != RollbackSafety.Safe && VersionClasses.IsNewer(from.Metadata.Version, w.Version) && !VersionClasses.IsNewer(to.Metadata.Version, w.Version))];

    private static RollbackVerdict Verdict(Helm.Releases.Release target, ReleaseFacts facts, IReadOnlyList<Helm.Releases.Release> history, Capabilities capabilities, IReadOnlyList<ObjectChange> changes, Redactor redactor)
    {
        var verdict = RollbackVerdicts.With(RollbackVerdicts.Of(target, history, facts, [.. capabilities.ApiVersions]), changes);
        return verdict with { Reasons = [.. verdict.Reasons.Select(redactor.Redact)] };
    }

    private async Task<(PreparedAction Action, Chart? Chart, DateTime? GoneAt)> PrepareAsync(ClusterConnections.Connection connection, Capabilities capabilities, PlanRow plan, ReleaseRow release, PlanOptions options, CancellationToken cancellation)
    {
        var actionOptions = ActionOptionsOf(options);
        switch (plan.Kind)
        {
            case OperationKind.Install or OperationKind.Upgrade:
                var version = plan.ToChartVersion ?? release.ChartVersion ?? (await charts.VersionsAsync(release.SourceId, release.Chart, cancellation)).OrderBy(v => v.GoneAt is not null).First().Version;
                var row = await charts.UsableAsync(release.SourceId, release.Chart, version, cancellation);
                var chart = await charts.LoadAsync(row, cancellation);
                var text = await values.GetAsync(release.Id, plan.ValuesRevision, cancellation);
                plan.ValuesRevision = text.Number;
                plan.ChartDigest = row.Digest;
                // Made for another Kubernetes: Helm would not even render it. A person should see what it would be, and the finding that stops it.
                var fits = KubernetesCheck.Fits(chart, capabilities.KubeVersion);
                var request = new DeployRequest(release.Namespace, release.Name, fits ? chart : KubernetesCheck.ForAny(chart), GoYaml.ReadTable(text.Text), actionOptions);
                var action = plan.Kind == OperationKind.Install ? await connection.Helm.PrepareInstallAsync(request, cancellation, capabilities) : await connection.Helm.PrepareUpgradeAsync(request, cancellation, capabilities);
                return (fits ? action : action with { Target = action.Target with { Chart = chart } }, chart, row.GoneAt);
            case OperationKind.Rollback:
                return (await connection.Helm.PrepareRollbackAsync(new RollbackRequest(release.Namespace, release.Name, plan.ToRevision ?? 0, actionOptions), cancellation), null, null);
            case OperationKind.Uninstall:
                return (await connection.Helm.PrepareUninstallAsync(new UninstallRequest(release.Namespace, release.Name, actionOptions), cancellation), null, null);
            default:
                var last = (await connection.Helm.HistoryAsync(release.Namespace, release.Name, cancellation)).LastOrDefault() ?? throw new HelmException("release: not found");
                return (new PreparedAction { Kind = ActionKind.Test, Target = last, Base = BaseState.Of(last), Options = actionOptions }, null, null);
        }
    }

    internal static ActionOptions ActionOptionsOf(PlanOptions o) => new()
    {
        Wait = o.Wait, Timeout = TimeSpan.FromSeconds(o.TimeoutSeconds), Grace = TimeSpan.FromSeconds(o.GraceSeconds), NoHooks = o.NoHooks, SkipCrds = o.SkipCrds,
        CreateNamespace = o.CreateNamespace, HistoryMax = o.HistoryMax, ForceConflicts = o.ForceConflicts, KeepHistory = o.KeepHistory,
    };

    private static bool Runs(OperationKind kind, string hookEvent, PlanOptions options) => kind switch
    {
        OperationKind.Install => hookEvent is "pre-install" or "post-install" || (options.RunTests && hookEvent == "test"),
        OperationKind.Upgrade => hookEvent is "pre-upgrade" or "post-upgrade" || (options.RunTests && hookEvent == "test"),
        OperationKind.Rollback => hookEvent is "pre-rollback" or "post-rollback",
        OperationKind.Uninstall => hookEvent is "pre-delete" or "post-delete",
        _ => hookEvent == "test",
    };

    /// <summary>What of a dry run must still be so when the operation starts: the set of objects, effect classes, conflicts. Not versions, status or replicas.</summary>
    internal static Dictionary<string, string> Outcomes(IReadOnlyList<DryRunOutcome> outcomes) => Outcomes(outcomes, ObjectEffects.Of(outcomes));

    private static Dictionary<string, string> Outcomes(IReadOnlyList<DryRunOutcome> outcomes, IReadOnlyList<(Effect Effect, string Reason)> effects) =>
        outcomes.Select((o, i) => (Outcome: o, effects[i].Effect)).Where(o => o.Outcome.Result != DryRunResult.Kept).ToDictionary(
            o => $"{o.Outcome.Object.ApiVersion} {o.Outcome.Object.Namespace} {o.Outcome.Object}", o => o.Outcome.Result is DryRunResult.Created or DryRunResult.Removed ? $"{o.Outcome.Result} {o.Effect}" : o.Effect.ToString());

    // Hooks pull images as well: those that run on this way.
    private static string Whole(string? manifest, IEnumerable<Helm.Releases.Hook> hooks) => string.Join("\n---\n", hooks.Select(h => h.Manifest).Prepend(manifest ?? ""));

    private static IReadOnlyList<ImageChange> Images(string from, string to)
    {
        // Most documents run nothing, and some of those are long (CRDs): only what names an image is read.
        static Dictionary<(string, string), string> Read(string manifest) => ManifestSplitter.Parse(manifest).Where(d => d.Content.Contains("image", StringComparison.Ordinal))
            .SelectMany(d => Containers(GoYaml.Read(d.Content)).Select(c => (Object: $"{d.Kind}/{d.Name}", c.Name, c.Image)))
            .GroupBy(c => (c.Object, c.Name)).ToDictionary(g => g.Key, g => g.Last().Image);
        var a = Read(from);
        var b = Read(to);
        return [.. a.Keys.Union(b.Keys).Order().Where(k => a.GetValueOrDefault(k) != b.GetValueOrDefault(k)).Select(k => new ImageChange(k.Item1, k.Item2, a.GetValueOrDefault(k), b.GetValueOrDefault(k)))];
    }

    private static IEnumerable<(string Name, string Image)> Containers(object? node) =>
        YamlTree.Tables(node).Where(t => t.GetValueOrDefault("image") is string && t.GetValueOrDefault("name") is string).Select(t => ((string)t["name"]!, (string)t["image"]!));
}
