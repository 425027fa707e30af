using System.Security.Claims;
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
using Portal.Server.Web;

namespace Portal.Server.Features.Plans;

/// <summary>Plans: ask for one, read it, its changes and its runbook.</summary>
internal static class PlansFeature
{
    public static IServiceCollection AddPlans(this IServiceCollection services) => services.AddSingleton<Planner>().AddScoped<NewPlan>().AddHostedService<PlanReconciler>();

    public static void MapPlans(this WebApplication app)
    {
        app.MapReachability();
        app.MapPlanSuccessors();
        var api = app.MapGroup(Routes.Api);
        api.MapPost("/releases/{id}/plans", async (string id, CreatePlanRequest request, ClaimsPrincipal me, NewPlan plans, SecretBox box, CancellationToken cancellation) =>
            Created(await plans.CreateAsync(id, request, null, me.UserName(), cancellation), box)).RequirePermission(Permissions.PlansWrite);
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
            var release = await TowardsAsync(db, plan, cancellation);
            return plan is { Kind: OperationKind.Install or OperationKind.Upgrade, ToChartVersion: { } to }
                ? (await reports.OfAsync(release, plan.FromChartVersion == release.ChartVersion ? null : plan.FromChartVersion, to, plan.ValuesRevision, cancellation)).Report
                : throw new ProblemException(409, "no-overrides", "Nothing to report", "Only the plan of an install or an upgrade says which version its values are for; ask again when it is ready.");
        }).RequirePermission(Permissions.PlansRead);
        api.MapGet("/plans/{id}/export", ExportAsync).RequirePermission(Permissions.PlansRead);
    }

    internal static IResult Created(PlanRow plan, SecretBox box) => Results.Created($"{Routes.Api}/plans/{plan.Id}", Of(plan, box));

    internal static async Task<PlanRow> FindAsync(PortalDb db, string id, CancellationToken cancellation) =>
        await db.Set<PlanRow>().FirstOrDefaultAsync(p => p.Id == id, cancellation) ?? throw ProblemException.NotFound("The plan");

    internal static PlanOptions OptionsOf(PlanRow plan) => JsonSerializer.Deserialize<PlanOptions>(plan.Options, Planner.Json)!;

    /// <summary>The release with the chart that a plan goes to.</summary>
    internal static async Task<ReleaseRow> TowardsAsync(PortalDb db, PlanRow plan, CancellationToken cancellation)
    {
        var options = OptionsOf(plan);
        return (await ReleasesFeature.FindAsync(db, plan.ReleaseId, cancellation)).Towards(options.SourceId, options.Chart);
    }

    internal static PlanContent? Content(PlanRow plan, SecretBox box) =>
        plan.Content is null ? null : JsonSerializer.Deserialize<PlanContent>(box.Reveal(plan.Content, PlanRow.Table, plan.Id, "content"), Planner.Json);

    internal static Plan Of(PlanRow p, SecretBox box)
    {
        var content = Content(p, box);
        return new Plan(
            p.Id, p.ReleaseId, p.Kind, p.State, p.Digest, p.VoidReason, p.Error, p.FromChartVersion, p.ToChartVersion,
            p.FromChartVersion is { } from && p.ToChartVersion is { } to ? VersionClasses.Of(from, to) : (VersionClass?)null,
            p.FromRevision, p.ToRevision, p.ValuesRevision, p.FromValuesRevision, OptionsOf(p),
            content?.Summary, content?.Findings ?? [], content?.Images ?? [], content?.Hooks ?? [], content?.Verdict, p.CreatedBy, p.CreatedAt, null, content?.Steps, p.ReplacesId);
    }

    private static async Task<IResult> ExportAsync(
        string id, string? format, PortalDb db, SecretBox box, ValuesStore values, OverrideReports reports, TimeProvider time, CancellationToken cancellation)
    {
        var row = await FindAsync(db, id, cancellation);
        var release = await TowardsAsync(db, row, cancellation);
        var source = await db.Set<ChartSourceRow>().FirstOrDefaultAsync(s => s.Id == release.SourceId, cancellation);
        var plan = Of(row, box);
        var deploys = plan is { Kind: OperationKind.Install or OperationKind.Upgrade, State: PlanState.Ready or PlanState.Void, ToChartVersion: not null };
        var text = deploys ? await ValuesAsync(db, row, plan, values, cancellation) : null;
        switch (format ?? "markdown")
        {
            case "helm":
                return Results.Text(PlanExport.Command(release, source, plan) + "\n", "text/x-shellscript");
            case "values":
                return Results.Text(text?.Text ?? throw ProblemException.Invalid("Only an install or an upgrade has values.", "format"), "application/yaml");
            case "markdown" or "json":
                var overrides = deploys && plan.Kind == OperationKind.Upgrade
                    ? (await reports.OfAsync(release, plan.FromChartVersion == release.ChartVersion ? null : plan.FromChartVersion, plan.ToChartVersion!, plan.ValuesRevision, cancellation)).Report : null;
                var changes = Content(row, box)?.Changes ?? [];
                return format == "json"
                    ? Results.Ok(new PlanDocument(release.Name, release.Namespace, release.Chart, row.ChartDigest, PlanExport.Command(release, source, plan), text?.Text, plan, changes, overrides, time.GetUtcNow()))
                    : Results.Text(PlanExport.Runbook(release, source, plan, changes, overrides, text, time.GetUtcNow()), "text/markdown");
            default:
                throw ProblemException.Invalid("A plan is exported as markdown, json, helm or values.", "format");
        }
    }

    private static async Task<ExportedValues> ValuesAsync(PortalDb db, PlanRow row, Plan plan, ValuesStore values, CancellationToken cancellation)
    {
        var release = await ReleasesFeature.FindAsync(db, row.ReleaseId, cancellation);
        var schema = await values.SecretPathsAsync(release, plan.ToChartVersion, cancellation, plan.Options.SourceId, plan.Options.Chart);
        return ValuesExport.Of((await values.GetAsync(release.Id, plan.ValuesRevision, cancellation)).Text, schema, await values.HeldAsync(release, cancellation));
    }
}
