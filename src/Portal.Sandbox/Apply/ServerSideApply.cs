using Portal.Sandbox.Api;
using Portal.Sandbox.Json;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Apply;

/// <summary>Server-side apply: merges a configuration into an object, guarded by who owns what.</summary>
internal static class ServerSideApply
{
    /// <summary>Applies a configuration to a live object (empty for a new one).</summary>
    /// <param name="live">The object now; not changed.</param>
    /// <param name="config">What the manager wants, in its own words.</param>
    /// <param name="shape">The type.</param>
    /// <param name="managed">The owners; changed to the new ones.</param>
    /// <param name="writer">The applier.</param>
    /// <param name="force">Take over fields of others.</param>
    /// <returns>The merged object, without defaults and managedFields.</returns>
    /// <exception cref="ApiError">409: others own fields with other values.</exception>
    public static JsonMap Apply(JsonMap live, JsonMap config, Shape shape, ManagedFields managed, Writer writer, bool force)
    {
        var applied = FieldSet.OfApplied(config, shape);
        ManagedFields.Strip(applied);
        writer.Strip(applied);
        var merged = (JsonMap)Merge(live, config, shape)!;
        if (managed.LastApplied(writer) is { } last)
        {
            Prune(merged, last, managed.OwnedWith(applied, writer), shape);
        }

        var comparison = Compared(live, merged, shape, writer);
        var conflicts = managed.Conflicts(comparison, writer);
        if (conflicts.Count > 0 && !force)
        {
            throw Conflict(conflicts);
        }

        managed.RecordApply(applied, comparison, writer);
        return merged;
    }

    /// <summary>The fields of others that an apply would change.</summary>
    public static List<FieldSet> ConflictsOf(JsonMap live, JsonMap config, Shape shape, ManagedFields managed, Writer writer) =>
        managed.Conflicts(Compared(live, (JsonMap)Merge(live, config, shape)!, shape, writer), writer).ConvertAll(c => c.Fields);

    private static FieldComparison Compared(JsonMap live, JsonMap merged, Shape shape, Writer writer)
    {
        var comparison = FieldComparison.Of(live, merged, shape);
        ManagedFields.Strip(comparison.Added);
        ManagedFields.Strip(comparison.Modified);
        ManagedFields.Strip(comparison.Removed);
        writer.Strip(comparison.Added);
        writer.Strip(comparison.Modified);
        return comparison;
    }

    private static object? Merge(object? live, object? config, Shape shape)
    {
        switch (config)
        {
            case JsonMap wanted when !shape.Atomic && live is JsonMap or null:
                var map = new JsonMap();
                foreach (var (key, value) in live as JsonMap ?? [])
                {
                    // Cloned below where the configuration has it too.
                    map[key] = wanted.ContainsKey(key) ? value : JsonTree.Clone(value);
                }

                foreach (var (key, value) in wanted)
                {
                    map[key] = Merge(map.GetValueOrDefault(key), value, shape.Child(key));
                }

                return map;
            case List<object?> wanted when shape.IsAssociative && live is List<object?> or null:
                return MergeList(live as List<object?> ?? [], wanted, shape);
            default:
                return JsonTree.Clone(config);
        }
    }

    /// <summary>Keeps the live order, and puts what is new where the configuration has it.</summary>
    private static List<object?> MergeList(List<object?> live, List<object?> wanted, Shape shape)
    {
        var wantedByStep = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var element in wanted)
        {
            wantedByStep[FieldSet.ElementStep(element, shape)] = element;
        }

        var liveByStep = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var element in live)
        {
            liveByStep.TryAdd(FieldSet.ElementStep(element, shape), element);
        }

        // Elements that only the object has come first wherever they are met; shared ones follow the configuration's order.
        var result = new List<object?>();
        var (l, r) = (0, 0);
        while (l < live.Count || r < wanted.Count)
        {
            if (l < live.Count)
            {
                var here = FieldSet.ElementStep(live[l], shape);
                if (!wantedByStep.ContainsKey(here))
                {
                    result.Add(JsonTree.Clone(live[l++]));
                    continue;
                }

                var nextShared = wanted.Skip(r).Select(e => FieldSet.ElementStep(e, shape)).FirstOrDefault(liveByStep.ContainsKey);
                if (here != nextShared)
                {
                    l++;
                    continue;
                }
            }

            if (r < wanted.Count)
            {
                var step = FieldSet.ElementStep(wanted[r], shape);
                result.Add(Merge(liveByStep.GetValueOrDefault(step), wanted[r], shape.Element!));
                r++;
                if (l < live.Count && FieldSet.ElementStep(live[l], shape) == step)
                {
                    l++;
                }
            }
        }

        return result;
    }

    /// <summary>Removes what the manager applied before, does not apply any more, and nobody else owns.</summary>
    private static void Prune(object? value, FieldSet last, FieldSet owned, Shape shape)
    {
        foreach (var (step, before) in last.Children)
        {
            var stays = owned.Children.GetValueOrDefault(step);
            if (step[0] == 'f' && value is JsonMap map)
            {
                var key = step[2..];
                if (stays is null)
                {
                    map.Remove(key);
                }
                else if (map.TryGetValue(key, out var child))
                {
                    Prune(child, before, stays, shape.Child(key));
                }
            }
            else if (value is List<object?> list && shape.Kind == ShapeKind.List)
            {
                var index = list.FindIndex(e => FieldSet.ElementStep(e, shape) == step);
                if (index >= 0 && stays is null)
                {
                    list.RemoveAt(index);
                }
                else if (index >= 0)
                {
                    Prune(list[index], before, stays!, shape.Element!);
                }
            }
        }
    }

    private static ApiError Conflict(List<(ManagedFields.Entry Owner, FieldSet Fields)> conflicts)
    {
        var causes = new List<Cause>();
        foreach (var (owner, fields) in conflicts.OrderBy(c => c.Owner.Manager, StringComparer.Ordinal))
        {
            var who = $"\"{owner.Manager}\"";
            if (owner.Subresource.Length > 0)
            {
                who += $" with subresource \"{owner.Subresource}\"";
            }

            if (!owner.Apply)
            {
                who += $" using {owner.ApiVersion}";
            }

            causes.AddRange(fields.Print().Select(path => new Cause("FieldManagerConflict", $"conflict with {who}", path)));
        }

        string text;
        if (causes.Count == 1)
        {
            text = $"Apply failed with 1 conflict: {causes[0].Message}: {causes[0].Field}";
        }
        else
        {
            var groups = causes.GroupBy(c => c.Message).Select(g => $"{g.Key.Replace("conflict", "conflicts", StringComparison.Ordinal)}:\n{string.Join("\n", g.Select(c => "- " + c.Field))}");
            text = $"Apply failed with {causes.Count} conflicts: {string.Join("\n", groups)}";
        }

        return ApiError.ApplyConflict(text, causes);
    }
}
