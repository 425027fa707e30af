using System.Globalization;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Rendering;

/// <summary>
/// What Helm decodes of a manifest to sort it (pkg/release/v1/util, SimpleHead). Keys count whatever their case and in their order as bytes, as encoding/json takes
/// them; what has not the type of its field ends the rendering.
/// </summary>
internal sealed class ManifestHead
{
    private const string MetadataType = """struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }""";
    private readonly string _path;

    private ManifestHead(string path) => _path = path;

    /// <summary>apiVersion.</summary>
    public string ApiVersion { get; private set; } = "";

    /// <summary>kind.</summary>
    public string Kind { get; private set; } = "";

    /// <summary>metadata.name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>metadata.annotations.</summary>
    public Dictionary<string, string> Annotations { get; } = new(StringComparer.Ordinal);

    /// <summary>The head of a manifest; without one, of an empty table.</summary>
    /// <exception cref="RenderException">A field has not its type; in Helm's words.</exception>
    public static ManifestHead Of(string path, Dictionary<string, object?> manifest)
    {
        var head = new ManifestHead(path);
        foreach (var (key, value) in GoBytes.Sorted(manifest.Where(p => GoYaml.IsHead(p.Key) && p.Value is not null)))
        {
            if (Is(key, "apiVersion"))
            {
                head.ApiVersion = head.Text(value, "SimpleHead.apiVersion");
            }
            else if (Is(key, "kind"))
            {
                head.Kind = head.Text(value, "SimpleHead.kind");
            }
            else
            {
                head.ReadMetadata(value as Dictionary<string, object?> ?? throw head.Undecodable(value, $"struct field SimpleHead.metadata of type {MetadataType}"));
            }
        }

        return head;
    }

    /// <summary>A document that is no table.</summary>
    public static RenderException NoTable(string path, object? document) => new ManifestHead(path).Undecodable(document, "value of type util.SimpleHead");

    private void ReadMetadata(Dictionary<string, object?> metadata)
    {
        foreach (var (key, value) in GoBytes.Sorted(metadata.Where(p => p.Value is not null)))
        {
            if (Is(key, "name"))
            {
                Name = Text(value, ".metadata.name");
            }
            else if (Is(key, "annotations"))
            {
                var annotations = value as Dictionary<string, object?> ?? throw Undecodable(value, "struct field .metadata.annotations of type map[string]string");
                foreach (var (annotation, text) in GoBytes.Sorted(annotations))
                {
                    Annotations[annotation] = Text(text, ".metadata.annotations");
                }
            }
        }
    }

    // What Go's decoder makes of a scalar where a string is wanted (sigs.k8s.io/yaml, convertToJSONableObject).
    private string Text(object? value, string field) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        double number => number == Math.Floor(number) && Math.Abs(number) < 1e21 ? number.ToString("F0", CultureInfo.InvariantCulture) : GoNumber.Shortest(number),
        _ => throw Undecodable(value, $"struct field {field} of type string"),
    };

    private RenderException Undecodable(object? value, string target) =>
        new($"YAML parse error on {_path}: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {GoJson.KindName(value)} into Go {target}");

    private static bool Is(string key, string field) => key.Equals(field, StringComparison.OrdinalIgnoreCase);
}
