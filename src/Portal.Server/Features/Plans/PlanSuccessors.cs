using System.Globalization;
using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Releases;
using Portal.Server.Features.Values;
using Portal.Server.Web;

namespace Portal.Server.Features.Plans;

/// <summary>A plan that is out of date gets a new one in its place, and what the two would do otherwise is shown: who approved the first need not read everything again.</summary>
internal static class PlanSuccessors
{
    public static void MapPlanSuccessors(this WebApplication app)
    {
        var api = app.MapGroup($"{Routes.Api}/plans/{{id}}");
        api.MapPost("/successor", async (string id, ClaimsPrincipal me, PortalDb db, NewPlan plans, SecretBox box, CancellationToken cancellation) =>
        {
            var plan = await PlansFeature.FindAsync(db, id, cancellation);
            if (plan.State == PlanState.Pending)
            {
                throw new ProblemException(409, "plan-pending", "The plan is still being made", "Wait for it: there is nothing to replace yet.");
            }

            return PlansFeature.Created(await plans.CreateAsync(plan.ReleaseId, await AgainAsync(db, plan, box, cancellation), plan.Id, me.UserName(), cancellation), box);
        }).RequirePermission(Permissions.PlansWrite);
        api.MapGet("/differences", async (string id, PortalDb db, SecretBox box, CancellationToken cancellation) =>
        {
            var plan = await PlansFeature.FindAsync(db, id, cancellation);
            if (plan.ReplacesId is null || await db.Set<PlanRow>().AsNoTracking().FirstOrDefaultAsync(p => p.Id == plan.ReplacesId, cancellation) is not { } before)
            {
                throw ProblemException.NotFound("A plan that this one replaces");
            }

            return PlansFeature.Content(plan, box) is { } now
                ? Differences(before, PlansFeature.Content(before, box), plan, now)
                : throw new ProblemException(409, "not-ready", "The plan is not ready", "Ask again in a moment.");
        }).RequirePermission(Permissions.PlansRead);
    }

    // The same wish today: the newest values, unless older ones were chosen on purpose, and the policy as it is now.
    private static async Task<CreatePlanRequest> AgainAsync(PortalDb db, PlanRow plan, SecretBox box, CancellationToken cancellation)
    {
        var deploys = plan.Kind is OperationKind.Install or OperationKind.Upgrade;
        var chosen = deploys && plan.ValuesRevision is { } number && await db.Set<ValuesRevisionRow>().AnyAsync(v => v.ReleaseId == plan.ReleaseId && v.Number > number && v.CreatedAt <= plan.CreatedAt, cancellation);
        var options = PlansFeature.OptionsOf(plan);
        var was = PlansFeature.Content(plan, box)?.Policy ?? ReleasesFeature.PolicyOf(await ReleasesFeature.FindAsync(db, plan.ReleaseId, cancellation));
        return new CreatePlanRequest(
            plan.Kind, deploys ? plan.ToChartVersion : null, chosen ? plan.ValuesRevision : null, plan.Kind == OperationKind.Rollback ? plan.ToRevision : null, Chosen(options, was),
            deploys ? options.Chart : null, deploys ? options.SourceId : null);
    }

    // What was chosen otherwise than the policy said stays chosen; the rest is as the policy has it now.
    private static PlanOptionsRequest Chosen(PlanOptions options, ReleasePolicy was)
    {
        static T? Unless<T>(T option, T policy) where T : struct => option.Equals(policy) ? null : option;
        return new PlanOptionsRequest(
            options.Wait, Unless(options.RollbackOnFailure, was.RollbackOnFailure), Unless(options.RunTests, was.RunTests), Unless(options.TimeoutSeconds, was.TimeoutSeconds),
            Unless(options.GraceSeconds, was.GraceSeconds), options.CreateNamespace, options.NoHooks, options.SkipCrds, options.ForceConflicts, options.KeepHistory, Unless(options.HistoryMax, was.HistoryMax));
    }

    /// <summary>What one plan would do otherwise than another. Pure.</summary>
    /// <param name="before">The plan that is replaced.</param>
    /// <param name="was">What it shows; null when it never got ready.</param>
    /// <param name="plan">The plan in its place.</param>
    /// <param name="now">What that one shows.</param>
    internal static PlanDifferences Differences(PlanRow before, PlanContent? was, PlanRow plan, PlanContent now)
    {
        var inputs = new List<InputDifference>();
        void Input(string what, object? a, object? b)
        {
            var (from, to) = (Convert.ToString(a, CultureInfo.InvariantCulture), Convert.ToString(b, CultureInfo.InvariantCulture));
            if (from != to)
            {
                inputs.Add(new InputDifference(what, string.IsNullOrEmpty(from) ? null : from, string.IsNullOrEmpty(to) ? null : to));
            }
        }

        Input("Values revision", before.ValuesRevision, plan.ValuesRevision);
        Input("Chart version", before.ToChartVersion, plan.ToChartVersion);
        if (before.ToChartVersion == plan.ToChartVersion)
        {
            Input("Chart archive", before.ChartDigest, plan.ChartDigest);
        }

        Input("Revision that it begins from", before.FromRevision, plan.FromRevision);
        Input("Kubernetes", before.KubernetesVersion, plan.KubernetesVersion);
        var (a, b) = (PlansFeature.OptionsOf(before), PlansFeature.OptionsOf(plan));
        Input("Roll back on failure", Word(a.RollbackOnFailure), Word(b.RollbackOnFailure));
        Input("Run the chart's tests", Word(a.RunTests), Word(b.RunTests));
        Input("Time-out in seconds", a.TimeoutSeconds, b.TimeoutSeconds);
        Input("Grace in seconds", a.GraceSeconds, b.GraceSeconds);
        Input("Revisions to keep", a.HistoryMax, b.HistoryMax);
        if (was is null)
        {
            return new PlanDifferences(before.Id, before.VoidReason ?? before.Error, inputs, [], [], []);
        }

        var known = was.Findings.Select(f => f.Id).ToHashSet(StringComparer.Ordinal);
        var found = now.Findings.Select(f => f.Id).ToHashSet(StringComparer.Ordinal);
        return new PlanDifferences(
            before.Id, before.VoidReason, inputs, [.. Objects(was.Changes, now.Changes)], [.. now.Findings.Where(f => !known.Contains(f.Id))], [.. was.Findings.Where(f => !found.Contains(f.Id))]);
    }

    private static IEnumerable<ObjectChange> Objects(IReadOnlyList<ObjectChange> was, IReadOnlyList<ObjectChange> now)
    {
        static (string, string, string) Key(ObjectChange c) => (c.ApiVersion, c.Namespace, c.Object);
        var before = was.ToLookup(Key);
        var after = now.ToLookup(Key);
        foreach (var key in was.Concat(now).Select(Key).Distinct())
        {
            switch (before[key].LastOrDefault(), after[key].LastOrDefault())
            {
                case (null, { Kind: not ObjectChangeKind.Unchanged } added):
                    yield return added with { From = "", EffectReason = $"the other plan left it alone{Because(added)}" };
                    break;
                case ({ Kind: not ObjectChangeKind.Unchanged } gone, null):
                    yield return gone with { Kind = ObjectChangeKind.Unchanged, Effect = Effect.None, From = gone.To, To = "", EffectReason = $"the other plan would have {Done(gone)} it; this one leaves it alone" };
                    break;
                case ({ Kind: ObjectChangeKind.Unchanged }, { Kind: ObjectChangeKind.Unchanged }):
                    break;
                case ({ } a, { } b) when a.Kind != b.Kind || a.Effect != b.Effect || a.To != b.To || a.From != b.From:
                    yield return b with { From = a.To == b.To ? a.From : a.To, To = a.To == b.To ? b.From : b.To, EffectReason = Otherwise(a, b) };
                    break;
            }
        }
    }

    private static string Otherwise(ObjectChange a, ObjectChange b) => (a, b) switch
    {
        _ when a.Kind != b.Kind => $"the other plan would have {Done(a)} it",
        _ when a.Effect != b.Effect => $"the other plan said: {(a.EffectReason.Length > 0 ? a.EffectReason : "no effect")}",
        _ when a.To == b.To => "what runs was changed meanwhile; it becomes the same",
        _ => b.EffectReason,
    };

    private static string Because(ObjectChange change) => change.EffectReason.Length > 0 ? $": {change.EffectReason}" : "";

    private static string Done(ObjectChange change) => change.Kind switch { ObjectChangeKind.Added => "created", ObjectChangeKind.Removed => "removed", ObjectChangeKind.Changed => "changed", _ => "left" };

    private static string Word(bool on) => on ? "on" : "off";
}
