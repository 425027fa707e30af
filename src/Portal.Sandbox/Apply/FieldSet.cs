using System.Text;
using Portal.Sandbox.Json;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Apply;

/// <summary>
/// A set of field paths as managedFields keep it: each step is <c>f:name</c>, <c>k:{keys}</c> or <c>v:value</c>; a
/// step that is itself a member and has steps below is written with <c>"."</c>.
/// </summary>
/// <remarks>Source: the FieldsV1 format and the merge rules of Kubernetes' server-side apply.</remarks>
internal sealed class FieldSet
{
    public bool Member { get; set; }

    public SortedDictionary<string, FieldSet> Children { get; } = new(StringComparer.Ordinal);

    public bool IsEmpty => !Member && Children.Count == 0;

    public FieldSet Step(string step)
    {
        if (!Children.TryGetValue(step, out var child))
        {
            child = new FieldSet();
            Children[step] = child;
        }

        return child;
    }

    public static FieldSet FromFieldsV1(JsonMap? fields)
    {
        var set = new FieldSet();
        foreach (var (key, value) in fields ?? [])
        {
            if (key == ".")
            {
                set.Member = true;
                continue;
            }

            var child = FromFieldsV1(value as JsonMap);
            child.Member |= child.Children.Count == 0;
            set.Children[key] = child;
        }

        return set;
    }

    public JsonMap ToFieldsV1()
    {
        var fields = new JsonMap();
        if (Member && Children.Count > 0)
        {
            fields["."] = new JsonMap();
        }

        foreach (var (step, child) in Children)
        {
            fields[step] = child.ToFieldsV1();
        }

        return fields;
    }

    public FieldSet Clone()
    {
        var copy = new FieldSet { Member = Member };
        foreach (var (step, child) in Children)
        {
            copy.Children[step] = child.Clone();
        }

        return copy;
    }

    public void Add(FieldSet other)
    {
        Member |= other.Member;
        foreach (var (step, child) in other.Children)
        {
            Step(step).Add(child);
        }
    }

    public void Remove(FieldSet other)
    {
        Member &= !other.Member;
        foreach (var (step, theirs) in other.Children)
        {
            if (Children.TryGetValue(step, out var mine))
            {
                mine.Remove(theirs);
                if (mine.IsEmpty)
                {
                    Children.Remove(step);
                }
            }
        }
    }

    public FieldSet Intersect(FieldSet other)
    {
        var both = new FieldSet { Member = Member && other.Member };
        foreach (var (step, theirs) in other.Children)
        {
            if (Children.TryGetValue(step, out var mine) && mine.Intersect(theirs) is { IsEmpty: false } common)
            {
                both.Children[step] = common;
            }
        }

        return both;
    }

    public bool SameAs(FieldSet other) =>
        Member == other.Member && Children.Count == other.Children.Count &&
        Children.All(c => other.Children.TryGetValue(c.Key, out var theirs) && c.Value.SameAs(theirs));

    /// <summary>Removes a path with all below it.</summary>
    public void Cut(params ReadOnlySpan<string> steps)
    {
        if (steps.Length == 1)
        {
            Children.Remove(steps[0]);
        }
        else if (Children.TryGetValue(steps[0], out var child))
        {
            child.Cut(steps[1..]);
            if (child.IsEmpty)
            {
                Children.Remove(steps[0]);
            }
        }
    }

    /// <summary>The member paths as Kubernetes prints them, e.g. <c>.spec.containers[name="a"].image</c>.</summary>
    public IEnumerable<string> Print(string prefix = "")
    {
        if (Member)
        {
            yield return prefix;
        }

        foreach (var (step, child) in Children)
        {
            foreach (var path in child.Print(prefix + PrintStep(step)))
            {
                yield return path;
            }
        }
    }

    private static string PrintStep(string step)
    {
        if (step[0] == 'f')
        {
            return "." + step[2..];
        }

        if (step[0] == 'v')
        {
            return "[=" + step[2..] + "]";
        }

        var keys = (JsonMap)JsonTree.Parse(step[2..])!;
        return "[" + string.Join(",", keys.Select(k => $"{k.Key}={JsonTree.Text(k.Value)}")) + "]";
    }

    /// <summary>The step to a list element: by its keys, or by its value in a set.</summary>
    public static string ElementStep(object? element, Shape list)
    {
        if (list.Set)
        {
            return "v:" + JsonTree.Text(element);
        }

        var text = new StringBuilder("k:{");
        foreach (var key in list.Keys.Order(StringComparer.Ordinal))
        {
            var value = (element as JsonMap)?.At(key) ?? (list.Element!.Fields.TryGetValue(key, out var field) ? field.KeyDefault : null);
            if (value is not null)
            {
                text.Append(text.Length > 3 ? "," : "").Append('"').Append(key).Append("\":").Append(JsonTree.Text(value));
            }
        }

        return text.Append('}').ToString();
    }

    /// <summary>What an applied configuration owns: its leaves, and the elements of its lists.</summary>
    public static FieldSet OfApplied(JsonMap value, Shape shape)
    {
        var set = new FieldSet();
        set.AddApplied(value, shape);
        return set;
    }

    private void AddApplied(object? value, Shape shape)
    {
        switch (value)
        {
            case JsonMap map when !shape.Atomic:
                foreach (var (key, child) in map)
                {
                    var step = Step("f:" + key);
                    step.AddApplied(child, shape.Child(key));
                    step.Member |= child is null or JsonMap { Count: 0 } || !shape.IsNamed(key);
                    if (step.IsEmpty)
                    {
                        Children.Remove("f:" + key);
                    }
                }

                break;
            case List<object?> list when shape.IsAssociative:
                foreach (var element in list)
                {
                    var step = Step(ElementStep(element, shape));
                    step.AddApplied(element, shape.Element!);
                    step.Member = true;
                }

                break;
            default:
                Member = true;
                break;
        }
    }
}
