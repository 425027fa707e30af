using System.Globalization;
using System.Text;
using Portal.Helm.Sprig;
using Portal.Helm.Templating;

namespace Portal.Helm.Charts;

/// <summary>A part of a document with an $id of its own, and the document's root: references inside of it are relative to it, and it may be of another draft.</summary>
internal sealed record SchemaResource(string Id, string Pointer, int Draft)
{
    /// <summary>Where its anchors are, as JSON pointers of the document.</summary>
    public Dictionary<string, string> Anchors { get; } = new(StringComparer.Ordinal);

    public HashSet<string> DynamicAnchors { get; } = new(StringComparer.Ordinal);
}

/// <summary>
/// One JSON document with schemas in it: which of its places are schemas, what they call themselves ($id and anchors) and what a reference means. A property
/// that is called "$id" and a default that holds one are no names. Words and rules of santhosh-tekuri/jsonschema v6 (root.go, roots.go, draft.go).
/// </summary>
internal sealed class SchemaDocument
{
    private static readonly (int Since, string Keyword, bool Itself, bool Members)[] Positions =
    [
        (4, "definitions", false, true), (4, "not", true, false), (4, "allOf", false, true), (4, "anyOf", false, true), (4, "oneOf", false, true),
        (4, "properties", false, true), (4, "additionalProperties", true, false), (4, "patternProperties", false, true),
        (4, "items", true, true), (4, "additionalItems", true, false), (4, "dependencies", false, true),
        (6, "propertyNames", true, false), (6, "contains", true, false),
        (7, "if", true, false), (7, "then", true, false), (7, "else", true, false),
        (2019, "$defs", false, true), (2019, "dependentSchemas", false, true), (2019, "unevaluatedProperties", true, false),
        (2019, "unevaluatedItems", true, false), (2019, "contentSchema", true, false),
        (2020, "prefixItems", false, true),
    ];

    private readonly Dictionary<string, SchemaResource> _resources = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Looks through a document.</summary>
    /// <exception cref="ChartException">It names a draft that nobody knows, or gives one name twice.</exception>
    public SchemaDocument(string url, object? root)
    {
        (Url, Root) = (url, root);
        Collect(root, url, "", 2020);
    }

    public string Url { get; }

    public object? Root { get; }

    /// <summary>Whether a part of it has a name of its own.</summary>
    public bool HasResources => _resources.Count > 1;

    /// <summary>An address and what follows its "#", as written.</summary>
    public static (string Url, string Fragment) Split(string reference)
    {
        var hash = reference.IndexOf('#', StringComparison.Ordinal);
        return hash < 0 ? (reference, "") : (reference[..hash], reference[(hash + 1)..]);
    }

    /// <summary>A key of a JSON pointer.</summary>
    public static string Escape(string key) => key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>A place as errors show it: the pointer is a fragment of the document's address.</summary>
    public string At(string pointer) => $"{Url}#{Encode(pointer)}";

    /// <summary>The resource that a place is in.</summary>
    public SchemaResource ResourceAt(string pointer)
    {
        // Most documents have one, and the way up is long.
        for (var at = HasResources ? pointer : ""; ; at = at[..at.LastIndexOf('/')])
        {
            if (_resources.TryGetValue(at, out var resource))
            {
                return resource;
            }
        }
    }

    /// <summary>The resource that begins at a place, or null.</summary>
    public SchemaResource? ResourceOf(string pointer) => _resources.GetValueOrDefault(pointer);

    /// <summary>Takes a place that no keyword makes a schema for one, because a reference leads there.</summary>
    /// <returns>Whether it was not known before.</returns>
    public bool Discover(string pointer, object? value)
    {
        var resource = ResourceAt(pointer);
        return !_known.Contains(pointer) && Collect(value, resource.Id, pointer, resource.Draft);
    }

    /// <summary>What stands at a place.</summary>
    /// <exception cref="ChartException">Nothing does.</exception>
    public object? Lookup(string pointer)
    {
        var at = Root;
        foreach (var part in pointer.Split('/').Skip(1))
        {
            var key = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            at = at switch
            {
                Dictionary<string, object?> table when table.TryGetValue(key, out var next) => next,
                List<object?> list when int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var i) && i >= 0 && i < list.Count => list[i],
                _ => throw new ChartException($"json-pointer in {GoQuote.Quote(At(pointer))} not found"),
            };
        }

        return at;
    }

    /// <summary>The place that an address with a fragment means; null when it is of another document.</summary>
    /// <exception cref="ChartException">The anchor does not exist.</exception>
    public string? Resolve(string url, string fragment)
    {
        var resource = url == Url ? _resources[""] : _resources.Values.FirstOrDefault(r => r.Id == url);
        return resource is null ? null
            : fragment.Length == 0 || fragment[0] == '/' ? resource.Pointer + fragment
            : resource.Anchors.GetValueOrDefault(fragment) ?? throw new ChartException($"anchor in {GoQuote.Quote($"{resource.Id}#{Encode(fragment)}")} not found in schema {GoQuote.Quote(Url)}");
    }

    private bool Collect(object? value, string id, string pointer, int draft)
    {
        if (!_known.Add(pointer))
        {
            return false;
        }

        if (value is not Dictionary<string, object?> schema)
        {
            if (pointer.Length == 0)
            {
                _resources[pointer] = new SchemaResource(id, pointer, draft);
            }

            return true;
        }

        var own = DraftOf(schema, pointer, draft);
        var name = NameOf(schema, own);
        if (name.Length == 0 && pointer.Length > 0)
        {
            // Only what has a name can be of another draft than what is around it.
            own = draft;
            name = NameOf(schema, own);
        }

        if (name.Length > 0 || pointer.Length == 0)
        {
            id = name.Length == 0 ? id : Join(id, name) ?? throw new ChartException($"error in parsing id at {GoQuote.Quote(At(pointer))}");
            if (_resources.Values.FirstOrDefault(r => r.Id == id) is { } twin && twin.Pointer != pointer)
            {
                throw new ChartException($"duplicate id {GoQuote.Quote(id)} in {GoQuote.Quote(Url)} at {GoQuote.Quote(pointer)} and {GoQuote.Quote(twin.Pointer)}");
            }

            _resources[pointer] = new SchemaResource(id, pointer, own);
        }

        var resource = ResourceAt(pointer);
        Anchors(schema, pointer, resource);
        foreach (var (since, keyword, itself, members) in Positions)
        {
            if (own >= since && schema.TryGetValue(keyword, out var inner))
            {
                var place = $"{pointer}/{Escape(keyword)}";
                if (itself)
                {
                    Collect(inner, id, place, resource.Draft);
                }

                foreach (var (key, member) in members ? Members(inner) : [])
                {
                    Collect(member, id, $"{place}/{Escape(key)}", resource.Draft);
                }
            }
        }

        return true;
    }

    private static IEnumerable<KeyValuePair<string, object?>> Members(object? value) => value switch
    {
        Dictionary<string, object?> table => table.OrderBy(p => p.Key, StringComparer.Ordinal),
        List<object?> list => list.Select((item, i) => KeyValuePair.Create(i.ToString(CultureInfo.InvariantCulture), item)),
        _ => [],
    };

    private int DraftOf(Dictionary<string, object?> schema, string pointer, int fallback)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var (at, isSelf) = (At(pointer), pointer.Length == 0);
        for (object? node = schema; (node as Dictionary<string, object?>)?.GetValueOrDefault("$schema") is string name; node = SchemaSources.Load(Split(name).Url))
        {
            if (SchemaSources.DraftNamed(name) is { } draft)
            {
                return draft;
            }

            var url = Split(name).Url;
            try
            {
                Urls.IsAbsolute(url);
            }
            catch (FunctionException error)
            {
                throw new ChartException($"invalid $schema in {GoQuote.Quote(at)}: {error.Message}", error);
            }

            if (isSelf && at == url + "#")
            {
                throw new ChartException($"draft {GoQuote.Quote(url)} is not supported");
            }

            if (!seen.Add(url))
            {
                throw new ChartException($"cycle in resolving $schema in {GoQuote.Quote(url)}");
            }

            (at, isSelf) = (url + "#", true);
        }

        return fallback;
    }

    // Before 2019-09 a reference makes all that stands beside it void.
    private static bool IsReference(Dictionary<string, object?> schema, int draft) => draft < 2019 && schema.ContainsKey("$ref");

    private static string NameOf(Dictionary<string, object?> schema, int draft) =>
        !IsReference(schema, draft) && schema.GetValueOrDefault(draft == 4 ? "id" : "$id") is string id ? Split(id).Url : "";

    private void Anchors(Dictionary<string, object?> schema, string pointer, SchemaResource resource)
    {
        if (resource.Draft < 2019)
        {
            // An anchor is the fragment of an id.
            if (!IsReference(schema, resource.Draft) && schema.GetValueOrDefault(resource.Draft == 4 ? "id" : "$id") is string id && Uri.UnescapeDataString(Split(id).Fragment) is [not '/', ..] fragment)
            {
                Add(fragment);
            }

            return;
        }

        if (schema.GetValueOrDefault("$anchor") is string anchor)
        {
            Add(anchor);
        }

        if (resource.Draft >= 2020 && schema.GetValueOrDefault("$dynamicAnchor") is string dynamic)
        {
            Add(dynamic);
            resource.DynamicAnchors.Add(dynamic);
        }

        void Add(string name)
        {
            if (!resource.Anchors.TryAdd(name, pointer) && resource.Anchors[name] != pointer)
            {
                throw new ChartException($"duplicate anchor {GoQuote.Quote(name)} in {GoQuote.Quote(Url)} at {GoQuote.Quote(resource.Anchors[name])} and {GoQuote.Quote(pointer)}");
            }
        }
    }

    /// <summary>An address relative to another one; null when that makes none.</summary>
    public static string? Join(string url, string reference) =>
        reference.Length == 0 ? url
        : Uri.TryCreate(reference, UriKind.Absolute, out _) && !reference.StartsWith('/') ? reference
        : Uri.TryCreate(url, UriKind.Absolute, out var from) && Uri.TryCreate(from, reference, out var joined) ? joined.AbsoluteUri : null;

    // Go's url.PathEscape of each part.
    private static string Encode(string pointer)
    {
        const string Plain = "-_.~$&+=:@/";
        if (pointer.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c)))
        {
            return pointer;
        }

        var result = new StringBuilder();
        foreach (var b in GoBytes.ToBytes(pointer))
        {
            var c = (char)b;
            _ = char.IsAsciiLetterOrDigit(c) || Plain.Contains(c) ? result.Append(c) : result.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return result.ToString();
    }
}
