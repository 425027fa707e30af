using Portal.Helm.Releases;
using Portal.Helm.Rendering;
using Portal.Helm.Yaml;

namespace Portal.Cli.Conformance;

/// <summary>Rendered files, and the objects and hooks that Helm cuts out of them, in its orders.</summary>
internal static class ManifestCase
{
    public static string? Run(Dictionary<string, object?> item)
    {
        var files = ((Dictionary<string, object?>)item["files"]!).ToDictionary(f => f.Key, f => (string)f.Value!, StringComparer.Ordinal);
        var (_, error) = Suite.Wanted(item, "install");
        try
        {
            var (documents, hooks) = ManifestSplitter.Split(files);
            if (error is not null)
            {
                return $"split, but want error: {error}";
            }

            return Difference(item, "install", documents.Select(About).ToList<object?>())
                ?? Difference(item, "uninstall", InstallOrder.ForUninstall(documents, d => d.Kind).Select(d => (object?)$"{d.Kind}/{d.Name}").ToList())
                ?? Difference(item, "hooks", hooks.Select(About).ToList<object?>())
                ?? Difference(item, "run", Runs(hooks));
        }
        catch (RenderException failure)
        {
            return error is not null && failure.Message.Contains(error, StringComparison.Ordinal) ? null : $"got error: {failure.Message}\nwant error: {error}";
        }
    }

    private static string? Difference(Dictionary<string, object?> item, string key, object? got)
    {
        var want = item.TryGetValue(key + "4", out var four) ? four : item.GetValueOrDefault(key);
        var (x, y) = (GoJson.Write(got), GoJson.Write(want));
        return x == y ? null : $"{key}\ngot : {x}\nwant: {y}";
    }

    private static Dictionary<string, object?> About(RenderedDocument document) => new(StringComparer.Ordinal)
    {
        ["path"] = document.Path, ["kind"] = document.Kind, ["name"] = document.Name, ["content"] = document.Content,
    };

    private static Dictionary<string, object?> About(Hook hook) => new(StringComparer.Ordinal)
    {
        ["path"] = hook.Path, ["kind"] = hook.Kind, ["name"] = hook.Name, ["weight"] = (double)hook.Weight, ["content"] = hook.Manifest,
        ["events"] = hook.Events.ToList<object?>(), ["deletePolicies"] = hook.DeletePolicies.ToList<object?>(), ["outputLogPolicies"] = hook.OutputLogPolicies.ToList<object?>(),
    };

    // Per event: by weight, then by name; what is equal stays in its order.
    private static Dictionary<string, object?> Runs(IReadOnlyList<Hook> hooks) => hooks.SelectMany(h => h.Events).Distinct().ToDictionary(
        e => e,
        e => (object?)hooks.Where(h => h.Events.Contains(e)).OrderBy(h => h.Weight).ThenBy(h => h.Name, StringComparer.Ordinal).Select(h => (object?)$"{h.Kind}/{h.Name}").ToList(),
        StringComparer.Ordinal);
}
