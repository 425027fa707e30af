using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;

namespace Portal.Sandbox.Api;

/// <summary>The documents from which clients learn what is served.</summary>
internal sealed class Discovery(KindTable kinds)
{
    /// <summary>The Kubernetes that the sandbox plays.</summary>
    public const string GitVersion = "v1.36.2";

    public static JsonMap Version { get; } = new()
    {
        ["major"] = "1",
        ["minor"] = "36",
        ["emulationMajor"] = "1",
        ["emulationMinor"] = "36",
        ["minCompatibilityMajor"] = "1",
        ["minCompatibilityMinor"] = "35",
        ["gitVersion"] = GitVersion,
        ["gitCommit"] = "0000000000000000000000000000000000000000",
        ["gitTreeState"] = "clean",
        ["buildDate"] = "2026-06-01T00:00:00Z",
        ["goVersion"] = "go1.26.10",
        ["compiler"] = "gc",
        ["platform"] = "linux/amd64",
    };

    private IEnumerable<IGrouping<string, ResourceKind>> Groups() => kinds.All.Where(k => k.Group.Length > 0).GroupBy(k => k.Group);

    public bool HasGroup(string group) => kinds.All.Any(k => k.Group == group);

    public static JsonMap Versions(string address) => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = JsonTree.ListOf("v1"),
        ["serverAddressByClientCIDRs"] = JsonTree.ListOf(new JsonMap { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = address }),
    };

    public JsonMap GroupList() => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = Groups().Select(g => (object?)GroupOf(g)).ToList(),
    };

    public JsonMap Group(string group)
    {
        var found = GroupOf(Groups().First(g => g.Key == group));
        var document = new JsonMap { ["kind"] = "APIGroup", ["apiVersion"] = "v1" };
        foreach (var (key, value) in found)
        {
            document[key] = value;
        }

        return document;
    }

    private static JsonMap GroupOf(IGrouping<string, ResourceKind> group)
    {
        var versions = group.Select(k => k.Version).Distinct().OrderByDescending(Priority).Select(v => (object?)new JsonMap { ["groupVersion"] = $"{group.Key}/{v}", ["version"] = v }).ToList();
        return new JsonMap { ["name"] = group.Key, ["versions"] = versions, ["preferredVersion"] = JsonTree.Clone(versions[0]) };
    }

    public JsonMap? Resources(string group, string version)
    {
        var served = kinds.All.Where(k => k.Group == group && k.Version == version).OrderBy(k => k.Plural, StringComparer.Ordinal).ToList();
        if (served.Count == 0)
        {
            return null;
        }

        var document = new JsonMap { ["kind"] = "APIResourceList" };
        if (group.Length > 0)
        {
            document["apiVersion"] = "v1";
        }

        document["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}";
        document["resources"] = served.SelectMany(Rows).ToList();
        return document;
    }

    private static IEnumerable<object?> Rows(ResourceKind kind)
    {
        var row = new JsonMap { ["name"] = kind.Plural, ["singularName"] = kind.Singular, ["namespaced"] = kind.Namespaced, ["kind"] = kind.Kind, ["verbs"] = Texts(kind.Verbs) };
        row.SetOrRemove("shortNames", Texts(kind.ShortNames));
        row.SetOrRemove("categories", Texts(kind.Categories));
        if (kind.Verbs.Contains("list") && kind.Verbs.Contains("create"))
        {
            row["storageVersionHash"] = Convert.ToBase64String(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(kind.Bucket))[..8]);
        }

        yield return row;
        foreach (var (name, verbs, group, version, of) in Subresources(kind))
        {
            var sub = new JsonMap { ["name"] = $"{kind.Plural}/{name}", ["singularName"] = "", ["namespaced"] = kind.Namespaced };
            if (version.Length > 0)
            {
                sub.SetOrRemove("group", group);
                sub["version"] = version;
            }

            sub["kind"] = of;
            sub["verbs"] = Texts(verbs);
            yield return sub;
        }
    }

    private static IEnumerable<(string Name, string[] Verbs, string Group, string Version, string Kind)> Subresources(ResourceKind kind)
    {
        string[] change = ["get", "patch", "update"];
        switch (kind.Bucket)
        {
            case "/pods":
                yield return ("attach", ["create", "get"], "", "", "PodAttachOptions");
                yield return ("binding", ["create"], "", "", "Binding");
                yield return ("ephemeralcontainers", change, "", "", "Pod");
                yield return ("eviction", ["create"], "policy", "v1", "Eviction");
                yield return ("exec", ["create", "get"], "", "", "PodExecOptions");
                yield return ("log", ["get"], "", "", "Pod");
                yield return ("portforward", ["create", "get"], "", "", "PodPortForwardOptions");
                yield return ("proxy", ["create", "delete", "get", "patch", "update"], "", "", "PodProxyOptions");
                yield return ("resize", change, "", "", "Pod");
                break;
            case "/services":
                yield return ("proxy", ["create", "delete", "get", "patch", "update"], "", "", "ServiceProxyOptions");
                break;
            case "/nodes":
                yield return ("proxy", ["create", "delete", "get", "patch", "update"], "", "", "NodeProxyOptions");
                break;
            case "certificates.k8s.io/certificatesigningrequests":
                yield return ("approval", change, "", "", kind.Kind);
                break;
            case "/namespaces":
                yield return ("finalize", ["update"], "", "", "Namespace");
                break;
            case "/serviceaccounts":
                yield return ("token", ["create"], "authentication.k8s.io", "v1", "TokenRequest");
                break;
        }

        if (kind.HasScale)
        {
            yield return ("scale", change, "autoscaling", "v1", "Scale");
        }

        if (kind.HasStatus)
        {
            yield return ("status", change, "", "", kind.Kind);
        }
    }

    /// <summary>The aggregated document of /api or /apis.</summary>
    public JsonMap Aggregated(bool core) => new()
    {
        ["kind"] = "APIGroupDiscoveryList",
        ["apiVersion"] = "apidiscovery.k8s.io/v2",
        ["metadata"] = new JsonMap(),
        ["items"] = kinds.All.Where(k => k.Group.Length == 0 == core).GroupBy(k => k.Group).Select(g => (object?)new JsonMap
        {
            ["metadata"] = g.Key.Length == 0 ? new JsonMap() : new JsonMap { ["name"] = g.Key },
            ["versions"] = g.GroupBy(k => k.Version).OrderByDescending(v => Priority(v.Key)).Select(v => (object?)new JsonMap
            {
                ["version"] = v.Key,
                ["resources"] = v.OrderBy(k => k.Plural, StringComparer.Ordinal).Select(k => (object?)AggregatedRow(k)).ToList(),
                ["freshness"] = "Current",
            }).ToList(),
        }).ToList(),
    };

    private static JsonMap AggregatedRow(ResourceKind kind)
    {
        static JsonMap Kind(string group, string version, string kind) => new() { ["group"] = group, ["version"] = version, ["kind"] = kind };
        var row = new JsonMap
        {
            ["resource"] = kind.Plural,
            ["responseKind"] = Kind(kind.Custom is null ? "" : kind.Group, kind.Custom is null ? "" : kind.Version, kind.Kind),
            ["scope"] = kind.Namespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = kind.Singular,
            ["verbs"] = Texts(kind.Verbs),
        };
        row.SetOrRemove("shortNames", Texts(kind.ShortNames));
        row.SetOrRemove("categories", Texts(kind.Categories));
        row.SetOrRemove("subresources", Subresources(kind).Select(s => (object?)new JsonMap
        {
            ["subresource"] = s.Name,
            ["responseKind"] = Kind(s.Group.Length > 0 || kind.Custom is null ? s.Group : kind.Group, s.Version.Length > 0 || kind.Custom is null ? s.Version : kind.Version, s.Kind),
            ["verbs"] = Texts(s.Verbs),
        }).ToList());
        return row;
    }

    public JsonMap Paths()
    {
        var paths = new List<string> { "/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/apis/" };
        paths.AddRange(Groups().SelectMany(g => g.Select(k => $"/apis/{k.ApiVersion}").Prepend($"/apis/{g.Key}")).Distinct());
        paths.AddRange(["/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/openapi/v3/", "/readyz", "/version"]);
        return new JsonMap { ["paths"] = paths.Order(StringComparer.Ordinal).Select(p => (object?)p).ToList() };
    }

    /// <summary>Stable versions before beta before alpha, higher numbers first; other names last.</summary>
    public static (int Stability, int Major, int Minor) Priority(string version)
    {
        var match = Regex.Match(version, "^v([0-9]+)(?:(alpha|beta)([0-9]+))?$");
        int Number(int group) => match.Groups[group].Success ? int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture) : 0;
        return match.Success ? (match.Groups[2].Value switch { "" => 3, "beta" => 2, _ => 1 }, Number(1), Number(3)) : (0, 0, 0);
    }

    private static List<object?> Texts(IEnumerable<string> texts) => [.. texts];
}
