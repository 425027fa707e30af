using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.Helm.Actions;
using Portal.Helm.Charts;
using Portal.Helm.Releases;
using Portal.Helm.Sprig;
using Portal.Helm.Yaml;

namespace Portal.Cli.Releases;

/// <summary><c>list</c>, <c>history</c>, <c>status</c> and <c>get</c>: they only read.</summary>
internal static class ReadVerbs
{
    private static readonly Flag Revision = new("revision", FlagKind.Text, "this revision instead of the newest");

    private static readonly string[] States = ["deployed", "failed", "pending", "superseded", "uninstalled", "uninstalling"];

    public static IReadOnlyList<Verb> All { get; } =
    [
        ReleaseVerbs.Verb("list", "", "list releases", 0, 0,
        [
            new("all-namespaces", FlagKind.Switch, "in all namespaces", 'A'), new("short", FlagKind.Switch, "names only", 'q'), new("no-headers", FlagKind.Switch, "no headers above the table"),
            new("time-format", FlagKind.Text, "how times are written, as Go's layouts say: \"2006-01-02 15:04:05Z0700\""), new("date", FlagKind.Switch, "sort by date", 'd'), new("reverse", FlagKind.Switch, "the other way round", 'r'), new("filter", FlagKind.Text, "names that match this regular expression", 'f'),
            new("max", FlagKind.Text, "so many at most (256)", 'm'), new("offset", FlagKind.Text, "leave so many out first"), new("selector", FlagKind.Text, "labels of the record: key=value,...", 'l'),
            new("all", FlagKind.Switch, "in every state (the default)", 'a'), .. States.Select(s => new Flag(s, FlagKind.Switch, $"those that are {s}")), OutputFormat.Flag,
        ], ListAsync),
        ReleaseVerbs.Verb("history", "RELEASE_NAME", "list the revisions of a release", 1, 1, [new("max", FlagKind.Text, "so many at most (256)"), OutputFormat.Flag], HistoryAsync),
        ReleaseVerbs.Verb("status", "RELEASE_NAME", "say how a release is", 1, 1, [Revision, OutputFormat.Flag], StatusAsync),
        ReleaseVerbs.Verb("get all", "RELEASE_NAME", "print all of a release", 1, 1, [Revision, new("template", FlagKind.Text, "")], GetAsync((release, flags) => flags.Given("template")
            ? throw new UsageException("--template is not known here: take status -o json, get values, get manifest or get metadata instead")
            : ReleaseText.Of(release, metadata: true, values: true, rendered: true))),
        ReleaseVerbs.Verb("get manifest", "RELEASE_NAME", "print the objects of a release", 1, 1, [Revision], GetAsync((release, _) => release.Manifest + "\n")),
        ReleaseVerbs.Verb("get hooks", "RELEASE_NAME", "print the hooks of a release", 1, 1, [Revision], GetAsync((release, _) => ReleaseText.Hooks(release))),
        ReleaseVerbs.Verb("get notes", "RELEASE_NAME", "print the notes of a release", 1, 1, [Revision], GetAsync((release, _) => release.Info.Notes.Length > 0 ? $"NOTES:\n{release.Info.Notes}\n" : "")),
        ReleaseVerbs.Verb("get values", "RELEASE_NAME", "print the values of a release", 1, 1, [Revision, new("all", FlagKind.Switch, "the chart's defaults as well", 'a'), OutputFormat.Flag], ValuesAsync),
        ReleaseVerbs.Verb("get metadata", "RELEASE_NAME", "print chart, revision and state of a release", 1, 1, [Revision, OutputFormat.Flag], MetadataAsync),
    ];

    /// <summary>One revision, the newest without --revision.</summary>
    public static async Task<Release> FindAsync(FlagSet flags, ClusterConnection connection, string name, CancellationToken cancellation)
    {
        var history = await connection.Helm.HistoryAsync(connection.Namespace, name, cancellation);
        var revision = ReleaseVerbs.Number(flags, "revision", 0);
        return (revision == 0 ? history.LastOrDefault() : history.FirstOrDefault(h => h.Version == revision)) ?? throw new HelmException("release: not found");
    }

    /// <summary>The record as JSON: as "helm status -o json" prints it, without the chart, or with it as "helm install -o json" does.</summary>
    public static JsonObject Json(Release release, bool chart = false)
    {
        var json = ReleaseCodec.ToJson(release);
        if (!chart)
        {
            json.Remove("chart");
        }

        if (json["config"] is { } config)
        {
            json["config"] = OutputFormat.Sorted(config);
        }

        return json;
    }

    private static async Task ListAsync(FlagSet flags, Terminal terminal, ClusterConnection connection, CancellationToken cancellation)
    {
        var releases = (await connection.Helm.ListAsync(flags.Has("all-namespaces") ? "" : connection.Namespace, cancellation)).AsEnumerable();
        var states = States.Where(flags.Has).ToList();
        if (states.Count > 0)
        {
            releases = releases.Where(r => states.Exists(s => s == "pending" ? ReleaseStatus.IsPending(r.Info.Status) : r.Info.Status == s));
        }

        if (flags.One("filter") is { Length: > 0 } pattern)
        {
            var filter = new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            releases = releases.Where(r => filter.IsMatch(r.Name));
        }

        foreach (var term in (flags.One("selector") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var unequal = term.Contains("!=", StringComparison.Ordinal);
            var parts = term.Split(unequal ? "!=" : term.Contains("==", StringComparison.Ordinal) ? "==" : "=", 2);
            releases = releases.Where(r => (r.Labels.GetValueOrDefault(parts[0].Trim()) == parts[^1].Trim()) != unequal);
        }

        var sorted = flags.Has("date") ? releases.OrderBy(r => r.Info.LastDeployed) : releases.OrderBy(r => r.Name, StringComparer.Ordinal).ThenBy(r => r.Namespace, StringComparer.Ordinal);
        var most = ReleaseVerbs.Number(flags, "max", 256);
        var found = (flags.Has("reverse") ? sorted.Reverse() : sorted).Skip(ReleaseVerbs.Number(flags, "offset", 0)).Take(most == 0 ? int.MaxValue : most).ToList();
        if (flags.Has("short"))
        {
            OutputFormat.Write(flags, terminal, () => new JsonArray([.. found.Select(r => (JsonNode)r.Name)]), () => string.Concat(found.Select(r => r.Name + "\n")));
            return;
        }

        string[] Row(Release r) =>
            [r.Name, r.Namespace, r.Version.ToString(CultureInfo.InvariantCulture), Updated(r.Info.LastDeployed, flags.One("time-format")), r.Info.Status, ReleaseText.ChartName(r.Chart), r.Chart.Metadata.AppVersion];
        string[] names = ["name", "namespace", "revision", "updated", "status", "chart", "app_version"];
        OutputFormat.Write(
            flags, terminal, () => new JsonArray([.. found.Select(r => new JsonObject(names.Zip(Row(r), (n, v) => KeyValuePair.Create(n, (JsonNode?)v))))]),
            () => OutputFormat.Table([.. flags.Has("no-headers") ? Array.Empty<string[]>() : [["NAME", "NAMESPACE", "REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION"]], .. found.Select(Row)]));
    }

    private static string Updated(DateTimeOffset? time, string? layout) =>
        time is { } at && layout is { Length: > 0 } ? GoTime.Format(at, layout) : ReleaseText.GoTime(time);

    private static async Task HistoryAsync(FlagSet flags, Terminal terminal, ClusterConnection connection, CancellationToken cancellation)
    {
        var history = await connection.Helm.HistoryAsync(connection.Namespace, flags.Words[0], cancellation);
        if (history.Count == 0)
        {
            throw new HelmException("release: not found");
        }

        var shown = history.TakeLast(ReleaseVerbs.Number(flags, "max", 256)).ToList();
        OutputFormat.Write(
            flags, terminal,
            () => new JsonArray([.. shown.Select(r => new JsonObject
            {
                ["revision"] = r.Version, ["updated"] = ReleaseCodec.ToJson(r)["info"]!["last_deployed"]?.DeepClone(), ["status"] = r.Info.Status,
                ["chart"] = ReleaseText.ChartName(r.Chart), ["app_version"] = r.Chart.Metadata.AppVersion, ["description"] = r.Info.Description,
            })]),
            () => OutputFormat.Table(
            [
                ["REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION", "DESCRIPTION"],
                .. shown.Select(r => new[] { r.Version.ToString(CultureInfo.InvariantCulture), ReleaseText.Ansic(r.Info.LastDeployed), r.Info.Status, ReleaseText.ChartName(r.Chart), r.Chart.Metadata.AppVersion, r.Info.Description }),
            ]));
    }

    private static async Task StatusAsync(FlagSet flags, Terminal terminal, ClusterConnection connection, CancellationToken cancellation)
    {
        var release = await FindAsync(flags, connection, flags.Words[0], cancellation);
        var resources = await connection.Helm.ResourcesAsync(release.Namespace, release.Manifest, tables: flags.One("output") is null or "table", cancellation);
        OutputFormat.Write(
            flags, terminal,
            () =>
            {
                var json = Json(release);
                json["info"]!["resources"] = new JsonObject(resources.GroupBy(r => r.Kind).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => KeyValuePair.Create(g.Key, (JsonNode?)new JsonArray([.. g.Select(o => OutputFormat.Sorted(o.Content.Json))]))));
                return json;
            },
            () => ReleaseText.Of(release, resources: ResourceTable.Of(resources)));
    }

    private static Func<FlagSet, Terminal, ClusterConnection, CancellationToken, Task> GetAsync(Func<Release, FlagSet, string> text) => async (flags, terminal, connection, cancellation) =>
        await terminal.Output.WriteAsync(text(await FindAsync(flags, connection, flags.Words[0], cancellation), flags));

    private static async Task ValuesAsync(FlagSet flags, Terminal terminal, ClusterConnection connection, CancellationToken cancellation)
    {
        var release = await FindAsync(flags, connection, flags.Words[0], cancellation);
        var values = flags.Has("all") ? ChartValues.Coalesce(release.Chart, release.Config) : release.Config;
        OutputFormat.Write(
            flags, terminal, () => values.Count == 0 && !flags.Has("all") ? null : JsonNode.Parse(GoJson.Write(values)),
            () => flags.Has("all") ? "COMPUTED VALUES:\n" + GoYaml.Write(values) : "USER-SUPPLIED VALUES:\n" + ReleaseText.Given(values));
    }

    private static async Task MetadataAsync(FlagSet flags, Terminal terminal, ClusterConnection connection, CancellationToken cancellation)
    {
        var release = await FindAsync(flags, connection, flags.Words[0], cancellation);
        var chart = release.Chart.Metadata;
        var dependencies = chart.Dependencies.OrderBy(d => d.Name, StringComparer.Ordinal).Select(d => d.Name);
        var (annotations, labels) = (Set(chart.Annotations), Set(flags.Given("revision") ? release.Labels : await connection.LabelsAsync(release, cancellation)));
        var deployed = release.Info.LastDeployed?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) ?? "";
        OutputFormat.Write(
            flags, terminal,
            () =>
            {
                var json = new JsonObject { ["name"] = release.Name, ["chart"] = chart.Name, ["version"] = chart.Version, ["appVersion"] = chart.AppVersion };
                Add(json, "annotations", Map(annotations));
                Add(json, "labels", Map(labels));
                Add(json, "dependencies", ReleaseCodec.ToJson(release)["chart"]!["metadata"]!["dependencies"]);
                (json["namespace"], json["revision"], json["status"], json["deployedAt"]) = (release.Namespace, release.Version, release.Info.Status, deployed);
                Add(json, "applyMethod", release.ApplyMethod.Length > 0 ? release.ApplyMethod : null);
                return json;
            },
            () => $"NAME: {release.Name}\nCHART: {chart.Name}\nVERSION: {chart.Version}\nAPP_VERSION: {chart.AppVersion}\nANNOTATIONS: {Line(annotations)}\nLABELS: {Line(labels)}\n"
                + $"DEPENDENCIES: {string.Join(',', dependencies)}\nNAMESPACE: {release.Namespace}\nREVISION: {release.Version}\nSTATUS: {release.Info.Status}\nDEPLOYED_AT: {deployed}\n"
                + $"APPLY_METHOD: {release.ApplyMethod switch { ApplyMethods.ServerSide => "server-side apply", ApplyMethods.ClientSide => "client-side apply", _ => "client-side apply (defaulted)" }}\n");
    }

    private static List<KeyValuePair<string, string>> Set(IReadOnlyDictionary<string, string> map) => [.. map.OrderBy(m => m.Key, StringComparer.Ordinal)];

    private static string Line(List<KeyValuePair<string, string>> set) => string.Join(',', set.Select(l => $"{l.Key}={l.Value}"));

    private static JsonObject? Map(List<KeyValuePair<string, string>> set) => set.Count == 0 ? null : new JsonObject(set.Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value)));

    // A field that Go leaves out when it is empty.
    private static void Add(JsonObject json, string name, JsonNode? value)
    {
        if (value is not null)
        {
            json[name] = value.DeepClone();
        }
    }
}
