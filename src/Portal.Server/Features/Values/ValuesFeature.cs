using System.Globalization;
using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Values;
using Portal.Helm.Yaml;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Releases;
using Portal.Server.Jobs;
using Portal.Server.Web;

namespace Portal.Server.Features.Values;

/// <summary>Values revisions: read masked, preview, save under a condition, compare, reveal, draft.</summary>
internal static class ValuesFeature
{
    public static IServiceCollection AddValues(this IServiceCollection services) => services
        .AddSingleton<RecordedSecrets>()
        .AddSingleton<ValuesStore>()
        .AddSingleton<SecretScalars>()
        .AddSingleton<OverrideReports>()
        .AddSingleton<UpgradeBriefings>()
        .AddSingleton<GitHistory>().AddEveryMinute<GitHistory>("git-history", g => g.RunAsync(CancellationToken.None))
        .AddSingleton<IFirstValues>(p => p.GetRequiredService<ValuesStore>())
        .AddSingleton<IRedaction>(p => p.GetRequiredService<ValuesStore>());

    public static void MapValues(this WebApplication app)
    {
        app.MapOverrides();
        app.MapUpgradeBriefings();
        app.MapGet($"{Routes.Api}/git-history", (GitHistory git, CancellationToken cancellation) => git.StatusAsync(cancellation)).RequirePermission(Permissions.ValuesRead);
        var api = app.MapGroup($"{Routes.Api}/releases/{{id}}/values");
        api.MapGet("/", async (string id, PortalDb db, CancellationToken cancellation) =>
        {
            var release = await ReleasesFeature.FindAsync(db, id, cancellation);
            var rows = await db.Set<ValuesRevisionRow>().Where(v => v.ReleaseId == id).OrderByDescending(v => v.Number)
                .Select(v => new { v.Number, v.Hash, v.Author, v.Message, v.CreatedAt, v.Commit }).ToListAsync(cancellation);
            return new Page<ValuesRevisionSummary>([.. rows.Select(v => new ValuesRevisionSummary(v.Number, v.Hash, v.Author, v.Message, v.CreatedAt, v.Number == release.ValuesRevision, v.Commit))]);
        }).RequirePermission(Permissions.ValuesRead);
        api.MapGet("/{n:int}", async (string id, int n, PortalDb db, ValuesStore store, SecretScalars secrets, CancellationToken cancellation) =>
        {
            var release = await ReleasesFeature.FindAsync(db, id, cancellation);
            return await MaskedAsync(release, await store.GetAsync(id, n, cancellation), store, secrets, cancellation);
        }).RequirePermission(Permissions.ValuesRead);
        api.MapGet("/diff", async (string id, int from, int to, PortalDb db, ValuesStore store, SecretScalars secrets, CancellationToken cancellation) =>
        {
            var release = await ReleasesFeature.FindAsync(db, id, cancellation);
            var schema = await store.SecretPathsAsync(release, null, cancellation);
            var a = await store.GetAsync(id, from, cancellation);
            var b = await store.GetAsync(id, to, cancellation);
            // One revision's ids for both sides: an unchanged secret must not look changed.
            return new ValuesDiff(from, to, MaskForReading(a.Text, schema), MaskForReading(b.Text, schema), ValuesVerdict.Changes(a.Text, b.Text, schema));
        }).RequirePermission(Permissions.ValuesRead);
        api.MapPost("/preview", async (string id, PreviewValuesRequest request, PortalDb db, ValuesStore store, SecretScalars secrets, CancellationToken cancellation) =>
        {
            var release = await ReleasesFeature.FindAsync(db, id, cancellation);
            var installed = await store.ChartAsync(release, null, cancellation);
            var chart = request.ChartVersion is null ? installed : await store.ChartAsync(release, request.ChartVersion, cancellation);
            var origin = await store.GetAsync(id, request.Revision, cancellation);
            try
            {
                var schema = await store.SecretPathsAsync(release, request.ChartVersion, cancellation);
                return ValuesVerdict.Of(secrets.Unmask(ValuesInput.Limit(request.Text), origin.Text, id, origin.Number, schema), chart);
            }
            catch (YamlException error)
            {
                return ValuesVerdict.Broken(error);
            }
            catch (ProblemException problem) when (problem.Code == "secret-moved")
            {
                return new ValuesPreview(false, [new ValuesProblem(ProblemLevel.Error, problem.Message, problem.Extra["line"] as int?, null, problem.Extra["path"] as string)], []);
            }
        }).RequirePermission(Permissions.ValuesRead);
        api.MapGet("/keys", async (string id, string? chartVersion, PortalDb db, ValuesStore store, CancellationToken cancellation) =>
        {
            var release = await ReleasesFeature.FindAsync(db, id, cancellation);
            return new Page<ChartKey>(await store.ChartAsync(release, chartVersion, cancellation) is { } chart ? ChartKeys.Of(chart) : []);
        }).RequirePermission(Permissions.ValuesRead);
        api.MapPost("/edit", async (string id, EditValuesRequest request, PortalDb db, CancellationToken cancellation) =>
        {
            await ReleasesFeature.FindAsync(db, id, cancellation);
            return ValuesInput.Edit(request);
        }).RequirePermission(Permissions.ValuesWrite);
        api.MapPost("/", SaveAsync).RequirePermission(Permissions.ValuesWrite);
        api.MapSecretMove();
        api.MapValuesExport();
        api.MapPost("/{n:int}/reveal", async (string id, int n, RevealRequest request, ClaimsPrincipal me, PortalDb db, ValuesStore store, SecretScalars secrets, Audit audit, CancellationToken cancellation) =>
        {
            var release = await ReleasesFeature.FindAsync(db, id, cancellation);
            var clear = await store.GetAsync(id, n, cancellation);
            var scalar = secrets.Behind(request.SecretId, clear.Text, id, n, await store.SecretPathsAsync(release, null, cancellation)) ?? throw ProblemException.NotFound("The hidden value");
            await audit.RecordAsync(me, "reveal secret", $"{release.Namespace}/{release.Name} values {n}: {scalar.Path}", cancellation: cancellation);
            return new RevealedSecret(scalar.Path, scalar.Value);
        }).RequirePermission(Permissions.ValuesReveal);
        api.MapGet("/draft", async (string id, ClaimsPrincipal me, PortalDb db, SecretBox box, CancellationToken cancellation) =>
        {
            await ReleasesFeature.FindAsync(db, id, cancellation);
            var userId = me.UserId();
            var row = await db.Set<ValuesDraftRow>().FirstOrDefaultAsync(d => d.ReleaseId == id && d.UserId == userId, cancellation);
            return row is null ? Results.NoContent() : Results.Ok(new ValuesDraft(box.RevealText(row.Text, ValuesDraftRow.Table, row.Id, "text"), row.BaseRevision, row.UpdatedAt));
        }).RequirePermission(Permissions.ValuesWrite);
        api.MapPut("/draft", async (string id, ValuesDraft draft, ClaimsPrincipal me, PortalDb db, SecretBox box, TimeProvider time, CancellationToken cancellation) =>
        {
            await ReleasesFeature.FindAsync(db, id, cancellation);
            var userId = me.UserId();
            var row = await db.Set<ValuesDraftRow>().FirstOrDefaultAsync(d => d.ReleaseId == id && d.UserId == userId, cancellation);
            if (row is null)
            {
                row = new ValuesDraftRow { Id = PortalDb.NewId(), ReleaseId = id, UserId = userId, Text = [] };
                db.Add(row);
            }

            row.Text = box.Protect(ValuesInput.Limit(draft.Text), ValuesDraftRow.Table, row.Id, "text");
            (row.BaseRevision, row.UpdatedAt) = (draft.BaseRevision, time.GetUtcNow().UtcDateTime);
            await db.SaveChangesAsync(cancellation);
            return Results.NoContent();
        }).RequirePermission(Permissions.ValuesWrite);
        api.MapDelete("/draft", async (string id, ClaimsPrincipal me, PortalDb db, CancellationToken cancellation) =>
        {
            await ReleasesFeature.FindAsync(db, id, cancellation);
            var userId = me.UserId();
            await db.Set<ValuesDraftRow>().Where(d => d.ReleaseId == id && d.UserId == userId).ExecuteDeleteAsync(cancellation);
            return Results.NoContent();
        }).RequirePermission(Permissions.ValuesWrite);
    }

    private static async Task<IResult> SaveAsync(
        string id, SaveValuesRequest request, HttpRequest http, ClaimsPrincipal me, PortalDb db, ValuesStore store, SecretScalars secrets, Audit audit, CancellationToken cancellation)
    {
        var release = await ReleasesFeature.FindAsync(db, id, cancellation);
        var newest = await NewestAsync(http, release, store, secrets, cancellation);

        var origin = request.RestoreOf is { } restored ? await store.GetAsync(id, restored, cancellation) : newest;
        var values = secrets.Unmask(ValuesInput.Limit(request.Text), origin.Text, id, origin.Number, await store.SecretPathsAsync(release, null, cancellation));
        var text = values.Text;
        ValuesVerdict.Read(text, values.Places);
        if (ValuesVerdict.Duplicate(values.Typed.Keys) is { } twice)
        {
            throw new ProblemException(422, "duplicate-key", "A key stands twice", twice.Message, new Dictionary<string, object?> { ["line"] = twice.Line, ["path"] = twice.Path });
        }

        if (request.Message is not { Length: > 0 and <= 500 })
        {
            throw ProblemException.Invalid("Say in a few words what you changed (at most 500 characters).", "message");
        }

        if (text == newest.Text)
        {
            throw ProblemException.Invalid($"Nothing is different from values revision {newest.Number}.", "text");
        }

        var userId = me.UserId();
        db.RemoveRange(await db.Set<ValuesDraftRow>().Where(d => d.ReleaseId == id && d.UserId == userId).ToListAsync(cancellation));
        return await AddAsync(release, newest, text, request.Message, me, db, store, secrets, audit, cancellation);
    }

    /// <summary>Makes a values revision behind the newest one, audited; 201 with it.</summary>
    /// <exception cref="ProblemException">412: somebody else saved in the meantime.</exception>
    internal static async Task<IResult> AddAsync(
        ReleaseRow release, ValuesStore.Clear newest, string text, string message, ClaimsPrincipal me, PortalDb db, ValuesStore store, SecretScalars secrets, Audit audit, CancellationToken cancellation)
    {
        // Everybody reads what was said of it: neither what is secret now nor what was may be in it.
        var typed = SecretScalars.FindStored(text, await store.SecretPathsAsync(release, null, cancellation)).Secrets;
        message = (await store.RedactorAsync(release.Id, null, null, cancellation)).Redact(new Redactor(SecretScalars.Values(typed)).Redact(message)).Fit(500);
        var row = store.New(release.Id, newest.Number + 1, text, me.UserName(), message);
        db.Add(row);
        try
        {
            await audit.RecordAsync(me, "save values", $"{release.Namespace}/{release.Name} values {row.Number}", message, cancellation);
        }
        catch (DbUpdateException)
        {
            // Somebody saved the same number in between.
            throw await StaleAsync(release, newest.Number, await store.GetAsync(release.Id, null, cancellation), store, secrets, cancellation);
        }

        var saved = await MaskedAsync(release, await store.GetAsync(release.Id, row.Number, cancellation), store, secrets, cancellation);
        return Results.Created($"{Routes.Api}/releases/{release.Id}/values/{row.Number}", saved);
    }

    /// <summary>The values revision that a text comes from.</summary>
    private static int Edited(HttpRequest http) => int.TryParse(http.Headers.IfMatch.ToString().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var edited)
        ? edited
        : throw new ProblemException(428, "if-match", "Say what you edited", "Send If-Match with the number of the values revision that this text comes from.");

    /// <summary>The newest values revision, which is the one that was edited.</summary>
    /// <exception cref="ProblemException">412: it is not, somebody else saved in the meantime; 428: the request does not say what was edited.</exception>
    internal static async Task<ValuesStore.Clear> NewestAsync(HttpRequest http, ReleaseRow release, ValuesStore store, SecretScalars secrets, CancellationToken cancellation)
    {
        var newest = await store.GetAsync(release.Id, null, cancellation);
        return Edited(http) is var edited && edited == newest.Number ? newest : throw await StaleAsync(release, edited, newest, store, secrets, cancellation);
    }

    // Its place-holders are those of the revision that was edited: between the two texts only what people changed differs.
    private static async Task<ProblemException> StaleAsync(ReleaseRow release, int edited, ValuesStore.Clear newest, ValuesStore store, SecretScalars secrets, CancellationToken cancellation) => new(
        412, "stale", "Somebody else saved in the meantime", $"{newest.Author} saved values revision {newest.Number}. Merge your text with it.",
        new Dictionary<string, object?> { ["current"] = await MaskedAsync(release, newest, store, secrets, cancellation, Math.Min(edited, newest.Number)) });

    internal static async Task<ValuesRevision> MaskedAsync(ReleaseRow release, ValuesStore.Clear clear, ValuesStore store, SecretScalars secrets, CancellationToken cancellation, int? idsOf = null)
    {
        var schema = await store.SecretPathsAsync(release, null, cancellation);
        return new ValuesRevision(clear.Number, secrets.Mask(clear.Text, release.Id, idsOf ?? clear.Number, schema), clear.Hash, clear.Author, clear.Message, clear.CreatedAt, clear.Number == release.ValuesRevision);
    }

    private static string MaskForReading(string text, IReadOnlySet<string> schema) => SecretScalars.Hide(text, schema, _ => "(secret)");
}
