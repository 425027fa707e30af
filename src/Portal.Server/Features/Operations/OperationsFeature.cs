using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Security.Claims;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Server.Data;
using Portal.Server.Features.Access;

namespace Portal.Server.Features.Operations;

/// <summary>Operations: start, follow, decide, cancel, resolve.</summary>
internal static class OperationsFeature
{
    public const string Name = "Portal.Operations";

    public static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Counter<long> Ended = Meter.CreateCounter<long>("portal_operations_ended", description: "Operations that ended, by kind and state");

    public static IServiceCollection AddOperations(this IServiceCollection services)
    {
        services.AddSingleton<OperationFeeds>().AddSingleton<OperationReader>().AddSingleton<PlanVoid>().AddSingleton<OperationRunner>().AddScoped<StartOperation>();
        services.AddSingleton(new PortalIdentity($"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}"));
        services.AddHostedService<OperationReconciler>();
        return services;
    }

    public static void MapOperations(this WebApplication app)
    {
        app.MapHub<OperationsHub>(Routes.OperationsHub).RequirePermission(Permissions.OperationsRead);
        // What was done is written down also when nobody waits for the answer any more: no request's token in the audit.
        var api = app.MapGroup(Routes.Api);
        api.MapPost("/plans/{id}/operations", async (string id, StartOperationRequest request, HttpRequest http, ClaimsPrincipal me, StartOperation start, OperationReader reader, PortalDb db, Audit audit, CancellationToken cancellation) =>
        {
            var key = http.Headers["Idempotency-Key"].ToString() switch
            {
                "" => null,
                { Length: <= 100 } given => $"{me.UserId()}/{given}",
                _ => throw Web.ProblemException.Invalid("A key has at most 100 characters.", "Idempotency-Key"),
            };
            var row = await start.FromPlanAsync(id, request, me.UserName(), key, cancellation);
            await audit.RecordAsync(me, $"request {row.Kind}", row.Id, row.Reason, CancellationToken.None);
            return Results.Created($"{Routes.Api}/operations/{row.Id}", await reader.FindAsync(db, row.Id, cancellation));
        }).RequirePermission(Permissions.OperationsStart);
        api.MapGet("/operations", async (string? releaseId, OperationState? state, string? after, int? limit, OperationReader reader, PortalDb db, CancellationToken cancellation) =>
        {
            var take = Math.Clamp(limit ?? 50, 1, 200);
            var items = await reader.ListAsync(db, q => q.Where(o => (releaseId == null || o.ReleaseId == releaseId) && (state == null || o.State == state) && (after == null || string.Compare(o.Id, after) < 0)), take, cancellation);
            return new Page<Operation>(items, items.Count == take ? items[^1].Id : null);
        }).RequirePermission(Permissions.OperationsRead);
        api.MapGet("/operations/{id}", async (string id, OperationReader reader, PortalDb db, CancellationToken cancellation) => await reader.FindAsync(db, id, cancellation)).RequirePermission(Permissions.OperationsRead);
        api.MapGet("/operations/{id}/log", async (string id, long? after, int? limit, OperationReader reader, PortalDb db, CancellationToken cancellation) =>
        {
            await reader.FindAsync(db, id, cancellation);
            var lines = await OperationReader.LinesAsync(db, id, after ?? 0, Math.Clamp(limit ?? 500, 1, 5000), cancellation);
            return new Page<LogLine>(lines, lines.Count > 0 ? lines[^1].Seq.ToString(System.Globalization.CultureInfo.InvariantCulture) : null);
        }).RequirePermission(Permissions.OperationsRead);
        api.MapPost("/operations/{id}/approval", async (string id, ApprovalRequest request, ClaimsPrincipal me, StartOperation start, OperationReader reader, PortalDb db, Audit audit, CancellationToken cancellation) =>
        {
            request = request with { Comment = await start.ReadableAsync(id, request.Comment, cancellation) };
            var row = await start.DecideAsync(id, request, me.UserName(), cancellation);
            await audit.RecordAsync(me, request.Decision.ToString().ToLowerInvariant() + " operation", row.Id, request.Comment, CancellationToken.None);
            return await reader.FindAsync(db, id, cancellation);
        }).RequirePermission(Permissions.ApprovalsDecide);
        api.MapPost("/operations/{id}/cancel", async (string id, CancelRequest request, ClaimsPrincipal me, StartOperation start, OperationReader reader, PortalDb db, Audit audit, CancellationToken cancellation) =>
        {
            request = request with { Comment = await start.ReadableAsync(id, request.Comment, cancellation) };
            await start.CancelAsync(id, request, me.UserName(), cancellation);
            await audit.RecordAsync(me, "cancel operation", id, $"{request.Choice} {request.Comment}", CancellationToken.None);
            return await reader.FindAsync(db, id, cancellation);
        }).RequirePermission(Permissions.OperationsStart);
        api.MapPost("/operations/{id}/resolve", async (string id, ResolveRequest request, ClaimsPrincipal me, StartOperation start, OperationReader reader, PortalDb db, Audit audit, CancellationToken cancellation) =>
        {
            request = request with { Comment = await start.ReadableAsync(id, request.Comment, cancellation) };
            await start.ResolveAsync(id, request, me.UserName(), cancellation);
            await audit.RecordAsync(me, "resolve operation", id, $"{request.Choice} {request.Comment}", CancellationToken.None);
            return await reader.FindAsync(db, id, cancellation);
        }).RequirePermission(Permissions.OperationsResolve);
    }
}
