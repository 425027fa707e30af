using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Overview;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Operations;
using Portal.Server.Features.Plans;
using Portal.Server.Features.Releases;
using Portal.Server.Features.Values;
using Portal.Server.Web;

namespace Portal.Server.Features.Overview;

/// <summary>What joins everything: releases, their history and removal, the audit log, the portal itself.</summary>
internal static class OverviewFeature
{
    public static void MapOverview(this WebApplication app)
    {
        var api = app.MapGroup(Routes.Api);
        api.MapGet("/releases", async (PortalDb db, Charts charts, CancellationToken cancellation) =>
            new Page<Release>(await ReleasesAsync(db, charts, await db.Set<ReleaseRow>().AsNoTracking().OrderBy(r => r.Name).ToListAsync(cancellation), cancellation))).RequirePermission(Permissions.ReleasesRead);
        api.MapGet("/releases/{id}", async (string id, PortalDb db, Charts charts, CancellationToken cancellation) =>
            (await ReleasesAsync(db, charts, [await ReleasesFeature.FindAsync(db, id, cancellation)], cancellation))[0]).RequirePermission(Permissions.ReleasesRead);
        api.MapDelete("/releases/{id}", ReleaseRemoval.RemoveAsync).RequirePermission(Permissions.ReleasesWrite);
        api.MapDelete("/chart-sources/{id}", SourceRemoval.RemoveAsync).RequirePermission(Permissions.SourcesWrite);
        api.MapGet("/releases/{id}/revisions", async (string id, PortalDb db, ClusterConnections connections, ValuesStore values, ReleasePackStore packs, CancellationToken cancellation) =>
        {
            var release = await ReleasesFeature.FindAsync(db, id, cancellation);
            var connection = await connections.GetAsync(release.ClusterId, cancellation);
            var history = await connection.Store.HistoryAsync(release.Namespace, release.Name, cancellation);
            var known = await OperationsAsync(db, values, id, cancellation);
            var redactor = await values.RedactorAsync(id, null, null, cancellation);
            var (all, facts, apis) = (history.Select(r => r.Release).ToArray(), await packs.FactsAsync(release.SourceId, cancellation), (await connection.Kube.GetCapabilitiesAsync(cancellation)).ApiVersions.ToHashSet(StringComparer.Ordinal));
            var verdicts = RollbackVerdicts.OfAll(all, facts, apis);
            RollbackVerdict? GoingBack(Helm.Releases.Release to) => verdicts.GetValueOrDefault(to.Version) is { } verdict ? verdict with { Reasons = [.. verdict.Reasons.Select(redactor.Redact)] } : null;
            return new Page<Revision>([.. history.Reverse().Select(r => RevisionOf(r, history, known, redactor.Redact) with { GoingBack = GoingBack(r.Release) })]);
        }).RequirePermission(Permissions.ReleasesRead);
        api.MapGet("/releases/{id}/revisions/{n:int}", async (string id, int n, PortalDb db, ClusterConnections connections, ValuesStore values, SecretBox box, CancellationToken cancellation) =>
        {
            var release = await ReleasesFeature.FindAsync(db, id, cancellation);
            var history = await (await connections.GetAsync(release.ClusterId, cancellation)).Store.HistoryAsync(release.Namespace, release.Name, cancellation);
            var found = history.FirstOrDefault(r => r.Release.Version == n) ?? throw ProblemException.NotFound($"Revision {n}");
            var record = found.Release;
            // Values of a revision made outside are not in the store: they are hidden by their names, and their values as well.
            var text = Helm.Yaml.GoYaml.Write(record.Config);
            var secrets = SecretFinder.Find(text, SecretScalars.FromSchemas(record.Chart).Union(await values.SecretPathsAsync(release, null, cancellation)).ToHashSet(StringComparer.Ordinal));
            var redactor = new Redactor(SecretScalars.Values(secrets));
            var stored = await values.RedactorAsync(id, null, null, cancellation);
            string Clean(string t) => stored.Redact(redactor.Redact(t));
            var masked = Helm.Yaml.YamlText.Replace(text, secrets.Select(s => (s.Place, "(secret)")));
            return new RevisionDetail(RevisionOf(found, history, await OperationsAsync(db, values, id, cancellation), Clean), Manifest(record.Manifest, Clean, box.KeyedHash), Clean(record.Info.Notes), Clean(masked));
        }).RequirePermission(Permissions.ReleasesRead);
        api.MapGet("/audit", async (string? after, int? limit, string? who, PortalDb db, CancellationToken cancellation) =>
        {
            var take = Math.Clamp(limit ?? 100, 1, 500);
            var rows = await db.Set<AuditRow>().Where(a => (after == null || string.Compare(a.Id, after) < 0) && (who == null || a.Who == who)).OrderByDescending(a => a.Id).Take(take).ToListAsync(cancellation);
            return new Page<AuditEntry>([.. rows.Select(a => new AuditEntry(a.Id, a.At, a.Who, a.Action, a.Target, a.Allowed, a.Detail))], rows.Count == take ? rows[^1].Id : null);
        }).RequirePermission(Permissions.AuditRead);
        api.MapGet("/about", (PortalSettings settings, TimeProvider time) =>
            new About(Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "", settings.UsesMySql ? "MySQL" : "SQLite", settings.SandboxEnabled, time.GetUtcNow())).RequirePermission(Permissions.SessionUse);
    }

    private static string Manifest(string manifest, Func<string, string> clean, Func<string, string> fingerprint) => string.Concat(Helm.Rendering.ManifestSplitter.Parse(manifest).Select(d =>
    {
        if (!(d.Kind == "Secret" || d.Kind.EndsWith("List", StringComparison.Ordinal)) || System.Text.Json.Nodes.JsonNode.Parse(Helm.Yaml.GoJson.Write(Helm.Yaml.GoYaml.Read(d.Content))) is not System.Text.Json.Nodes.JsonObject json)
        {
            return $"---\n{clean(d.Content).TrimEnd()}\n";
        }

        return $"---\n# Source: {d.Path}\n{ObjectText.Of(new Helm.Kube.KubeObject(json), clean, fingerprint)}";
    }));

    /// <summary>What the portal knows of a release's revisions: operations with their values revision, and values by what they parse to.</summary>
    private sealed record Known(IReadOnlyDictionary<string, (OperationRow Operation, int? Values)> Operations, Func<Dictionary<string, object?>, int?> Match);

    private static async Task<Known> OperationsAsync(PortalDb db, ValuesStore values, string releaseId, CancellationToken cancellation)
    {
        var rows = await (from o in db.Set<OperationRow>() join p in db.Set<PlanRow>() on o.PlanId equals p.Id where o.ReleaseId == releaseId select new { o, p.ValuesRevision }).AsNoTracking().ToListAsync(cancellation);
        return new Known(rows.ToDictionary(x => x.o.Id, x => (x.o, x.ValuesRevision), StringComparer.Ordinal), await values.MatchAsync(releaseId, cancellation));
    }

    // The annotation on the record says which operation made it; a record without one was made by somebody else.
    private static Revision RevisionOf(Helm.Releases.StoredRelease stored, IReadOnlyList<Helm.Releases.StoredRelease> history, Known known, Func<string, string> clean)
    {
        var r = stored.Release;
        var o = known.Operations.GetValueOrDefault(RevisionValues.OperationOf(stored) ?? "").Operation;
        var values = RevisionValues.Of(stored, history, id => known.Operations.GetValueOrDefault(id).Values, known.Match);
        return new Revision(
            r.Version, r.Info.Status, r.Chart.Name, r.Chart.Metadata.Version, r.Chart.Metadata.AppVersion, values, clean(r.Info.Description), r.Info.LastDeployed, o is null, o?.Id, o?.RequestedBy, o?.DecidedBy, o?.Reason,
            o?.EndedAt - o?.StartedAt is { } took ? took.TotalSeconds : null);
    }

    private static async Task<IReadOnlyList<Release>> ReleasesAsync(PortalDb db, Charts charts, IReadOnlyList<ReleaseRow> rows, CancellationToken cancellation)
    {
        var clusters = await db.Set<ClusterRow>().AsNoTracking().ToDictionaryAsync(c => c.Id, cancellation);
        var ids = rows.Select(r => r.Id).ToArray();
        var newest = await db.Set<ValuesRevisionRow>().Where(v => ids.Contains(v.ReleaseId)).GroupBy(v => v.ReleaseId).Select(g => new { g.Key, Number = g.Max(v => v.Number) }).ToDictionaryAsync(g => g.Key, g => g.Number, cancellation);
        var result = new List<Release>();
        foreach (var r in rows)
        {
            var cluster = clusters[r.ClusterId];
            var operations = await db.Set<OperationRow>().AsNoTracking().Where(o => o.ReleaseId == r.Id).OrderByDescending(o => o.Id).Take(5).ToListAsync(cancellation);
            var last = operations.FirstOrDefault();
            var open = operations.FirstOrDefault(o => !OperationView.IsEnded(o.State)) ?? (last?.State == OperationState.Interrupted ? last : null);
            var activity = open?.State switch
            {
                OperationState.AwaitingApproval => Activity.AwaitingApproval,
                OperationState.Scheduled => Activity.Scheduled,
                OperationState.Queued => Activity.Queued,
                OperationState.Running => Activity.Running,
                OperationState.Interrupted => Activity.NeedsYou,
                _ => Activity.None,
            };
            result.Add(new Release(
                r.Id, r.ClusterId, cluster.Name, cluster.Environment, cluster.Kind == ClusterKind.Sandbox, r.Namespace, r.Name, r.SourceId, r.Chart, r.ChartVersion, r.AppVersion, r.Revision, r.Status, ReleasesFeature.HealthOf(r), activity, open?.Id,
                r.ValuesRevision, newest.GetValueOrDefault(r.Id), r.ChartVersion is null ? [] : await charts.NewerAsync(r.SourceId, r.Chart, r.ChartVersion, cancellation),
                last is null ? null : new LastOperation(last.Id, last.Kind, last.State, last.RequestedBy, last.EndedAt ?? last.RequestedAt)));
        }

        return result;
    }
}
