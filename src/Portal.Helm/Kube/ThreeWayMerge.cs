using System.Text.Json.Nodes;

namespace Portal.Helm.Kube;

/// <summary>
/// The patch of client-side apply, as Helm 3 sends it: fields that the new manifest has and the live object has not (or differently), and fields that the
/// previous manifest had and the new one has not. What others added to the live object stays.
/// </summary>
internal static class ThreeWayMerge
{
    private const string Order = "$setElementOrder/";
    private const string DeleteValues = "$deleteFromPrimitiveList/";
    private const string Retain = "$retainKeys";

    /// <summary>
    /// The patch from what was sent before, what is wanted and what is live; empty when nothing is to do. Strategic for built-in kinds. For custom resources
    /// Helm compares both manifests only, and the live object is left as others made it unless <paramref name="liveCounts"/>.
    /// </summary>
    public static (PatchKind Kind, JsonObject Patch) Patch(KubeObject before, KubeObject wanted, KubeObject live, bool liveCounts = false)
    {
        if (PatchRules.Of(wanted.ApiVersion, wanted.Kind) is { } rules)
        {
            return (PatchKind.StrategicMerge, Combine(Removed(before.Json, wanted.Json, rules), Added(live.Json, wanted.Json, rules), rules));
        }

        return (PatchKind.Merge, Json(liveCounts ? live.Json : before.Json, wanted.Json, removals: liveCounts ? before.Json : null));
    }

    // JSON merge patch (RFC 7386). Removals: whose missing fields are taken away; the same as the base when null.
    private static JsonObject Json(JsonObject from, JsonObject to, JsonObject? removals)
    {
        var patch = new JsonObject();
        foreach (var (key, value) in to)
        {
            if (from[key] is JsonObject old && value is JsonObject fresh)
            {
                if (Json(old, fresh, removals is null ? null : removals[key] as JsonObject ?? []) is { Count: > 0 } inner)
                {
                    patch[key] = inner;
                }
            }
            else if (!from.ContainsKey(key) || !JsonNode.DeepEquals(from[key], value))
            {
                patch[key] = value?.DeepClone();
            }
        }

        foreach (var (key, _) in removals ?? from)
        {
            if (!to.ContainsKey(key))
            {
                patch[key] = null;
            }
        }

        return patch;
    }

    /// <summary>What is wanted and not there, or different; nothing is taken away.</summary>
    private static JsonObject Added(JsonObject live, JsonObject wanted, PatchRules? rules, bool retainKeys = false)
    {
        var patch = new JsonObject();
        foreach (var (key, value) in wanted)
        {
            var rule = rules?[key] ?? PatchRule.None;
            switch (live[key], value)
            {
                case (JsonObject, JsonObject fresh) when rule.Replace:
                    patch[key] = fresh.DeepClone();
                    break;
                case (JsonObject old, JsonObject fresh):
                    Put(patch, key, Added(old, fresh, rule.Inner, rule.RetainKeys));
                    break;
                case (JsonArray { Count: > 0 } old, JsonArray fresh) when rule.Merge:
                    AddedElements(patch, key, old, fresh, rule);
                    break;
                case var (old, _) when !live.ContainsKey(key) || !JsonNode.DeepEquals(old, value):
                    patch[key] = value?.DeepClone();
                    break;
            }
        }

        return WithRetained(patch, live, wanted, retainKeys);
    }

    private static void AddedElements(JsonObject patch, string key, JsonArray live, JsonArray wanted, PatchRule rule)
    {
        if (HasTwins(wanted, rule.Key))
        {
            // Port 53 for TCP and for UDP: the merge key cannot tell them apart (kubernetes/kubernetes#39188). The list is sent whole, if it is not there already.
            if (live.Count != wanted.Count || !wanted.All(w => live.Any(l => Contains(l, w))))
            {
                patch[key] = new JsonArray([new JsonObject { ["$patch"] = "replace" }, .. wanted.Select(w => w?.DeepClone())]);
            }

            return;
        }

        var elements = new JsonArray();
        foreach (var item in wanted)
        {
            var match = live.FirstOrDefault(l => Same(l, item, rule.Key));
            if (match is null)
            {
                elements.Add(item?.DeepClone());
            }
            else if (rule.Key is not null && Added((JsonObject)match, (JsonObject)item!, rule.Inner, rule.RetainKeys) is { Count: > 0 } inner)
            {
                inner[rule.Key] = item![rule.Key]?.DeepClone();
                elements.Add((JsonNode)inner);
            }
        }

        // The wanted order, as far as the live one holds it already, needs no word.
        var kept = live.Where(l => wanted.Any(w => Same(w, l, rule.Key))).ToList();
        var ordered = wanted.Where(w => live.Any(l => Same(l, w, rule.Key))).ToList();
        var moved = !kept.Zip(ordered).All(pair => Same(pair.First, pair.Second, rule.Key));
        if (elements.Count > 0 || moved)
        {
            patch[Order + key] = OrderOf(wanted, rule.Key);
        }

        if (elements.Count > 0)
        {
            patch[key] = elements;
        }
    }

    /// <summary>What was sent before and is not wanted any more; nothing is added.</summary>
    private static JsonObject Removed(JsonObject before, JsonObject wanted, PatchRules? rules, bool retainKeys = false)
    {
        var patch = new JsonObject();
        foreach (var (key, old) in before)
        {
            var rule = rules?[key] ?? PatchRule.None;
            switch (old, wanted[key])
            {
                case var _ when !wanted.ContainsKey(key):
                    patch[key] = null;
                    break;
                case (JsonObject was, JsonObject fresh) when !rule.Replace:
                    Put(patch, key, Removed(was, fresh, rule.Inner, rule.RetainKeys));
                    break;
                case (JsonArray was, JsonArray fresh) when rule.Merge:
                    RemovedElements(patch, key, was, fresh, rule);
                    break;
            }
        }

        return WithRetained(patch, before, wanted, retainKeys);
    }

    private static void RemovedElements(JsonObject patch, string key, JsonArray before, JsonArray wanted, PatchRule rule)
    {
        if (HasTwins(wanted, rule.Key))
        {
            return;
        }

        var gone = before.Where(b => !wanted.Any(w => Same(w, b, rule.Key))).ToList();
        var elements = new JsonArray();
        if (rule.Key is null)
        {
            if (gone.Count > 0)
            {
                patch[DeleteValues + key] = new JsonArray([.. gone.Select(g => g?.DeepClone())]);
                patch[Order + key] = wanted.DeepClone();
            }

            return;
        }

        foreach (var item in wanted)
        {
            if (before.FirstOrDefault(b => Same(b, item, rule.Key)) is JsonObject was && Removed(was, (JsonObject)item!, rule.Inner, rule.RetainKeys) is { Count: > 0 } inner)
            {
                inner[rule.Key] = item![rule.Key]?.DeepClone();
                elements.Add((JsonNode)inner);
            }
        }

        foreach (var item in gone)
        {
            elements.Add((JsonNode)new JsonObject { ["$patch"] = "delete", [rule.Key] = item![rule.Key]?.DeepClone() });
        }

        if (elements.Count > 0)
        {
            patch[key] = elements;
            patch[Order + key] = OrderOf(wanted, rule.Key);
        }
    }

    // Both halves of a patch as one: they never say different things about a field.
    private static JsonObject Combine(JsonObject removed, JsonObject added, PatchRules? rules)
    {
        foreach (var (key, value) in added.ToList())
        {
            var rule = rules?[key] ?? PatchRule.None;
            switch (removed[key], value)
            {
                case (JsonObject old, JsonObject fresh):
                    Combine(old, (JsonObject)fresh.DeepClone(), rule.Inner);
                    break;
                case (JsonArray old, JsonArray fresh) when rule is { Merge: true, Key: not null }:
                    foreach (var item in fresh)
                    {
                        if (old.FirstOrDefault(o => Same(o, item, rule.Key)) is JsonObject match)
                        {
                            Combine(match, (JsonObject)item!.DeepClone(), rule.Inner);
                        }
                        else
                        {
                            old.Add(item?.DeepClone());
                        }
                    }

                    break;
                default:
                    removed[key] = value?.DeepClone();
                    break;
            }
        }

        return removed;
    }

    private static JsonObject WithRetained(JsonObject patch, JsonObject from, JsonObject wanted, bool retainKeys)
    {
        var names = wanted.Where(w => w.Value is not null).Select(w => w.Key).Order(StringComparer.Ordinal).ToList();
        if (retainKeys && names.Count > 0 && (patch.Count > 0 || from.Any(f => !wanted.ContainsKey(f.Key))))
        {
            patch[Retain] = new JsonArray([.. names.Select(n => (JsonNode)n)]);
        }

        return patch;
    }

    private static JsonArray OrderOf(JsonArray wanted, string? key) => key is null
        ? (JsonArray)wanted.DeepClone()
        : new JsonArray([.. wanted.Select(w => new JsonObject { [key] = w![key]?.DeepClone() })]);

    private static bool HasTwins(JsonArray list, string? key) => key is not null && list.Where((item, at) => list.Take(at).Any(other => Same(other, item, key))).Any();

    private static bool Contains(JsonNode? whole, JsonNode? part) => part is JsonObject wanted && whole is JsonObject live
        ? wanted.All(w => live.TryGetPropertyValue(w.Key, out var value) && Contains(value, w.Value))
        : JsonNode.DeepEquals(whole, part);

    private static void Put(JsonObject patch, string key, JsonObject inner)
    {
        if (inner.Count > 0)
        {
            patch[key] = inner;
        }
    }

    private static bool Same(JsonNode? one, JsonNode? other, string? key)
    {
        if (key is null)
        {
            return JsonNode.DeepEquals(one, other);
        }

        return Key(one) is { } a && Key(other) is { } b ? JsonNode.DeepEquals(a, b) : throw new PatchException($"map: {(one as JsonObject)?.ToJsonString() ?? "null"} does not contain declared merge key: {key}");

        JsonNode? Key(JsonNode? element) => element is JsonObject map && map.TryGetPropertyValue(key, out var value) ? value : null;
    }
}

/// <summary>A manifest from which no patch can be made.</summary>
public sealed class PatchException(string message) : Exception(message);
