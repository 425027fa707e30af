using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Claims;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Backups;
using Portal.Core.Operations;
using Portal.Helm.Charts;
using Portal.Helm.Releases;
using Portal.Helm.Rendering;
using Portal.Helm.Yaml;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Operations;
using Portal.Server.Features.Releases;
using Portal.Server.Web;

namespace Portal.Server.Features.Backups;

/// <summary>What was kept before a change: a .tgz, encrypted.</summary>
public sealed class BackupRow
{
    public const string Table = "backups";

    public required string Id { get; init; }
    public required string ReleaseId { get; init; }
    public string? OperationId { get; init; }
    public int? Revision { get; init; }
    public DateTime CreatedAt { get; init; }
    public long Size { get; init; }
    public required string Digest { get; init; }
    public required string ReferencedSecrets { get; init; }
    public required byte[] Archive { get; init; }
}

internal sealed class BackupConfiguration : IEntityTypeConfiguration<BackupRow>
{
    public void Configure(EntityTypeBuilder<BackupRow> builder)
    {
        builder.ToTable(BackupRow.Table);
        builder.HasIndex(b => b.ReleaseId);
        builder.Property(b => b.Archive).IsEncrypted(BackupRow.Table, "archive");
        builder.Property(b => b.ReferencedSecrets).HasMaxLength(8000);
    }
}

/// <summary>The step Backup: values, manifest, release record and the names of the Secrets that pods refer to.</summary>
internal sealed class BackupStep(IDbContextFactory<PortalDb> dbs, SecretBox box, TimeProvider time) : IOperationStep
{
    public StepName Name => StepName.Backup;

    public async Task<string> RunAsync(OperationRow operation, ReleaseRow release, ClusterConnections.Connection cluster, CancellationToken cancellation)
    {
        var history = await cluster.Helm.HistoryAsync(release.Namespace, release.Name, cancellation);
        if (history.Count == 0)
        {
            return "there is nothing to keep yet";
        }

        var last = history.LastOrDefault(h => h.Info.Status == ReleaseStatus.Deployed) ?? history[^1];
        var secrets = ManifestSplitter.Parse(last.Manifest).SelectMany(d => SecretNames(GoYaml.Read(d.Content))).Distinct().Order(StringComparer.Ordinal).ToArray();
        var archive = Pack(
        [
            ("values.yaml", GoYaml.Write(last.Config)), ("manifest.yaml", last.Manifest), ("release.json", ReleaseCodec.ToJson(last).ToJsonString()), ("referenced-secrets.txt", string.Join('\n', secrets) + "\n"),
        ]);
        var id = PortalDb.NewId();
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        db.Add(new BackupRow
        {
            Id = id, ReleaseId = release.Id, OperationId = operation.Id, Revision = last.Version, CreatedAt = time.GetUtcNow().UtcDateTime, Size = archive.Length, Digest = ChartArchive.Digest(archive),
            ReferencedSecrets = string.Join(',', secrets), Archive = box.Protect(archive, BackupRow.Table, id, "archive"),
        });
        await db.SaveChangesAsync(cancellation);
        await db.Set<OperationRow>().Where(o => o.Id == operation.Id && o.Fence == operation.Fence).ExecuteUpdateAsync(s => s.SetProperty(o => o.BackupId, id), cancellation);
        return $"revision {last.Version} kept ({archive.Length} bytes), {secrets.Length} {(secrets.Length == 1 ? "Secret" : "Secrets")} referenced";
    }

    private static byte[] Pack(IEnumerable<(string Name, string Text)> files)
    {
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.Optimal, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            foreach (var (name, text) in files)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
            }
        }

        return result.ToArray();
    }

    private static IEnumerable<string> SecretNames(object? node) => node switch
    {
        Dictionary<string, object?> table => table.SelectMany(p => p.Key switch
        {
            "secretKeyRef" or "secretRef" when p.Value is Dictionary<string, object?> reference && reference.GetValueOrDefault("name") is string name => [name],
            "secretName" when p.Value is string name => [name],
            _ => SecretNames(p.Value),
        }),
        List<object?> list => list.SelectMany(SecretNames),
        _ => [],
    };
}

/// <summary>Backups: list and download.</summary>
internal static class BackupsFeature
{
    public static IServiceCollection AddBackups(this IServiceCollection services) => services.AddSingleton<IOperationStep, BackupStep>();

    public static void MapBackups(this WebApplication app)
    {
        var api = app.MapGroup(Routes.Api);
        api.MapGet("/releases/{id}/backups", async (string id, PortalDb db, CancellationToken cancellation) =>
        {
            await ReleasesFeature.FindAsync(db, id, cancellation);
            var rows = await db.Set<BackupRow>().Where(b => b.ReleaseId == id).OrderByDescending(b => b.Id).Take(100).Select(b => new { b.Id, b.OperationId, b.Revision, b.CreatedAt, b.Size, b.Digest, b.ReferencedSecrets }).ToListAsync(cancellation);
            return new Page<Backup>([.. rows.Select(b => new Backup(b.Id, id, b.OperationId, b.Revision, b.CreatedAt, b.Size, b.Digest, b.ReferencedSecrets.Split(',', StringSplitOptions.RemoveEmptyEntries)))]);
        }).RequirePermission(Permissions.ReleasesRead);
        api.MapGet("/backups/{id}/download", async (string id, ClaimsPrincipal me, PortalDb db, SecretBox box, Audit audit, CancellationToken cancellation) =>
        {
            var row = await db.Set<BackupRow>().FirstOrDefaultAsync(b => b.Id == id, cancellation) ?? throw ProblemException.NotFound("The backup");
            await audit.RecordAsync(me, "download backup", id, cancellation: cancellation);
            return Results.File(box.Reveal(row.Archive, BackupRow.Table, id, "archive"), "application/gzip", $"backup-revision-{row.Revision}.tgz");
        }).RequirePermission(Permissions.BackupsDownload);
    }
}
