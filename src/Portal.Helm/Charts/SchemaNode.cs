using Portal.Helm.Sprig;

namespace Portal.Helm.Charts;

/// <summary>One schema, read for its draft: a keyword that the draft does not know, or that has a value of the wrong kind, is not there.</summary>
internal sealed class SchemaNode(SchemaDocument document, string pointer, int draft)
{
    /// <summary>4, 6, 7, 2019 or 2020.</summary>
    public int Draft => draft;

    /// <summary>Where the schema stands: its document's address with a JSON pointer as the fragment.</summary>
    public string Location => document.At(pointer);

    /// <summary>The schema with an $id that this one stands in, or the document's root.</summary>
    public required SchemaNode? Resource { get; init; }

    /// <summary>What <c>$dynamicRef</c> can lead to in this resource.</summary>
    public Dictionary<string, SchemaNode> DynamicAnchors { get; } = new(StringComparer.Ordinal);

    /// <summary>What a schema without keywords says of every value; null when there are keywords.</summary>
    public bool? Always { get; set; }

    public SchemaNode? Ref { get; set; }

    public SchemaNode? RecursiveRef { get; set; }

    public bool RecursiveAnchor { get; set; }

    public SchemaNode? DynamicRef { get; set; }

    /// <summary>The anchor that <c>$dynamicRef</c> names, or empty.</summary>
    public string DynamicName { get; set; } = "";

    public string? DynamicAnchor { get; set; }

    public string[] Types { get; set; } = [];

    /// <summary>What <c>const</c> wants, alone in a list: it may be null.</summary>
    public object?[]? Constant { get; set; }

    public List<object?>? Choices { get; set; }

    /// <summary>A format that is asserted.</summary>
    public string? Format { get; set; }

    public double? MultipleOf { get; set; }

    public double? Maximum { get; set; }

    public double? ExclusiveMaximum { get; set; }

    public double? Minimum { get; set; }

    public double? ExclusiveMinimum { get; set; }

    public int? MinLength { get; set; }

    public int? MaxLength { get; set; }

    public Re2? Pattern { get; set; }

    public string PatternText { get; set; } = "";

    public int? MinItems { get; set; }

    public int? MaxItems { get; set; }

    public bool UniqueItems { get; set; }

    /// <summary>The schemas of the first items: <c>prefixItems</c>, or a list in <c>items</c> before 2020-12.</summary>
    public SchemaNode[] FirstItems { get; set; } = [];

    /// <summary>The schema of the other items, or null.</summary>
    public SchemaNode? OtherItems { get; set; }

    /// <summary>Whether there may be no other items, and <c>additionalItems</c> says so.</summary>
    public bool NoOtherItems { get; set; }

    public SchemaNode? Contains { get; set; }

    public int? MinContains { get; set; }

    public int? MaxContains { get; set; }

    public int? MinProperties { get; set; }

    public int? MaxProperties { get; set; }

    public string[] Required { get; set; } = [];

    /// <summary>In the order in which they are complained of.</summary>
    public Dictionary<string, SchemaNode> Properties { get; set; } = [];

    public (Re2 Pattern, SchemaNode Schema)[] PatternProperties { get; set; } = [];

    /// <summary>The schema of the other properties, or null.</summary>
    public SchemaNode? OtherProperties { get; set; }

    /// <summary>Whether there may be no other properties.</summary>
    public bool NoOtherProperties { get; set; }

    public SchemaNode? PropertyNames { get; set; }

    /// <summary><c>dependencies</c>: what must be there, or hold, if a property is.</summary>
    public (string Property, string[] Names, SchemaNode? Schema)[] Dependencies { get; set; } = [];

    /// <summary><c>dependentSchemas</c> and <c>dependentRequired</c>, in this order.</summary>
    public (string Property, string[] Names, SchemaNode? Schema)[] Dependents { get; set; } = [];

    public SchemaNode? Not { get; set; }

    public SchemaNode[] AllOf { get; set; } = [];

    public SchemaNode[] AnyOf { get; set; } = [];

    public SchemaNode[] OneOf { get; set; } = [];

    public SchemaNode? If { get; set; }

    public SchemaNode? Then { get; set; }

    public SchemaNode? Else { get; set; }

    public SchemaNode? UnevaluatedItems { get; set; }

    public SchemaNode? UnevaluatedProperties { get; set; }
}
