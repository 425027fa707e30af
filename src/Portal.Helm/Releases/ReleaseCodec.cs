using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portal.Helm.Charts;
using Portal.Helm.Yaml;

namespace Portal.Helm.Releases;

/// <summary>
/// A release as Helm keeps it: JSON, gzip, base64 (pkg/storage/driver/util.go). Written as Helm 4 writes it; what Helm 3 wrote is read as well.
/// Subcharts are not part of the record, as in Helm.
/// </summary>
public static class ReleaseCodec
{
    private const string NoTime = "0001-01-01T00:00:00Z";

    /// <summary>The text that stands in the Secret under "release" (before Kubernetes' own base64).</summary>
    public static string Encode(Release release)
    {
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(ToJson(release).ToJsonString()));
        }

        return Convert.ToBase64String(result.ToArray());
    }

    /// <summary>The release of such a text.</summary>
    /// <exception cref="FormatException">The text is no release record.</exception>
    public static Release Decode(string text)
    {
        try
        {
            var bytes = Convert.FromBase64String(text);
            // Helm 2 records without gzip are still read: the magic tells.
            if (bytes.Length > 2 && bytes[0] == 0x1F && bytes[1] == 0x8B)
            {
                using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
                using var plain = new MemoryStream();
                gzip.CopyTo(plain);
                bytes = plain.ToArray();
            }

            return FromJson((JsonObject)JsonNode.Parse(bytes)!);
        }
        catch (Exception error) when (error is InvalidDataException or JsonException or InvalidCastException or InvalidOperationException or NullReferenceException)
        {
            throw new FormatException($"not a release record: {error.Message}", error);
        }
    }

    /// <summary>The record's JSON.</summary>
    public static JsonObject ToJson(Release release)
    {
        var info = new JsonObject
        {
            ["first_deployed"] = Time(release.Info.FirstDeployed),
            ["last_deployed"] = Time(release.Info.LastDeployed),
        };
        if (release.Info.Deleted is { } deleted)
        {
            info["deleted"] = Time(deleted);
        }

        Put(info, "description", release.Info.Description);
        info["status"] = release.Info.Status;
        Put(info, "notes", release.Info.Notes);
        var result = new JsonObject { ["name"] = release.Name, ["info"] = info, ["chart"] = ChartJson(release.Chart) };
        if (release.Config.Count > 0)
        {
            result["config"] = Node(release.Config);
        }

        Put(result, "manifest", release.Manifest);
        if (release.Hooks.Count > 0)
        {
            result["hooks"] = new JsonArray([.. release.Hooks.Select(HookJson)]);
        }

        result["version"] = release.Version;
        result["namespace"] = release.Namespace;
        Put(result, "apply_method", release.ApplyMethod);
        return result;
    }

    private static JsonObject ChartJson(Chart chart)
    {
        var m = chart.Metadata;
        var metadata = new JsonObject();
        Put(metadata, "name", m.Name);
        Put(metadata, "home", m.Home);
        Put(metadata, "sources", m.Sources);
        Put(metadata, "version", m.Version);
        Put(metadata, "description", m.Description);
        Put(metadata, "keywords", m.Keywords);
        if (m.Maintainers.Count > 0)
        {
            metadata["maintainers"] = new JsonArray([.. m.Maintainers.Select(p =>
            {
                var person = new JsonObject();
                Put(person, "name", p.Name);
                Put(person, "email", p.Email);
                Put(person, "url", p.Url);
                return person;
            })]);
        }

        Put(metadata, "icon", m.Icon);
        Put(metadata, "apiVersion", m.ApiVersion);
        Put(metadata, "condition", m.Condition);
        Put(metadata, "tags", m.Tags);
        Put(metadata, "appVersion", m.AppVersion);
        if (m.Deprecated)
        {
            metadata["deprecated"] = true;
        }

        if (m.Annotations.Count > 0)
        {
            metadata["annotations"] = new JsonObject(m.Annotations.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value)));
        }

        Put(metadata, "kubeVersion", m.KubeVersion);
        if (m.Dependencies.Count > 0)
        {
            metadata["dependencies"] = new JsonArray([.. m.Dependencies.Select(d =>
            {
                var dependency = new JsonObject { ["name"] = d.Name, ["repository"] = d.Repository };
                Put(dependency, "version", d.Version);
                Put(dependency, "condition", d.Condition);
                Put(dependency, "tags", d.Tags);
                Put(dependency, "alias", d.Alias);
                if (d.Enabled)
                {
                    dependency["enabled"] = true;
                }

                if (d.ImportValues.Count > 0)
                {
                    dependency["import-values"] = Node(d.ImportValues.ToList());
                }

                return dependency;
            })]);
        }

        Put(metadata, "type", m.Type);
        return new JsonObject
        {
            ["metadata"] = metadata,
            ["lock"] = chart.Lock is null ? null : Node(chart.Lock),
            ["templates"] = Files(chart.Templates),
            ["values"] = Node(chart.Values),
            ["schema"] = chart.Schema is { } schema ? Convert.ToBase64String(schema.Span) : null,
            ["schemamodtime"] = NoTime,
            ["files"] = Files(chart.Files),
            ["modtime"] = NoTime,
        };
    }

    private static JsonArray Files(IReadOnlyList<ChartFile> files) =>
        new([.. files.Select(f => new JsonObject { ["name"] = f.Name, ["data"] = Convert.ToBase64String(f.Data.Span), ["modtime"] = NoTime })]);

    private static JsonObject HookJson(Hook hook)
    {
        var result = new JsonObject();
        Put(result, "name", hook.Name);
        Put(result, "kind", hook.Kind);
        Put(result, "path", hook.Path);
        Put(result, "manifest", hook.Manifest);
        Put(result, "events", hook.Events);
        var run = new JsonObject();
        if (hook.LastRun?.StartedAt is { } started)
        {
            run["started_at"] = Time(started);
        }

        if (hook.LastRun?.CompletedAt is { } completed)
        {
            run["completed_at"] = Time(completed);
        }

        run["phase"] = hook.LastRun?.Phase ?? "";
        result["last_run"] = run;
        if (hook.Weight != 0)
        {
            result["weight"] = hook.Weight;
        }

        Put(result, "delete_policies", hook.DeletePolicies);
        Put(result, "output_log_policies", hook.OutputLogPolicies);
        return result;
    }

    /// <summary>A release of its JSON.</summary>
    public static Release FromJson(JsonObject json)
    {
        var info = json["info"] as JsonObject ?? [];
        var chart = json["chart"] as JsonObject ?? [];
        var templates = ReadFiles(chart["templates"]);
        var files = ReadFiles(chart["files"]);
        var schema = Text(chart, "schema") is { Length: > 0 } base64 ? Convert.FromBase64String(base64) : null;
        return new Release
        {
            Name = Text(json, "name"),
            Namespace = Text(json, "namespace"),
            Version = json["version"]!.GetValue<int>(),
            ApplyMethod = Text(json, "apply_method"),
            Manifest = Text(json, "manifest"),
            Config = Tree(json["config"]) as Dictionary<string, object?> ?? [],
            Info = new ReleaseInfo
            {
                FirstDeployed = ReadTime(info, "first_deployed"),
                LastDeployed = ReadTime(info, "last_deployed"),
                Deleted = ReadTime(info, "deleted"),
                Description = Text(info, "description"),
                Status = Text(info, "status"),
                Notes = Text(info, "notes"),
            },
            Chart = new Chart
            {
                Metadata = MetadataReader.Read((chart["metadata"] as JsonObject ?? []).ToJsonString()),
                Lock = Tree(chart["lock"]) as Dictionary<string, object?>,
                Templates = templates,
                Files = files,
                Raw = [.. templates, .. files],
                Values = Tree(chart["values"]) as Dictionary<string, object?> ?? [],
                Schema = schema is null ? (ReadOnlyMemory<byte>?)null : schema,
            },
            Hooks = [.. (json["hooks"] as JsonArray ?? []).OfType<JsonObject>().Select(ReadHook)],
        };
    }

    private static Hook ReadHook(JsonObject hook)
    {
        var run = hook["last_run"] as JsonObject ?? [];
        return new Hook
        {
            Name = Text(hook, "name"),
            Kind = Text(hook, "kind"),
            Path = Text(hook, "path"),
            Manifest = Text(hook, "manifest"),
            Events = Texts(hook, "events"),
            Weight = hook["weight"]?.GetValue<int>() ?? 0,
            DeletePolicies = Texts(hook, "delete_policies"),
            OutputLogPolicies = Texts(hook, "output_log_policies"),
            LastRun = new HookExecution(ReadTime(run, "started_at"), ReadTime(run, "completed_at"), Text(run, "phase")),
        };
    }

    private static List<ChartFile> ReadFiles(JsonNode? node) =>
        [.. (node as JsonArray ?? []).OfType<JsonObject>().Select(f => new ChartFile(Text(f, "name"), Convert.FromBase64String(Text(f, "data"))))];

    private static string Text(JsonObject json, string key) => json[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private static List<string> Texts(JsonObject json, string key) => [.. (json[key] as JsonArray ?? []).Select(t => t!.GetValue<string>())];

    private static object? Tree(JsonNode? node) => node is null ? null : GoJson.Read(node.ToJsonString());

    private static JsonNode? Node(object value) => JsonNode.Parse(GoJson.Write(value));

    private static DateTimeOffset? ReadTime(JsonObject json, string key) =>
        Text(json, key) is { Length: > 0 } text and not NoTime && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static string Time(DateTimeOffset? time) => time is { } value ? Sprig.GoTime.Format(value, Sprig.GoTime.Rfc3339Nano) : NoTime;

    private static void Put(JsonObject json, string key, string text)
    {
        if (text.Length > 0)
        {
            json[key] = text;
        }
    }

    private static void Put(JsonObject json, string key, IReadOnlyList<string> texts)
    {
        if (texts.Count > 0)
        {
            json[key] = new JsonArray([.. texts.Select(t => (JsonNode?)t)]);
        }
    }
}
