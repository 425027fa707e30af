using System.Security.Claims;
using Portal.Core.Access;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Releases;

namespace Portal.Server.Features.Values;

/// <summary>A values file to take along: without its secrets for everybody who may read values, with them for who may see secrets, and then it is audited.</summary>
internal static class ValuesExport
{
    public static void MapValuesExport(this RouteGroupBuilder api)
    {
        api.MapGet("/{n:int}/export", async (string id, int n, PortalDb db, ValuesStore store, CancellationToken cancellation) =>
        {
            var release = await ReleasesFeature.FindAsync(db, id, cancellation);
            var clear = await store.GetAsync(id, n, cancellation);
            return Results.Text(Of(clear.Text, await store.SecretPathsAsync(release, null, cancellation), await store.HeldAsync(release, cancellation)).Text, "application/yaml");
        }).RequirePermission(Permissions.ValuesRead);
        api.MapPost("/{n:int}/export", async (string id, int n, HttpResponse answer, ClaimsPrincipal me, PortalDb db, ValuesStore store, Audit audit, CancellationToken cancellation) =>
        {
            var release = await ReleasesFeature.FindAsync(db, id, cancellation);
            var clear = await store.GetAsync(id, n, cancellation);
            await audit.RecordAsync(me, "export values with secrets", $"{release.Namespace}/{release.Name} values {n}", cancellation: cancellation);
            answer.Headers.CacheControl = "no-store";
            return Results.Text(clear.Text, "application/yaml");
        }).RequirePermission(Permissions.ValuesReveal);
    }

    /// <summary>A text as it was written, each secret replaced by where it stands in the cluster ("&lt;from Secret db/password&gt;") or by what to fill in ("&lt;fill in database.password&gt;"). Pure.</summary>
    /// <param name="text">The values in clear.</param>
    /// <param name="bySchema">Paths that schemas call secret.</param>
    /// <param name="held">What the Secrets of the running release hold, by value.</param>
    public static ExportedValues Of(string text, IReadOnlySet<string> bySchema, IReadOnlyDictionary<string, string> held)
    {
        var left = new List<LeftOutSecret>();
        var result = SecretScalars.Hide(text, bySchema, secret =>
        {
            var path = secret.Path.Replace("\"", "'", StringComparison.Ordinal);
            var from = secret.Whole ? held.GetValueOrDefault(secret.Place.Value.TrimEnd('\n')) : null;
            left.Add(new LeftOutSecret(path, from));
            var words = from is null ? $"<fill in {path}>" : $"<from Secret {from}>";
            return secret.Whole ? $"\"{words}\"" : words;
        });
        return new ExportedValues(result, [.. left.Distinct()]);
    }
}

/// <summary>A values text without its secrets, and what was left out of it.</summary>
internal sealed record ExportedValues(string Text, IReadOnlyList<LeftOutSecret> LeftOut);

/// <summary>A secret that an export left out: its key, and the Secret and key in the release's namespace that hold it; null when nothing is known to.</summary>
internal sealed record LeftOutSecret(string Path, string? From);
