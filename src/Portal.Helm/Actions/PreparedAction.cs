using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portal.Helm.Charts;
using Portal.Helm.Releases;

namespace Portal.Helm.Actions;

/// <summary>The revision an action starts from: it is refused when this is not so any more.</summary>
/// <param name="Revision">0 when there is none.</param>
/// <param name="Status">Helm's word.</param>
/// <param name="ManifestHash">SHA-256 of the stored manifest.</param>
/// <param name="ConfigHash">SHA-256 of the stored values.</param>
public sealed record BaseState(int Revision, string Status, string ManifestHash, string ConfigHash)
{
    /// <summary>No revision: what an install starts from.</summary>
    public static BaseState None { get; } = new(0, "", "", "");

    /// <summary>The state that a record has; null means that there is none.</summary>
    public static BaseState Of(Release? release) => release is null ? None : new BaseState(
        release.Version, release.Info.Status, PreparedAction.Hash(release.Manifest), PreparedAction.Hash(Yaml.GoJson.Write(release.Config)));
}

/// <summary>
/// An action with everything rendered: performing it needs no chart source and renders nothing again. <see cref="ToBytes"/> keeps it for later.
/// </summary>
public sealed record PreparedAction
{
    /// <summary>What is done.</summary>
    public required ActionKind Kind { get; init; }

    /// <summary>The record that will be written (revision, manifest, hooks, values, chart). For uninstall and test: the newest one there is.</summary>
    public required Release Target { get; init; }

    /// <summary>The files of crds/, to be made before everything else.</summary>
    public IReadOnlyList<ChartFile> Crds { get; init; } = [];

    /// <summary>How it is done.</summary>
    public required ActionOptions Options { get; init; }

    /// <summary>What it starts from.</summary>
    public required BaseState Base { get; init; }

    /// <summary>The manifest of the newest deployed revision, against which objects are removed; empty for an install.</summary>
    public string CurrentManifest { get; init; } = "";

    /// <summary>SHA-256 in 64 hex digits.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Everything, compressed.</summary>
    public byte[] ToBytes()
    {
        var json = new JsonObject
        {
            ["kind"] = Kind.ToString(),
            ["target"] = ReleaseCodec.ToJson(Target),
            ["labels"] = JsonSerializer.SerializeToNode(Target.Labels),
            ["crds"] = new JsonArray([.. Crds.Select(c => new JsonObject { ["name"] = c.Name, ["data"] = Convert.ToBase64String(c.Data.Span) })]),
            ["options"] = JsonSerializer.SerializeToNode(Options),
            ["base"] = JsonSerializer.SerializeToNode(Base),
            ["current"] = CurrentManifest,
        };
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(json.ToJsonString()));
        }

        return result.ToArray();
    }

    /// <summary>What <see cref="ToBytes"/> kept.</summary>
    public static PreparedAction FromBytes(byte[] bytes)
    {
        using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        var json = (JsonObject)JsonNode.Parse(gzip)!;
        return new PreparedAction
        {
            Kind = Enum.Parse<ActionKind>(json["kind"]!.GetValue<string>()),
            Target = ReleaseCodec.FromJson((JsonObject)json["target"]!) with { Labels = json["labels"].Deserialize<Dictionary<string, string>>()! },
            Crds = [.. json["crds"]!.AsArray().Select(c => new ChartFile(c!["name"]!.GetValue<string>(), Convert.FromBase64String(c["data"]!.GetValue<string>())))],
            Options = json["options"].Deserialize<ActionOptions>()!,
            Base = json["base"].Deserialize<BaseState>()!,
            CurrentManifest = json["current"]!.GetValue<string>(),
        };
    }
}
