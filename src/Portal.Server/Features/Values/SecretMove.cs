using System.Security.Claims;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.Core.Access;
using Portal.Core.Values;
using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Releases;
using Portal.Server.Web;

namespace Portal.Server.Features.Values;

/// <summary>
/// Takes a secret out of the values: into a Kubernetes Secret in the release's namespace, with the chart's reference to it in its place. The Secret is made first, and one that is there
/// already is never changed: until the values are applied, nothing reads it.
/// </summary>
internal static partial class SecretMove
{
    private const string Manager = "iomete-portal";
    private const int LongestName = 253;

    public static void MapSecretMove(this RouteGroupBuilder api) => api.MapPost("/secrets", MoveAsync).RequirePermission(Permissions.ValuesWrite);

    private static async Task<IResult> MoveAsync(
        string id, MoveSecretRequest request, HttpRequest http, ClaimsPrincipal me, PortalDb db, ValuesStore store, SecretScalars secrets, ClusterConnections connections, Audit audit, CancellationToken cancellation)
    {
        var release = await ReleasesFeature.FindAsync(db, id, cancellation);
        var newest = await ValuesFeature.NewestAsync(http, release, store, secrets, cancellation);

        if (request.SecretName is not { Length: > 0 and <= LongestName } name || !Name().IsMatch(name))
        {
            throw ProblemException.Invalid("The name of a Secret has lower-case letters, digits, \"-\" and \".\", and begins and ends with a letter or digit.", "secretName");
        }

        if (request.SecretKey is not { Length: > 0 and <= LongestName } key || !Key().IsMatch(key))
        {
            throw ProblemException.Invalid("The key of a Secret has letters, digits, \"-\", \"_\" and \".\".", "secretKey");
        }

        if (request.Message is { Length: > 500 })
        {
            throw ProblemException.Invalid("Say in a few words what you changed (at most 500 characters).", "message");
        }

        var paths = await store.SecretPathsAsync(release, null, cancellation);
        if (SecretScalars.FindStored(newest.Text, paths).Secrets.LastOrDefault(s => s.Whole && s.Path == request.Path) is null)
        {
            throw ProblemException.Invalid($"{request.Path} holds no secret in values revision {newest.Number}.", "path");
        }

        var chart = await store.ChartAsync(release, null, cancellation);
        var reference = chart is null ? null : KnownKeys.Of(chart).SecretReference(request.Path);
        if (reference is null)
        {
            throw ProblemException.Invalid($"{release.Chart} {chart?.Metadata.Version} has no key that takes a Kubernetes Secret in place of {request.Path}.", "path");
        }

        var (text, value) = Edit(newest.Text, request.Path, reference, name, key);
        if (chart!.Schema is { } schema && SchemaValidator.Check(schema, ChartValues.Coalesce(chart, ValuesVerdict.Read(text))) is [var complaint, ..])
        {
            throw new ProblemException(422, "schema", "The chart does not take this", $"{complaint.Path.TrimStart('/').Replace('/', '.')}: the schema of {chart.Name} {chart.Metadata.Version} refuses the values with the reference in them.");
        }

        var made = await CreateAsync((await connections.GetAsync(release.ClusterId, cancellation)).Kube, release, name, key, value, cancellation);
        if (made)
        {
            await audit.RecordAsync(me, "create secret", $"{release.Namespace}/{release.Name}: Secret {name}", $"for {request.Path}", cancellation);
        }

        var message = request.Message is { Length: > 0 } said ? said : $"{request.Path} from Secret {name}";
        return await ValuesFeature.AddAsync(release, newest, text, message, me, db, store, secrets, audit, cancellation);
    }

    /// <summary>The text with the reference in place of the value, and the value. Comments and order stay. Pure.</summary>
    /// <exception cref="ProblemException">422: other keys take their value from there, or it is written in a way that cannot be edited.</exception>
    internal static (string Text, string Value) Edit(string text, string path, string reference, string name, string key)
    {
        var places = YamlText.Read(text);
        if (places.Aliases.FirstOrDefault(a => a.Target == path) is { } alias)
        {
            throw ProblemException.Invalid($"{alias.Path} takes its value from {path} (\"*\"). Write the value there first, or give it a Secret of its own.", "path");
        }

        var tree = ValuesVerdict.Read(text, places);
        ValuesPath.TryFind(tree, path, out var old);
        var raw = $"{{name: {ValuesEdit.Scalar(name)}, key: {ValuesEdit.Scalar(key)}}}";
        var isThere = ValuesPath.TryFind(tree, reference, out _);
        var result = ValuesEdit.Set(isThere ? ValuesEdit.Remove(text, path) : ValuesEdit.Move(text, path, reference), reference, raw);
        var expected = ValuesPath.With(ValuesPath.With(tree, path, ValuesPath.Absent), reference, new Dictionary<string, object?> { ["name"] = name, ["key"] = key });
        return GoValue.DeepEqual(GoYaml.Read(result), expected)
            ? (result, old as string ?? GoFormat.Value(old))
            : throw ProblemException.Invalid($"{path} is written in a way that cannot be changed here. Write {reference}: {raw} in its place by hand.", "path");
    }

    /// <summary>Whether a Secret was made; false when one is there that holds the same.</summary>
    /// <exception cref="ProblemException">409: there is one with another value; 422: there is no such namespace.</exception>
    private static async Task<bool> CreateAsync(KubeClient kube, ReleaseRow release, string name, string key, string value, CancellationToken cancellation)
    {
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(value));
        var target = new ObjectRef("v1", "Secret", release.Namespace, name);
        if (await kube.GetAsync(target, cancellation) is { } there)
        {
            return there.Text("data", key) == encoded ? false : throw Taken(name, key, there);
        }

        try
        {
            await kube.CreateAsync(
                new KubeObject(new JsonObject
                {
                    ["apiVersion"] = "v1", ["kind"] = "Secret", ["type"] = "Opaque",
                    ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = release.Namespace, ["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = Manager } },
                    ["data"] = new JsonObject { [key] = encoded },
                }),
                Manager, cancellation);
            return true;
        }
        catch (KubeException error) when (error.Code == 409)
        {
            throw Taken(name, key, null);
        }
        catch (KubeException error) when (error.Code == 404)
        {
            throw ProblemException.Invalid($"Namespace {release.Namespace} is not there yet: install the release first, or create the namespace.", "secretName");
        }
    }

    private static ProblemException Taken(string name, string key, KubeObject? there) => new(
        409, "secret-exists", "This Secret is there already", there is not null && there["data", key] is null
            ? $"Secret {name} has no key {key}, and a Secret of others is not changed. Choose another name."
            : $"Secret {name} holds something else under {key}, and a Secret of others is not changed. Choose another name or key.");

    // RFC 1123, as Kubernetes takes it for names.
    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    // Kubernetes, ConfigMap and Secret keys.
    [GeneratedRegex(@"^[A-Za-z0-9._-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Key();
}
