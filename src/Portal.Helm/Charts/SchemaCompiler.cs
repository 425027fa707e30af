using System.Collections.Concurrent;
using System.Globalization;
using Portal.Helm.Sprig;
using Portal.Helm.Templating;

namespace Portal.Helm.Charts;

/// <summary>
/// Makes schemas of a JSON document, with all that they refer to. The document must first meet the metaschema of its draft. Words and order of
/// santhosh-tekuri/jsonschema v6 (compiler.go, objcompiler.go): what nothing refers to is checked against the metaschema only.
/// </summary>
internal sealed class SchemaCompiler
{
    private const string ValuesSchema = "file:///values.schema.json";

    private static readonly ConcurrentDictionary<int, SchemaNode> Metaschemas = new();

    private readonly bool _assertsFormats;
    private readonly Dictionary<string, SchemaDocument> _documents = new(StringComparer.Ordinal);
    private readonly Dictionary<(SchemaDocument, string), SchemaNode> _nodes = [];
    private readonly Queue<(SchemaNode Node, SchemaDocument Document, string Pointer, object? Value)> _pending = new();

    private SchemaCompiler(bool assertsFormats) => _assertsFormats = assertsFormats;

    /// <summary>The schema that a values.schema.json is.</summary>
    /// <exception cref="ChartException">It is none; the text is Helm's.</exception>
    public static SchemaNode Compile(object? root) => new SchemaCompiler(assertsFormats: false).Start(ValuesSchema, root);

    /// <summary>The schema that all schemas of a draft meet.</summary>
    public static SchemaNode Metaschema(int draft) => Metaschemas.GetOrAdd(draft, d =>
    {
        var url = SchemaSources.MetaschemaOf(d);
        return new SchemaCompiler(assertsFormats: true).Start(url, SchemaSources.Load(url));
    });

    private SchemaNode Start(string url, object? root)
    {
        var result = Node(Add(url, root), "", root);
        while (_pending.TryDequeue(out var next))
        {
            switch (next.Value)
            {
                case bool always:
                    next.Node.Always = always;
                    break;
                case Dictionary<string, object?> { Count: > 0 } schema:
                    new Reader(this, next.Document, next.Pointer, schema).Fill(next.Node);
                    break;
                default:
                    next.Node.Always = true;
                    break;
            }
        }

        return result;
    }

    private SchemaDocument Add(string url, object? root)
    {
        var document = _documents[url] = new SchemaDocument(url, root);
        if (!SchemaSources.IsMetaschema(url))
        {
            Validate(document, root, "");
        }

        return document;
    }

    private static void Validate(SchemaDocument document, object? schema, string pointer)
    {
        var metaschema = Metaschema(document.ResourceAt(pointer).Draft);
        var failures = SchemaRun.Check(metaschema, schema, document.HasResources ? at => document.ResourceOf(at) is { } resource ? Metaschema(resource.Draft) : null : null);
        if (failures.Count > 0)
        {
            var text = SchemaValidator.Text(failures.SelectMany(f => f.Lines(0))).TrimEnd('\n');
            throw new ChartException($"{GoQuote.Quote(document.At(pointer))} is not valid against metaschema: jsonschema validation failed with {SchemaRun.Quote(metaschema.Location)}\n{text}");
        }
    }

    private SchemaNode Node(SchemaDocument document, string pointer, object? value)
    {
        if (_nodes.TryGetValue((document, pointer), out var known))
        {
            return known;
        }

        var resource = document.ResourceAt(pointer);
        var isRoot = resource.Pointer == pointer;
        var node = _nodes[(document, pointer)] = new SchemaNode(document, pointer, resource.Draft)
        {
            Resource = isRoot ? null : Node(document, resource.Pointer, document.Lookup(resource.Pointer)),
        };
        foreach (var anchor in isRoot && resource.Draft >= 2020 ? resource.DynamicAnchors : [])
        {
            node.DynamicAnchors[anchor] = Node(document, resource.Anchors[anchor], document.Lookup(resource.Anchors[anchor]));
        }

        _pending.Enqueue((node, document, pointer, value));
        return node;
    }

    private SchemaNode Referred(SchemaDocument from, string pointer, string reference)
    {
        var (address, fragment) = SchemaDocument.Split(reference);
        var url = SchemaDocument.Join(from.ResourceAt(pointer).Id, address) ?? throw new ChartException($"error in parsing {GoQuote.Quote(address)}");
        fragment = Uri.UnescapeDataString(fragment);
        var document = from;
        var target = from.Resolve(url, fragment);
        if (target is null)
        {
            document = _documents.GetValueOrDefault(url) ?? Add(url, SchemaSources.Load(url));
            target = document.Resolve(url, fragment)!;
        }

        var value = document.Lookup(target);
        if (document.Discover(target, value))
        {
            Validate(document, value, target);
        }

        return Node(document, target, value);
    }

    /// <summary>Reads the keywords of one schema.</summary>
    private sealed class Reader(SchemaCompiler compiler, SchemaDocument document, string pointer, Dictionary<string, object?> schema)
    {
        public void Fill(SchemaNode node)
        {
            node.Ref = Reference("$ref");
            if (node.Ref is not null && node.Draft < 2019)
            {
                return;
            }

            References(node);
            General(node);
            Texts(node);
            Numbers(node);
            Items(node);
            Properties(node);
            Combinations(node);
        }

        private void References(SchemaNode node)
        {
            if (node.Draft >= 2019)
            {
                node.RecursiveRef = Reference("$recursiveRef");
                node.RecursiveAnchor = schema.GetValueOrDefault("$recursiveAnchor") is true;
            }

            if (node.Draft >= 2020)
            {
                node.DynamicRef = Reference("$dynamicRef");
                node.DynamicAnchor = schema.GetValueOrDefault("$dynamicAnchor") as string;
                if (node.DynamicRef is not null && Uri.UnescapeDataString(SchemaDocument.Split((string)schema["$dynamicRef"]!).Fragment) is [not '/', ..] name)
                {
                    node.DynamicName = name;
                }
            }
        }

        private void General(SchemaNode node)
        {
            node.Types = schema.GetValueOrDefault("type") is string one ? [one] : Names("type");
            node.Constant = node.Draft >= 6 && schema.TryGetValue("const", out var constant) ? [constant] : null;
            node.Choices = schema.GetValueOrDefault("enum") as List<object?>;
            node.Format = compiler._assertsFormats || node.Draft < 2019 ? schema.GetValueOrDefault("format") as string : null;
        }

        private void Texts(SchemaNode node)
        {
            node.MinLength = Whole("minLength");
            node.MaxLength = Whole("maxLength");
            if (schema.GetValueOrDefault("pattern") is string pattern)
            {
                node.Pattern = Pattern(pattern, "pattern");
                node.PatternText = pattern;
            }
        }

        private void Numbers(SchemaNode node)
        {
            node.MultipleOf = Number("multipleOf");
            (node.Minimum, node.ExclusiveMinimum) = Limit("minimum", "exclusiveMinimum");
            (node.Maximum, node.ExclusiveMaximum) = Limit("maximum", "exclusiveMaximum");

            // In draft 4 the exclusive keywords are switches of the others.
            (double?, double?) Limit(string keyword, string exclusive) => schema.GetValueOrDefault(exclusive) is true ? (null, Number(keyword)) : (Number(keyword), Number(exclusive));
        }

        private void Items(SchemaNode node)
        {
            node.MinItems = Whole("minItems");
            node.MaxItems = Whole("maxItems");
            node.UniqueItems = schema.GetValueOrDefault("uniqueItems") is true;
            // Before 2020-12 a list in "items" is what "prefixItems" became.
            var others = "items";
            if (node.Draft >= 2020)
            {
                node.FirstItems = List("prefixItems");
            }
            else if (schema.GetValueOrDefault("items") is List<object?>)
            {
                node.FirstItems = List("items");
                others = "additionalItems";
            }

            node.NoOtherItems = others == "additionalItems" && schema.GetValueOrDefault(others) is false;
            node.OtherItems = node.NoOtherItems ? null : Single(others);
            if (node.Draft >= 6)
            {
                node.Contains = Single("contains");
            }

            if (node.Draft >= 2019)
            {
                node.MinContains = Whole("minContains");
                node.MaxContains = Whole("maxContains");
                node.UnevaluatedItems = Single("unevaluatedItems");
            }
        }

        private void Properties(SchemaNode node)
        {
            node.MinProperties = Whole("minProperties");
            node.MaxProperties = Whole("maxProperties");
            node.Required = Names("required");
            node.Properties = Map("properties").ToDictionary(p => p.Key, p => p.Schema, StringComparer.Ordinal);
            node.PatternProperties = [.. Map("patternProperties").Select(p => (Pattern(p.Key, "patternProperties"), p.Schema))];
            node.NoOtherProperties = schema.GetValueOrDefault("additionalProperties") is false;
            node.OtherProperties = node.NoOtherProperties ? null : Single("additionalProperties");
            node.Dependencies = [.. Wanted("dependencies")];
            if (node.Draft >= 6)
            {
                node.PropertyNames = Single("propertyNames");
            }

            if (node.Draft >= 2019)
            {
                node.Dependents = [.. Wanted("dependentSchemas"), .. Wanted("dependentRequired")];
                node.UnevaluatedProperties = Single("unevaluatedProperties");
            }
        }

        private void Combinations(SchemaNode node)
        {
            node.AllOf = List("allOf");
            node.AnyOf = List("anyOf");
            node.OneOf = List("oneOf");
            node.Not = Single("not");
            if (node.Draft >= 7 && (node.If = Single("if")) is not null)
            {
                node.Then = Single("then");
                node.Else = Single("else");
            }
        }

        private SchemaNode? Reference(string keyword) => schema.GetValueOrDefault(keyword) is string reference ? compiler.Referred(document, pointer, reference) : null;

        private SchemaNode? Single(string keyword) => schema.TryGetValue(keyword, out var value) ? compiler.Node(document, $"{pointer}/{keyword}", value) : null;

        private SchemaNode[] List(string keyword) => schema.GetValueOrDefault(keyword) is List<object?> list
            ? [.. list.Select((item, i) => compiler.Node(document, string.Create(CultureInfo.InvariantCulture, $"{pointer}/{keyword}/{i}"), item))] : [];

        private IEnumerable<(string Key, SchemaNode Schema)> Map(string keyword) => Members(keyword).Select(p => (p.Key, Member(keyword, p.Key, p.Value)));

        private IEnumerable<(string Property, string[] Names, SchemaNode? Schema)> Wanted(string keyword) =>
            Members(keyword).Select(p => p.Value is List<object?> names ? (p.Key, Texts(names), (SchemaNode?)null) : (p.Key, [], Member(keyword, p.Key, p.Value)));

        // In one order always: it is the order of the complaints.
        private IEnumerable<KeyValuePair<string, object?>> Members(string keyword) =>
            schema.GetValueOrDefault(keyword) is Dictionary<string, object?> { Count: > 0 } table ? table.OrderBy(p => p.Key, StringComparer.Ordinal) : [];

        private SchemaNode Member(string keyword, string key, object? value) => compiler.Node(document, $"{pointer}/{keyword}/{SchemaDocument.Escape(key)}", value);

        private string[] Names(string keyword) => schema.GetValueOrDefault(keyword) is List<object?> list ? Texts(list) : [];

        private static string[] Texts(List<object?> list) => [.. list.OfType<string>()];

        private double? Number(string keyword) => schema.GetValueOrDefault(keyword) is double number ? number : null;

        private int? Whole(string keyword) => Number(keyword) is { } number && number == Math.Floor(number) ? (int)Math.Min(number, int.MaxValue) : null;

        private Re2 Pattern(string pattern, string keyword)
        {
            try
            {
                return Re2.Parse(pattern);
            }
            catch (FunctionException error)
            {
                throw new ChartException($"invalid regex {GoQuote.Quote(pattern)} at {GoQuote.Quote(document.At($"{pointer}/{keyword}"))}: {error.Message}", error);
            }
        }
    }
}
