namespace Portal.Sandbox.Schema;

/// <summary>What a value may be.</summary>
internal enum ShapeKind
{
    Any,
    Text,
    Integer,
    Float,
    Boolean,
    Bytes,
    Quantity,
    IntOrString,
    Time,
    MicroTime,
    Duration,
    Struct,
    Map,
    List,
}

/// <summary>The shape of a value and how two managers share it.</summary>
internal sealed class Shape
{
    public static readonly Shape Anything = new(ShapeKind.Any) { Atomic = false };

    public Shape(ShapeKind kind) => Kind = kind;

    public ShapeKind Kind { get; }

    /// <summary>The type's name, for error texts.</summary>
    public string Name { get; init; } = "";

    /// <summary>The whole value has one owner.</summary>
    public bool Atomic { get; init; }

    /// <summary>A list without order whose elements are their own keys.</summary>
    public bool Set { get; init; }

    /// <summary>The fields that identify an element of a list.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>The shape of a list's or map's elements.</summary>
    public Shape? Element { get; set; }

    /// <summary>The named fields by their JSON name.</summary>
    public Dictionary<string, Field> Fields { get; } = new(StringComparer.Ordinal);

    /// <summary>The fields by their number on the wire; inline ones by the number of the message around them.</summary>
    public Dictionary<int, Field> Numbers { get; } = [];

    /// <summary>Fields that are not named are kept (custom resources).</summary>
    public bool Open { get; set; }

    /// <summary>True when elements of the list have owners of their own.</summary>
    public bool IsAssociative => Kind == ShapeKind.List && !Atomic && (Set || Keys.Count > 0);

    /// <summary>The shape of the value under a key.</summary>
    public Shape Child(string key) =>
        Fields.TryGetValue(key, out var field) ? field.Shape : Element ?? Anything;

    public bool IsNamed(string key) => Fields.ContainsKey(key);
}

/// <summary>One named field.</summary>
/// <param name="Name">The JSON name.</param>
/// <param name="Shape">The value's shape.</param>
/// <param name="Keep">Zero and empty values are kept.</param>
/// <param name="Always">An object that is there even when nobody wrote it.</param>
/// <param name="Inline">A message on the wire whose fields are the parent's in JSON.</param>
/// <param name="RetainKeys">Strategic merge keeps only the keys that the patch lists.</param>
/// <param name="KeyDefault">What a missing key of a list element stands for.</param>
internal sealed record Field(string Name, Shape Shape, bool Keep = false, bool Always = false, bool Inline = false, bool RetainKeys = false, object? KeyDefault = null);
