using System.Security.Claims;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Releases;
using Portal.Server.Features.Values;
using Portal.Server.Jobs;
using Portal.Server.Web;

namespace Portal.Server.Features.Plans;

/// <summary>Plans: ask for one, read it, its changes and its runbook.</summary>
internal static class PlansFeature
{
    public static IServiceCollection AddPlans(this IServiceCollection services) => services.AddSingleton<Planner>().AddHostedService<PlanReconciler>();

    public static void MapPlans(this WebApplication app)
    {
        var api = app.MapGroup(Routes.Api);
        api.MapPost("/releases/{id}/plans", CreateAsync).RequirePermission(Permissions.PlansWrite);
        api.MapGet("/plans/{id}", async (string id, PortalDb db, SecretBox box, CancellationToken cancellation) => Of(await FindAsync(db, id, cancellation), box)).RequirePermission(Permissions.PlansRead);
        api.MapGet("/plans/{id}/changes", async (string id, int? after, int? limit, bool? unchanged, PortalDb db, SecretBox box, CancellationToken cancellation) =>
        {
            var content = Content(await FindAsync(db, id, cancellation), box) ?? throw new ProblemException(409, "not-ready", "The plan is not ready", "Ask again in a moment.");
            var all = content.Changes.Where(c => unchanged == true || c.Kind != ObjectChangeKind.Unchanged).ToArray();
            var from = Math.Max(after ?? 0, 0);
            var page = all.Skip(from).Take(Math.Clamp(limit ?? 100, 1, 500)).ToArray();
            return new Page<ObjectChange>(page, from + page.Length < all.Length ? (from + page.Length).ToString(System.Globalization.CultureInfo.InvariantCulture) : null);
        }).RequirePermission(Permissions.PlansRead);
        api.MapGet("/plans/{id}/overrides", async (string id, PortalDb db, OverrideReports reports, CancellationToken cancellation) =>
        {
            var plan = await FindAsync(db, id, cancellation);
            var release = await ReleasesFeature.FindAsync(db, plan.ReleaseId, cancellation);
            return plan is { Kind: OperationKind.Install or OperationKind.Upgrade, ToChartVersion: { } to }
                ? (await reports.OfAsync(release, plan.FromChartVersion == release.ChartVersion ? null : plan.FromChartVersion, to, plan.ValuesRevision, cancellation)).Report
                : throw new ProblemException(409, "no-overrides", "Nothing to report", "Only the plan of an install or an upgrade says which version its values are for; ask again when it is ready.");
        }).RequirePermission(Permissions.PlansRead);
        api.MapGet("/plans/{id}/export", async (string id, PortalDb db, SecretBox box, CancellationToken cancellation) =>
        {
            var plan = await FindAsync(db, id, cancellation);
            var release = await ReleasesFeature.FindAsync(db, plan.ReleaseId, cancellation);
            return Results.Text(Runbook(release, Of(plan, box)), "text/markdown");
        }).RequirePermission(Permissions.PlansRead);
    }

    private static async Task<IResult> CreateAsync(
        string id, CreatePlanRequest request, ClaimsPrincipal me, PortalDb db, Charts charts, ValuesStore values, SecretBox box, WakeUp wakeUp, TimeProvider time, CancellationToken cancellation)
    {
        var release = await ReleasesFeature.FindAsync(db, id, cancellation);
        if (request.ChartVersion is { } version)
        {
            await charts.FindAsync(release.SourceId, release.Chart, version, cancellation);
        }

        if (request.ValuesRevision is { } number)
        {
            await values.GetAsync(id, number, cancellation);
        }

        var policy = ReleasesFeature.PolicyOf(release);
        var options = request.Options ?? new PlanOptions(RollbackOnFailure: policy.RollbackOnFailure, RunTests: policy.RunTests, TimeoutSeconds: policy.TimeoutSeconds, GraceSeconds: policy.GraceSeconds, HistoryMax: policy.HistoryMax);
        if (options.TimeoutSeconds is < 10 or > 86_400 || options.GraceSeconds is < 0 or > 3600)
        {
            throw ProblemException.Invalid("Time-out 10 to 86400 s, grace 0 to 3600 s.", "options");
        }

        var plan = new PlanRow
        {
            Id = PortalDb.NewId(), ReleaseId = id, Kind = request.Kind, State = PlanState.Pending, ToChartVersion = request.ChartVersion, ValuesRevision = request.ValuesRevision, ToRevision = request.ToRevision,
            Options = JsonSerializer.Serialize(options, Planner.Json), CreatedBy = me.UserName(), CreatedAt = time.GetUtcNow().UtcDateTime,
        };
        db.Add(plan);
        await db.SaveChangesAsync(cancellation);
        wakeUp.Call<Planner>(p => p.PrepareAsync(plan.Id, CancellationToken.None));
        return Results.Created($"{Routes.Api}/plans/{plan.Id}", Of(plan, box));
    }

    internal static async Task<PlanRow> FindAsync(PortalDb db, string id, CancellationToken cancellation) =>
        await db.Set<PlanRow>().FirstOrDefaultAsync(p => p.Id == id, cancellation) ?? throw ProblemException.NotFound("The plan");

    internal static PlanContent? Content(PlanRow plan, SecretBox box) =>
        plan.Content is null ? null : JsonSerializer.Deserialize<PlanContent>(box.Reveal(plan.Content, PlanRow.Table, plan.Id, "content"), Planner.Json);

    internal static Plan Of(PlanRow p, SecretBox box)
    {
        var content = Content(p, box);
        return new Plan(
            p.Id, p.ReleaseId, p.Kind, p.State, p.Digest, p.VoidReason, p.Error, p.FromChartVersion, p.ToChartVersion,
            p.FromChartVersion is { } from && p.ToChartVersion is { } to ? VersionClasses.Of(from, to) : (VersionClass?)null,
            p.FromRevision, p.ToRevision, p.ValuesRevision, p.FromValuesRevision, JsonSerializer.Deserialize<PlanOptions>(p.Options, Planner.Json)!,
            content?.Summary, content?.Findings ?? [], content?.Images ?? [], content?.Hooks ?? [], content?.Verdict, p.CreatedBy, p.CreatedAt, null);
    }

    private static string Runbook(ReleaseRow release, Plan plan)
    {
        var text = new StringBuilder();
        text.AppendLine($"# {plan.Kind} of {release.Name} in {release.Namespace}").AppendLine();
        text.AppendLine($"- Chart: {release.Chart} {plan.FromChartVersion ?? "(none)"} -> {plan.ToChartVersion}");
        text.AppendLine($"- Values revision: {plan.FromValuesRevision?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "(none)"} -> {plan.ValuesRevision}");
        text.AppendLine($"- Plan digest: `{plan.Digest}`").AppendLine();
        var flags = $"--timeout {plan.Options.TimeoutSeconds}s{(plan.Options.Wait ? " --wait" : "")}{(plan.Options.RollbackOnFailure && plan.Kind == OperationKind.Upgrade ? " --rollback-on-failure" : "")}";
        text.AppendLine("```sh").AppendLine(plan.Kind switch
        {
            OperationKind.Rollback => $"helm rollback -n {release.Namespace} {release.Name} {plan.ToRevision} {flags}",
            OperationKind.Uninstall => $"helm uninstall -n {release.Namespace} {release.Name}",
            OperationKind.Test => $"helm test -n {release.Namespace} {release.Name}",
            _ => $"helm upgrade --install -n {release.Namespace} {release.Name} {release.Chart} --version {plan.ToChartVersion} -f values.yaml {flags}",
        }).AppendLine("```").AppendLine();
        text.AppendLine("## Findings").AppendLine();
        foreach (var finding in plan.Findings)
        {
            text.AppendLine($"- **{finding.Level}** {finding.Message} {finding.Remedy}");
        }

        return text.ToString();
    }
}
