using Portal.Sandbox.Json;
using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Apply;

/// <summary>Who owns which fields of an object: metadata.managedFields, read and written.</summary>
internal sealed class ManagedFields
{
    private const int MaxUpdateManagers = 10;
    private static readonly string[] _unowned = ["f:creationTimestamp", "f:generation", "f:managedFields", "f:name", "f:namespace", "f:resourceVersion", "f:selfLink", "f:uid", "f:deletionTimestamp", "f:deletionGracePeriodSeconds"];

    private readonly List<Entry> _entries;

    private ManagedFields(List<Entry> entries) => _entries = entries;

    /// <summary>The owners written in an object.</summary>
    public static ManagedFields Read(JsonMap obj) => new([.. obj.Maps("metadata", "managedFields").Select(f => new Entry
    {
        Manager = f.Text("manager") ?? "",
        Apply = f.Text("operation") == "Apply",
        ApiVersion = f.Text("apiVersion") ?? "",
        Subresource = f.Text("subresource") ?? "",
        Time = f.Text("time"),
        Fields = FieldSet.FromFieldsV1(f.Map("fieldsV1")),
    })]);

    public bool Any => _entries.Count > 0;

    /// <summary>Takes note of a write that is not an apply: the writer owns what it changed, nobody what it removed.</summary>
    public void RecordUpdate(JsonMap before, JsonMap after, Shape shape, Writer writer)
    {
        var comparison = FieldComparison.Of(before, after, shape);
        Strip(comparison.Added);
        Strip(comparison.Modified);
        Strip(comparison.Removed);
        writer.Strip(comparison.Added);
        writer.Strip(comparison.Modified);
        var changed = comparison.Modified.Clone();
        changed.Add(comparison.Added);
        foreach (var entry in _entries.Where(e => !e.Is(writer, apply: false)).ToList())
        {
            Take(entry, changed);
            Take(entry, comparison.Removed);
        }

        var own = _entries.FirstOrDefault(e => e.Is(writer, apply: false));
        var fields = own?.Fields.Clone() ?? new FieldSet();
        fields.Add(changed);
        fields.Remove(comparison.Removed);
        Store(own, fields, writer, apply: false);
        Cap(writer);
    }

    /// <summary>The fields of others that an apply would change, by manager.</summary>
    public List<(Entry Owner, FieldSet Fields)> Conflicts(FieldComparison comparison, Writer writer)
    {
        var changed = comparison.Modified.Clone();
        changed.Add(comparison.Added);
        return [.. _entries.Where(e => !e.Is(writer, apply: true))
            .Select(e => (Owner: e, Fields: e.Fields.Intersect(changed)))
            .Where(c => !c.Fields.IsEmpty)];
    }

    /// <summary>What the writer applied last; null when it never did.</summary>
    public FieldSet? LastApplied(Writer writer) => _entries.FirstOrDefault(e => e.Is(writer, apply: true))?.Fields;

    /// <summary>All that anybody owns, with the writer's own part replaced.</summary>
    public FieldSet OwnedWith(FieldSet applied, Writer writer)
    {
        var all = applied.Clone();
        foreach (var entry in _entries.Where(e => !e.Is(writer, apply: true)))
        {
            all.Add(entry.Fields);
        }

        return all;
    }

    /// <summary>Takes note of an apply whose conflicts, if any, are forced.</summary>
    public void RecordApply(FieldSet applied, FieldComparison comparison, Writer writer)
    {
        var changed = comparison.Modified.Clone();
        changed.Add(comparison.Added);
        foreach (var entry in _entries.Where(e => !e.Is(writer, apply: true)).ToList())
        {
            Take(entry, changed);
            Take(entry, comparison.Removed);
        }

        Store(_entries.FirstOrDefault(e => e.Is(writer, apply: true)), applied, writer, apply: true);
    }

    /// <summary>Gives all fields of an object from before the first apply to one entry.</summary>
    public void AddBeforeFirstApply(JsonMap live, Shape shape, string apiVersion, string time)
    {
        var fields = FieldComparison.Of([], live, shape).Added;
        Strip(fields);
        if (fields.IsEmpty)
        {
            return;
        }

        _entries.Add(new Entry { Manager = "before-first-apply", ApiVersion = apiVersion, Time = time, Fields = fields });
    }

    public List<object?> Write() =>
        [.. _entries.OrderBy(e => e.Apply ? 0 : 1).ThenBy(e => e.Time, StringComparer.Ordinal).ThenBy(e => e.Manager, StringComparer.Ordinal).Select(e => (object?)e.ToJson())];

    private void Take(Entry entry, FieldSet fields)
    {
        if (entry.Fields.Intersect(fields).IsEmpty)
        {
            return;
        }

        entry.Fields.Remove(fields);
        if (entry.Fields.IsEmpty)
        {
            _entries.Remove(entry);
        }
    }

    private void Store(Entry? own, FieldSet fields, Writer writer, bool apply)
    {
        if (own is not null && own.Fields.SameAs(fields))
        {
            return;
        }

        if (own is not null)
        {
            _entries.Remove(own);
        }

        if (!fields.IsEmpty)
        {
            _entries.Add(new Entry { Manager = writer.Manager, Apply = apply, ApiVersion = writer.ApiVersion, Subresource = writer.Subresource, Time = writer.Subresource == "scale" ? null : writer.Time, Fields = fields });
        }
    }

    /// <summary>More than ten updaters: the oldest are merged into one.</summary>
    private void Cap(Writer writer)
    {
        var updates = _entries.Where(e => !e.Apply).OrderBy(e => e.Time, StringComparer.Ordinal).ToList();
        while (updates.Count > MaxUpdateManagers)
        {
            var (first, second) = (updates[0], updates[1]);
            second.Fields.Add(first.Fields);
            _entries.Remove(first);
            _entries.Remove(second);
            var merged = new Entry { Manager = "ancient-changes", ApiVersion = writer.ApiVersion, Time = second.Time, Fields = second.Fields };
            _entries.Add(merged);
            updates.RemoveRange(0, 2);
            updates.Insert(0, merged);
        }
    }

    /// <summary>Removes the fields that nobody owns: type, name and what the server keeps.</summary>
    public static void Strip(FieldSet set)
    {
        set.Cut("f:apiVersion");
        set.Cut("f:kind");
        foreach (var step in _unowned)
        {
            set.Cut("f:metadata", step);
        }

        if (set.Children.TryGetValue("f:metadata", out var metadata))
        {
            metadata.Member = false;
            if (metadata.IsEmpty)
            {
                set.Children.Remove("f:metadata");
            }
        }
    }

    /// <summary>One owner.</summary>
    internal sealed class Entry
    {
        public required string Manager { get; init; }

        public bool Apply { get; init; }

        public required string ApiVersion { get; init; }

        public string Subresource { get; init; } = "";

        public string? Time { get; init; }

        public required FieldSet Fields { get; init; }

        public bool Is(Writer writer, bool apply) =>
            Apply == apply && Manager == writer.Manager && Subresource == writer.Subresource && (apply || ApiVersion == writer.ApiVersion);

        public JsonMap ToJson()
        {
            var entry = new JsonMap { ["manager"] = Manager, ["operation"] = Apply ? "Apply" : "Update", ["apiVersion"] = ApiVersion };
            entry.SetOrRemove("time", Time);
            entry["fieldsType"] = "FieldsV1";
            entry["fieldsV1"] = Fields.ToFieldsV1();
            entry.SetOrRemove("subresource", Subresource);
            return entry;
        }
    }
}
