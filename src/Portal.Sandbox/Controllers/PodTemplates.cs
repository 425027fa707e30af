using System.Globalization;
using System.Text;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Controllers;

/// <summary>Pods made from templates, and what controllers ask of Pods.</summary>
internal static class PodTemplates
{
    private const string SafeAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>A Pod of a template, owned by its maker.</summary>
    public static JsonMap Make(JsonMap owner, JsonMap template, string? name, List<object?> owners)
    {
        // A template's own name is not looked at: two pods of it could not be there at once (pkg/controller, GetPodFromTemplate).
        var metadata = JsonTree.Clone(template.Map("metadata") ?? []);
        metadata.Remove("name");
        metadata.Remove("namespace");
        if (name is null)
        {
            metadata["generateName"] = owner.Text("metadata", "name") + "-";
        }
        else
        {
            metadata["name"] = name;
            metadata["generateName"] = owner.Text("metadata", "name") + "-";
        }

        metadata["ownerReferences"] = owners;
        return new JsonMap { ["metadata"] = metadata, ["spec"] = JsonTree.Clone(template.Map("spec")!) };
    }

    /// <summary>A short hash of a template in letters that make no words.</summary>
    public static string Hash(object? template)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.UTF8.GetBytes(Canonical(template)))
        {
            hash = (hash ^ b) * 16777619u;
        }

        return Letters(hash);
    }

    /// <summary>The decimal digits of a number in letters that make no words, each as its character's code says.</summary>
    public static string Letters(uint hash) => string.Concat(hash.ToString(CultureInfo.InvariantCulture).Select(c => SafeAlphabet[c % SafeAlphabet.Length]));

    private static string Canonical(object? value) => value switch
    {
        JsonMap map => "{" + string.Join(',', map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}:{Canonical(p.Value)}")) + "}",
        List<object?> list => "[" + string.Join(',', list.Select(Canonical)) + "]",
        _ => JsonTree.Text(value),
    };

    public static bool IsReady(JsonMap pod) => ReadySince(pod) is not null;

    public static DateTimeOffset? ReadySince(JsonMap pod) =>
        pod.Maps("status", "conditions").FirstOrDefault(c => c.Text("type") == "Ready" && c.Text("status") == "True") is { } ready
            ? SandboxClock.Parse(ready.Text("lastTransitionTime")) ?? DateTimeOffset.MinValue : null;

    public static bool IsAvailable(JsonMap pod, long minReadySeconds, DateTimeOffset now) => ReadySince(pod) is { } since && (minReadySeconds == 0 || since.AddSeconds(minReadySeconds) <= now);

    public static bool IsActive(JsonMap pod) => pod.Text("metadata", "deletionTimestamp") is null && pod.Text("status", "phase") is not ("Succeeded" or "Failed");

    /// <summary>The Pods of a workload that its selector takes and that it controls.</summary>
    public static List<JsonMap> Of(Storage.ObjectStore store, JsonMap owner) =>
        [.. store.List("/pods", owner.Text("metadata", "namespace")).Where(p => p.Maps("metadata", "ownerReferences").Any(o => o.Text("uid") == owner.Text("metadata", "uid") && o.Flag("controller") is true))];

    /// <summary>A number, or a share of a whole: shares of maxSurge are rounded up, of maxUnavailable down.</summary>
    public static long Share(object? value, long whole, bool up) => value switch
    {
        long n => n,
        string text when text.EndsWith('%') && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var percent)
            => (long)(up ? Math.Ceiling(whole * percent / 100) : Math.Floor(whole * percent / 100)),
        _ => 0,
    };
}
