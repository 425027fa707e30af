using Portal.Helm.Templating;

namespace Portal.Helm.Charts;

/// <summary>
/// A schema's text and what its references mean: JSON pointers, $id and anchors within it. Other documents are refused: a chart may not make the portal
/// call somebody. URNs allow everything, as in Helm 4.
/// </summary>
internal sealed class SchemaDocument
{
    private const string Base = "file:///values.schema.json";

    private readonly Dictionary<string, object?> _named = new(StringComparer.Ordinal);
    private readonly Dictionary<object, Uri> _bases = new(ReferenceEqualityComparer.Instance);

    public SchemaDocument(object? root)
    {
        Root = root;
        Draft = (root as Dictionary<string, object?>)?.GetValueOrDefault("$schema") is string schema ? DraftOf(schema) : 2020;
        _named[Base] = root;
        Name(root, new Uri(Base), 0);
    }

    public object? Root { get; }

    /// <summary>4, 6, 7, 2019 or 2020.</summary>
    public int Draft { get; }

    /// <summary>What a reference in <paramref name="schema"/> leads to.</summary>
    /// <exception cref="ChartException">It leads nowhere, or to another document.</exception>
    public object? Resolve(Dictionary<string, object?> schema, string reference)
    {
        if (reference.StartsWith("urn:", StringComparison.Ordinal) && !_named.ContainsKey(reference))
        {
            return true;
        }

        if (!Uri.TryCreate(_bases[schema], reference, out var target))
        {
            throw new ChartException($"values.schema.json has a bad reference: {reference}");
        }

        var fragment = target.Fragment.Length > 0 ? Uri.UnescapeDataString(target.Fragment[1..]) : "";
        var document = target.AbsoluteUri.Split('#')[0];
        if (fragment.Length > 0 && !fragment.StartsWith('/'))
        {
            return _named.TryGetValue($"{document}#{fragment}", out var anchored) ? anchored : throw Missing(reference);
        }

        return _named.TryGetValue(document, out var at) ? Follow(at, fragment, reference)
            : throw new ChartException($"failing loading {GoQuote.Quote(document)}: other documents than values.schema.json are not read");
    }

    private static int DraftOf(string schema) => schema switch
    {
        _ when schema.Contains("draft-04", StringComparison.Ordinal) => 4,
        _ when schema.Contains("draft-06", StringComparison.Ordinal) => 6,
        _ when schema.Contains("draft-07", StringComparison.Ordinal) => 7,
        _ when schema.Contains("2019-09", StringComparison.Ordinal) => 2019,
        _ => 2020,
    };

    private void Name(object? node, Uri at, int depth)
    {
        if (depth > SchemaRun.MaxDepth)
        {
            throw new ChartException("values.schema.json is nested too deeply");
        }

        switch (node)
        {
            case Dictionary<string, object?> schema:
                at = Named(schema, at);
                _bases[schema] = at;
                foreach (var value in schema.Values)
                {
                    Name(value, at, depth + 1);
                }

                break;
            case List<object?> list:
                foreach (var item in list)
                {
                    Name(item, at, depth + 1);
                }

                break;
        }
    }

    private Uri Named(Dictionary<string, object?> schema, Uri at)
    {
        // Before 2019-09 a reference makes all that stands beside it void.
        if (schema.GetValueOrDefault(Draft == 4 ? "id" : "$id") is string id && (Draft >= 2019 || !schema.ContainsKey("$ref")))
        {
            if (id.StartsWith('#'))
            {
                _named[at.AbsoluteUri.Split('#')[0] + id] = schema;
            }
            else if (Uri.TryCreate(at, id, out var own))
            {
                at = own;
                _named[own.AbsoluteUri.Split('#')[0]] = schema;
            }
        }

        foreach (var key in new[] { "$anchor", "$dynamicAnchor" })
        {
            if (schema.GetValueOrDefault(key) is string anchor)
            {
                _named[$"{at.AbsoluteUri.Split('#')[0]}#{anchor}"] = schema;
            }
        }

        return at;
    }

    private static object? Follow(object? at, string pointer, string reference)
    {
        foreach (var part in pointer.Split('/').Skip(1))
        {
            var key = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            at = at switch
            {
                Dictionary<string, object?> table when table.TryGetValue(key, out var next) => next,
                List<object?> list when int.TryParse(key, out var i) && i >= 0 && i < list.Count => list[i],
                _ => throw Missing(reference),
            };
        }

        return at;
    }

    private static ChartException Missing(string reference) => new($"values.schema.json refers to {reference}, which does not exist");
}
