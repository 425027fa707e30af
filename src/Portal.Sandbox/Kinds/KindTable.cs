using Portal.Sandbox.Schema;

namespace Portal.Sandbox.Kinds;

/// <summary>All resources that are served now: the built-in ones and those of established definitions.</summary>
internal sealed class KindTable
{
    private readonly List<ResourceKind> _builtIn = [.. SchemaFile.Lines("kinds.schema").Select(ReadLine)];
    private volatile IReadOnlyList<ResourceKind> _all;

    public KindTable() => _all = _builtIn;

    /// <summary>Counts up with each change.</summary>
    public int Revision { get; private set; }

    public IReadOnlyList<ResourceKind> All => _all;

    public ResourceKind? Find(string group, string version, string plural) =>
        _all.FirstOrDefault(k => k.Plural == plural && k.Group == group && k.Version == version);

    public ResourceKind? FindKind(string group, string version, string kind) =>
        _all.FirstOrDefault(k => k.Kind == kind && k.Group == group && k.Version == version);

    /// <summary>The built-in kind of a bucket's plural; for controllers, which know it exists.</summary>
    public ResourceKind BuiltIn(string group, string plural) => _builtIn.First(k => k.Plural == plural && k.Group == group);

    /// <summary>The kind that objects of a bucket are stored as.</summary>
    public ResourceKind? OfBucket(string bucket) => _all.FirstOrDefault(k => k.Bucket == bucket && k.Custom is null or { Storage: true });

    public void SetCustom(IEnumerable<ResourceKind> custom)
    {
        _all = [.. _builtIn, .. custom];
        Revision++;
    }

    private static ResourceKind ReadLine(string line)
    {
        var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var slash = parts[0].IndexOf('/', StringComparison.Ordinal);
        var names = parts[2].Split(',');
        var flags = parts[4..].ToHashSet();
        var opaque = parts[3] == "Opaque";
        var shape = opaque ? OpenShape(parts[1]) : SchemaFile.Types[parts[3]];
        return new ResourceKind
        {
            Group = slash < 0 ? "" : parts[0][..slash],
            Version = slash < 0 ? parts[0] : parts[0][(slash + 1)..],
            Kind = parts[1],
            Plural = names[0],
            Singular = parts[1].ToLowerInvariant(),
            ShortNames = names[1..],
            Categories = flags.Contains("all") ? ["all"] : flags.Contains("api") ? ["api-extensions"] : [],
            Verbs = flags.Contains("make") ? ["create"] : flags.Contains("read") ? ["get", "list"] : ResourceKind.AllVerbs,
            Namespaced = flags.Contains("ns"),
            HasStatus = flags.Contains("st"),
            HasScale = flags.Contains("sc"),
            CountsGenerations = flags.Contains("gen"),
            AnswersObject = flags.Contains("obj"),
            Shape = shape,
        };
    }

    private static Shape OpenShape(string name)
    {
        var shape = new Shape(ShapeKind.Struct) { Name = name, Open = true };
        shape.Fields["metadata"] = new Field("metadata", SchemaFile.Types["ObjectMeta"], Always: true);
        return shape;
    }
}
