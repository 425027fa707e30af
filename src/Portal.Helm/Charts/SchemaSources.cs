using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Charts;

/// <summary>
/// The documents that a schema can refer to besides itself: the metaschemas of drafts 4 to 2020-12, which json-schema.org publishes and which lie in this
/// assembly. Nothing else is read: a chart may not make the portal call somebody, nor look at its files.
/// </summary>
internal static class SchemaSources
{
    private static readonly string[] Hosts = ["http://json-schema.org/", "https://json-schema.org/"];

    /// <summary>Whether an address belongs to the metaschemas: their own text is not checked.</summary>
    public static bool IsMetaschema(string url) => Array.Exists(Hosts, h => url.StartsWith(h, StringComparison.Ordinal));

    /// <summary>The draft (4, 6, 7, 2019 or 2020) that <c>$schema</c> names; null when it names something else.</summary>
    public static int? DraftNamed(string schema)
    {
        var (url, fragment) = SchemaDocument.Split(schema);
        var host = Array.Find(Hosts, h => url.StartsWith(h, StringComparison.Ordinal));
        return fragment.Length > 0 || host is null ? null : url[host.Length..] switch
        {
            "schema" or "draft/2020-12/schema" => 2020,
            "draft/2019-09/schema" => 2019,
            "draft-07/schema" => 7,
            "draft-06/schema" => 6,
            "draft-04/schema" => 4,
            _ => null,
        };
    }

    /// <summary>Where a draft's metaschema has its place.</summary>
    public static string MetaschemaOf(int draft) => draft switch
    {
        4 or 6 or 7 => $"http://json-schema.org/draft-0{draft}/schema",
        2019 => "https://json-schema.org/draft/2019-09/schema",
        _ => "https://json-schema.org/draft/2020-12/schema",
    };

    /// <summary>Another document than values.schema.json, as a tree. URNs allow everything, as in Helm 4.</summary>
    /// <exception cref="ChartException">It is none of the metaschemas.</exception>
    public static object? Load(string url)
    {
        if (Array.Find(Hosts, h => url.StartsWith(h, StringComparison.Ordinal)) is { } host)
        {
            var name = url[host.Length..] is "schema" ? "draft/2020-12/schema" : url[host.Length..];
            using var stream = typeof(SchemaSources).Assembly.GetManifestResourceStream($"metaschemas/{name}");
            if (stream is not null)
            {
                using var reader = new StreamReader(stream);
                return GoJson.Read(reader.ReadToEnd());
            }
        }

        var scheme = url[..Math.Max(url.IndexOf(':', StringComparison.Ordinal), 0)];
        return scheme == "urn" ? true : throw new ChartException($"failing loading {GoQuote.Quote(url)}: " + (scheme is "http" or "https" or "file"
            ? "other documents than values.schema.json are not read" : $"no URLLoader registered for {GoQuote.Quote(url)}"));
    }
}
