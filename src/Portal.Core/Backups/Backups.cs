namespace Portal.Core.Backups;

/// <summary>What was kept before a change: values, manifests, release record and the names of referenced Secrets. GET /api/v1/backups/{id}/download gives a .tgz.</summary>
public sealed record Backup(string Id, string ReleaseId, string? OperationId, int? Revision, DateTimeOffset CreatedAt, long Size, string Digest, IReadOnlyList<string> ReferencedSecrets);
