using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Server.Data;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Plans;
using Portal.Server.Features.Releases;
using Portal.Server.Jobs;
using Portal.Server.Web;

namespace Portal.Server.Features.Operations;

/// <summary>Turns a plan into an operation: a row first, then a wake-up.</summary>
public sealed class StartOperation(PortalDb db, SecretBox box, ClusterConnections connections, PlanVoid plans, IRedaction redaction, WakeUp wakeUp, TimeProvider time)
{
    /// <exception cref="ProblemException">409 busy (names the running operation), 409 the plan is not ready, void (names what differs) or asked for already, 422 a blocker, a warning that was not acknowledged, or a key of another plan's operation.</exception>
    public async Task<OperationRow> FromPlanAsync(string planId, StartOperationRequest request, string userName, string? idempotencyKey, CancellationToken cancellation)
    {
        if (await OfKeyAsync(planId, idempotencyKey, cancellation) is { } same)
        {
            return same;
        }

        var plan = await PlansFeature.FindAsync(db, planId, cancellation);
        // First of all: a plan that was made while another operation runs has failed for that reason alone.
        if (await ActiveAsync(plan.ReleaseId, cancellation) is { } active)
        {
            throw Busy(active);
        }

        if (plan.State != PlanState.Ready)
        {
            throw new ProblemException(409, "plan-" + plan.State.ToString().ToLowerInvariant(), "The plan cannot be used", plan.State switch
            {
                PlanState.Pending => "It is still being made.",
                PlanState.Void => $"It is out of date: {plan.VoidReason}. Make a new plan.",
                _ => $"It failed: {plan.Error}",
            });
        }

        if (request.Reason is not { Length: >= 3 and <= 1000 })
        {
            throw ProblemException.Invalid("Say why, in 3 to 1000 characters: it stays in the history.", "reason");
        }

        var findings = PlansFeature.Content(plan, box)!.Findings;
        if (findings.FirstOrDefault(f => f.Level == FindingLevel.Blocker) is { } blocker)
        {
            throw new ProblemException(422, "blocked", "The plan has a blocker", blocker.Message + " " + blocker.Remedy);
        }

        var missing = findings.Where(f => f.Level == FindingLevel.Warning && !(request.Acknowledged ?? []).Contains(f.Id)).Select(f => f.Id).ToArray();
        if (missing.Length > 0)
        {
            throw new ProblemException(422, "not-acknowledged", "Acknowledge the warnings", $"These were not acknowledged: {string.Join(", ", missing)}.", new Dictionary<string, object?> { ["missing"] = missing });
        }

        var release = await db.Set<ReleaseRow>().FirstAsync(r => r.Id == plan.ReleaseId, cancellation);
        if (await db.Set<OperationRow>().AsNoTracking().FirstOrDefaultAsync(o => o.PlanId == plan.Id && (o.State == OperationState.AwaitingApproval || o.State == OperationState.Scheduled), cancellation) is { } asked)
        {
            throw new ProblemException(409, "asked", "This was asked for already", $"Operation {asked.Id} of this plan by {asked.RequestedBy} {(asked.State == OperationState.Scheduled ? "is scheduled" : "waits for approval")}.", new Dictionary<string, object?> { ["operationId"] = asked.Id });
        }

        if (await OutOfDateAsync(plan, release.ClusterId, cancellation) is { } reason)
        {
            throw Void(reason, "Make a new plan.");
        }

        var options = OperationView.Read<PlanOptions>(plan.Options)!;
        var needsApproval = release.ApprovalRequired && plan.Kind != OperationKind.Test;
        var state = needsApproval ? OperationState.AwaitingApproval : request.ScheduleAt is not null ? OperationState.Scheduled : OperationState.Queued;
        var row = new OperationRow
        {
            Id = PortalDb.NewId(), Kind = plan.Kind, State = state, ReleaseId = release.Id, ActiveReleaseId = state == OperationState.Queued ? release.Id : null, PlanId = plan.Id, PlanDigest = plan.Digest!,
            Reason = (await redaction.ForAsync(release.Id, cancellation))(request.Reason).Fit(1000), RequestedBy = userName, RequestedAt = time.GetUtcNow().UtcDateTime, IdempotencyKey = idempotencyKey, ScheduleAt = request.ScheduleAt?.UtcDateTime,
            Steps = OperationView.Write(OperationView.Steps(plan.Kind, options.Wait, options.RollbackOnFailure)), Waiting = "[]", TraceParent = Activity.Current?.Id,
        };
        db.Add(row);
        try
        {
            await db.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateException)
        {
            db.Entry(row).State = EntityState.Detached;
            if (await OfKeyAsync(planId, idempotencyKey, cancellation) is { } twin)
            {
                return twin;
            }

            if (await ActiveAsync(release.Id, cancellation) is not { } other)
            {
                throw;
            }

            throw Busy(other);
        }

        Wake(row);
        return row;
    }

    // Whoever asks again gets the operation that the first call made; asking for something else with the same key is a mistake.
    private async Task<OperationRow?> OfKeyAsync(string planId, string? idempotencyKey, CancellationToken cancellation)
    {
        var row = idempotencyKey is null ? null : await db.Set<OperationRow>().FirstOrDefaultAsync(o => o.IdempotencyKey == idempotencyKey, cancellation);
        return row is null || row.PlanId == planId ? row : throw ProblemException.Invalid($"This key was used for operation {row.Id} of another plan. Use a new one.", "Idempotency-Key");
    }

    /// <summary>What somebody says of an operation, without the secrets of its release: everybody reads it.</summary>
    public async Task<string> ReadableAsync(string id, string? comment, CancellationToken cancellation)
    {
        CheckComment(comment);
        return string.IsNullOrEmpty(comment) ? "" : (await redaction.ForAsync((await FindAsync(id, cancellation)).ReleaseId, cancellation))(comment).Fit(LongestComment);
    }

    /// <summary>Somebody else's yes or no. A yes makes it run, or wait for its time.</summary>
    public async Task<OperationRow> DecideAsync(string id, ApprovalRequest request, string userName, CancellationToken cancellation)
    {
        var row = await FindAsync(id, cancellation);
        if (row.State != OperationState.AwaitingApproval)
        {
            throw new ProblemException(409, "not-waiting", "There is nothing to decide", $"The operation is {row.State}.");
        }

        if (row.RequestedBy == userName)
        {
            throw new ProblemException(403, "own-request", "Not your own request", "Somebody else has to approve what you asked for.");
        }

        if (request.Decision == ApprovalDecision.Reject && string.IsNullOrWhiteSpace(request.Comment))
        {
            throw ProblemException.Invalid("Say why you reject it: who asked for it reads it.", "comment");
        }

        if (request.Decision == ApprovalDecision.Approve)
        {
            await EndIfOutOfDateAsync(row, cancellation);
        }

        (row.DecidedBy, row.DecidedAt, row.DecisionComment) = (userName, time.GetUtcNow().UtcDateTime, request.Comment);
        if (request.Decision == ApprovalDecision.Reject)
        {
            (row.State, row.EndedAt, row.Steps) = (OperationState.Cancelled, time.GetUtcNow().UtcDateTime, OperationView.Write(OperationView.NotReached(row.Steps)));
        }
        else if (row.ScheduleAt > time.GetUtcNow().UtcDateTime)
        {
            row.State = OperationState.Scheduled;
        }
        else
        {
            (row.State, row.ActiveReleaseId) = (OperationState.Queued, row.ReleaseId);
        }

        await SaveAsync(row, cancellation);
        Wake(row);
        return row;
    }

    // Nobody approves what would not happen any more: the request ends, with the reason.
    private async Task EndIfOutOfDateAsync(OperationRow row, CancellationToken cancellation)
    {
        var plan = await db.Set<PlanRow>().AsNoTracking().FirstAsync(p => p.Id == row.PlanId, cancellation);
        var clusterId = await db.Set<ReleaseRow>().Where(r => r.Id == row.ReleaseId).Select(r => r.ClusterId).FirstAsync(cancellation);
        if (await OutOfDateAsync(plan, clusterId, cancellation) is not { } reason)
        {
            return;
        }

        (row.State, row.EndedAt, row.Steps) = (OperationState.Cancelled, time.GetUtcNow().UtcDateTime, OperationView.Write(OperationView.NotReached(row.Steps)));
        row.Failure = OperationView.Write(new OperationFailure($"The plan is out of date: {reason}.", null, [], OperationExecution.Untouched, "Make a new plan and ask again.", time.GetUtcNow()));
        await SaveAsync(row, cancellation);
        throw Void(reason, "The request was ended; make a new plan.");
    }

    // The tests of a release run on what is there: nothing of their plan can be out of date.
    private async Task<string?> OutOfDateAsync(PlanRow plan, string clusterId, CancellationToken cancellation) => plan.Kind == OperationKind.Test
        ? null
        : await plans.CheckAsync(await connections.GetAsync(clusterId, cancellation), plan, PreparedAction.FromBytes(box.Reveal(plan.Prepared!, PlanRow.Table, plan.Id, "prepared")), cancellation);

    private static ProblemException Void(string reason, string next) => new(409, "plan-void", "The plan is out of date", $"{char.ToUpperInvariant(reason[0])}{reason[1..]}. {next}");

    /// <summary>Stops an operation. One that has not begun ends at once; a running one is asked to stop.</summary>
    public async Task<OperationRow> CancelAsync(string id, CancelRequest request, string userName, CancellationToken cancellation)
    {
        var row = await FindAsync(id, cancellation);
        if (!OperationView.IsCancellable(row))
        {
            throw new ProblemException(409, "not-cancellable", "This cannot be cancelled", $"The operation is {row.State}{(row.CancelRequested is null ? "" : " and is being stopped already")}.");
        }

        if (request.Choice == CancelChoice.RollBack && row.Kind is OperationKind.Uninstall or OperationKind.Test)
        {
            throw ProblemException.Invalid($"{(row.Kind == OperationKind.Test ? "Tests change nothing that" : "An uninstall makes no revision that it")} could be rolled back. Stop it and leave what is there.", "choice");
        }

        row.CancelledBy = userName;
        if (row.State == OperationState.Running)
        {
            row.CancelRequested = request.Choice;
        }
        else
        {
            (row.State, row.ActiveReleaseId, row.EndedAt, row.Steps) = (OperationState.Cancelled, null, time.GetUtcNow().UtcDateTime, OperationView.Write(OperationView.NotReached(row.Steps)));
        }

        await SaveAsync(row, cancellation);
        return row;
    }

    /// <summary>Ends what the portal could not end by itself: the same operation runs again and settles the cluster.</summary>
    public async Task<OperationRow> ResolveAsync(string id, ResolveRequest request, string userName, CancellationToken cancellation)
    {
        var row = await FindAsync(id, cancellation);
        if (row.State != OperationState.Interrupted)
        {
            throw new ProblemException(409, "not-interrupted", "There is nothing to resolve", $"The operation is {row.State}.");
        }

        if (request.Choice == ResolveChoice.MarkFailed)
        {
            row.State = OperationState.Failed;
        }
        else if (await OperationReconciler.NewerAsync(db, row, cancellation) is { } newer)
        {
            throw new ProblemException(409, "superseded", "Another operation came after it", $"Operation {newer} ran on the release since: going on would undo it. Mark this one as failed.", new Dictionary<string, object?> { ["operationId"] = newer });
        }
        else
        {
            (row.State, row.ActiveReleaseId, row.LeaseUntil, row.EndedAt) = (OperationState.Running, row.ReleaseId, null, null);
        }

        (row.DecidedBy, row.DecidedAt, row.DecisionComment) = (userName, time.GetUtcNow().UtcDateTime, $"{request.Choice}: {request.Comment}");
        await SaveAsync(row, cancellation);
        if (row.State == OperationState.Running)
        {
            wakeUp.Call<OperationRunner>(r => r.RunAsync(row.Id, CancellationToken.None));
        }

        return row;
    }

    /// <exception cref="ProblemException">409: the state is not any more what was decided about, or another operation runs on the release.</exception>
    private async Task SaveAsync(OperationRow row, CancellationToken cancellation)
    {
        try
        {
            await db.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateConcurrencyException)
        {
            await db.Entry(row).ReloadAsync(cancellation);
            throw new ProblemException(409, "changed", "The operation has changed", $"It is {row.State} now. Look at it again before you decide.");
        }
        catch (DbUpdateException)
        {
            if (await ActiveAsync(row.ReleaseId, cancellation) is not { } other)
            {
                throw;
            }

            throw Busy(other);
        }
    }

    private Task<OperationRow?> ActiveAsync(string releaseId, CancellationToken cancellation) => db.Set<OperationRow>().AsNoTracking().FirstOrDefaultAsync(o => o.ActiveReleaseId == releaseId, cancellation);

    private const int LongestComment = 900;

    private static void CheckComment(string? comment)
    {
        if (comment?.Length > LongestComment)
        {
            throw ProblemException.Invalid($"A comment has at most {LongestComment} characters.", "comment");
        }
    }

    private async Task<OperationRow> FindAsync(string id, CancellationToken cancellation) => await db.Set<OperationRow>().FirstOrDefaultAsync(o => o.Id == id, cancellation) ?? throw ProblemException.NotFound("The operation");

    private void Wake(OperationRow row)
    {
        if (row.State == OperationState.Queued)
        {
            wakeUp.Call<OperationRunner>(r => r.RunAsync(row.Id, CancellationToken.None));
        }
    }

    private static ProblemException Busy(OperationRow other) => new(
        409, "busy", "The release is busy", $"{(other.Kind == OperationKind.Test ? "A test" : other.Kind == OperationKind.Rollback ? "A rollback" : $"An {other.Kind.ToString().ToLowerInvariant()}")} by {other.RequestedBy} is running on it (operation {other.Id}). Wait for its end, or cancel it.",
        new Dictionary<string, object?> { ["operationId"] = other.Id });
}
