using Portal.Sandbox.Json;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Apply;

/// <summary>Which fields two versions of an object differ in.</summary>
internal sealed class FieldComparison
{
    public FieldSet Added { get; } = new();

    public FieldSet Modified { get; } = new();

    public FieldSet Removed { get; } = new();

    public bool IsSame => Added.IsEmpty && Modified.IsEmpty && Removed.IsEmpty;

    public static FieldComparison Of(JsonMap before, JsonMap after, Shape shape)
    {
        var result = new FieldComparison();
        Maps(before, after, shape, result.Added, result.Modified, result.Removed);
        return result;
    }

    private static void Compare(object? before, object? after, Shape shape, string step, FieldSet added, FieldSet modified, FieldSet removed)
    {
        if (before is null || after is null)
        {
            if (before is null && after is null)
            {
                return;
            }

            AddAll(before ?? after, shape, (before is null ? added : removed).Step(step));
            return;
        }

        if (before is JsonMap oldMap && after is JsonMap newMap && !shape.Atomic)
        {
            FieldSet a = new(), m = new(), r = new();
            Maps(oldMap, newMap, shape, a, m, r);
            Attach(step, added, a);
            Attach(step, modified, m);
            Attach(step, removed, r);
        }
        else if (before is List<object?> oldList && after is List<object?> newList && shape.IsAssociative)
        {
            FieldSet a = new(), m = new(), r = new();
            var old = Index(oldList, shape);
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var element in newList)
            {
                var key = FieldSet.ElementStep(element, shape);
                seen.Add(key);
                Compare(old.GetValueOrDefault(key), element, shape.Element!, key, a, m, r);
            }

            foreach (var (key, element) in old.Where(o => !seen.Contains(o.Key)))
            {
                Compare(element, null, shape.Element!, key, a, m, r);
            }

            Attach(step, added, a);
            Attach(step, modified, m);
            Attach(step, removed, r);
        }
        else if (!JsonTree.Equal(before, after))
        {
            modified.Step(step).Member = true;
        }
    }

    private static void Maps(JsonMap before, JsonMap after, Shape shape, FieldSet added, FieldSet modified, FieldSet removed)
    {
        foreach (var (key, value) in after)
        {
            if (value is not null && before.TryGetValue(key, out var old) && old is null)
            {
                // There, but null: only what is in it is new.
                var inner = new FieldSet();
                AddAll(value, shape.Child(key), inner);
                inner.Member = inner.Children.Count == 0;
                Attach("f:" + key, added, inner);
                continue;
            }

            if (value is null && !before.ContainsKey(key))
            {
                // A null that is kept (a nullable field, the time of a probe that never was) is a value.
                added.Step("f:" + key).Member = true;
                continue;
            }

            Compare(before.GetValueOrDefault(key), value, shape.Child(key), "f:" + key, added, modified, removed);
        }

        foreach (var (key, value) in before)
        {
            if (!after.ContainsKey(key))
            {
                Compare(value, null, shape.Child(key), "f:" + key, added, modified, removed);
            }
        }
    }

    /// <summary>A value that came or went is a member with everything in it.</summary>
    private static void AddAll(object? value, Shape shape, FieldSet set)
    {
        set.Member = true;
        switch (value)
        {
            case JsonMap map when !shape.Atomic:
                foreach (var (key, child) in map)
                {
                    AddAll(child, shape.Child(key), set.Step("f:" + key));
                }

                break;
            case List<object?> list when shape.IsAssociative:
                foreach (var element in list)
                {
                    AddAll(element, shape.Element!, set.Step(FieldSet.ElementStep(element, shape)));
                }

                break;
        }
    }

    private static Dictionary<string, object?> Index(List<object?> list, Shape shape)
    {
        var index = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var element in list)
        {
            index.TryAdd(FieldSet.ElementStep(element, shape), element);
        }

        return index;
    }

    private static void Attach(string step, FieldSet parent, FieldSet child)
    {
        if (!child.IsEmpty)
        {
            parent.Children[step] = child;
        }
    }
}
