using System.Text;
using Portal.Helm.Releases;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Rendering;

/// <summary>Cuts rendered files into objects, takes the hooks out and puts both in order (pkg/release/v1/util/manifest_sorter.go).</summary>
public static class ManifestSplitter
{
    private const string HookAnnotation = "helm.sh/hook";

    private static readonly string[] KnownEvents =
        ["pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade", "pre-rollback", "post-rollback", "test", "test-success"];

    /// <summary>The objects in install order and the hooks, from path -> rendered text.</summary>
    /// <exception cref="RenderException">A document is not YAML.</exception>
    public static (IReadOnlyList<RenderedDocument> Documents, IReadOnlyList<Hook> Hooks) Split(IReadOnlyDictionary<string, string> files)
    {
        var documents = new List<RenderedDocument>();
        var hooks = new List<Hook>();
        foreach (var (path, text) in files.OrderBy(f => f.Key, Comparer<string>.Create(GoBytes.Compare)))
        {
            if (path[(path.LastIndexOf('/') + 1)..].StartsWith('_') || text.AsSpan().Trim().IsEmpty)
            {
                continue;
            }

            foreach (var content in Documents(text))
            {
                Add(path, content, documents, hooks);
            }
        }

        return ([.. InstallOrder.ForInstall(documents, d => d.Kind)], [.. InstallOrder.ForInstall(hooks, h => h.Kind)]);
    }

    /// <summary>The objects of a stored manifest, in its order.</summary>
    public static IReadOnlyList<RenderedDocument> Parse(string manifest)
    {
        var documents = new List<RenderedDocument>();
        foreach (var content in Documents(manifest))
        {
            var path = "";
            if (content.StartsWith("# Source: ", StringComparison.Ordinal))
            {
                var end = content.IndexOf('\n', StringComparison.Ordinal);
                path = content["# Source: ".Length..(end < 0 ? content.Length : end)].Trim();
            }

            if (Read(path, content) is { } table)
            {
                documents.Add(Document(path, content, table));
            }
        }

        return documents;
    }

    /// <summary>The documents of a YAML stream as Helm cuts them: at lines that begin with "---".</summary>
    public static IEnumerable<string> Documents(string text)
    {
        var current = new StringBuilder();
        foreach (var line in Lines(text))
        {
            if (line.StartsWith("---", StringComparison.Ordinal) && (line.Length == 3 || char.IsWhiteSpace(line[3])))
            {
                if (!IsBlank(current))
                {
                    yield return Trim(current);
                }

                current.Clear();
                // A document may begin on the marker's own line: "--- {kind: X}" or a comment.
                var rest = line[3..].TrimStart(' ', '\t');
                if (rest.Trim().Length > 0)
                {
                    current.Append(rest);
                }

                continue;
            }

            current.Append(line);
        }

        if (!IsBlank(current))
        {
            yield return Trim(current);
        }
    }

    private static IEnumerable<string> Lines(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            yield return text[start..end];
            start = end;
        }
    }

    private static bool IsBlank(StringBuilder text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsWhiteSpace(text[i]))
            {
                return false;
            }
        }

        return true;
    }

    // Blank lines before a document go, what stands after it stays.
    private static string Trim(StringBuilder text) => text.ToString().TrimStart();

    private static void Add(string path, string content, List<RenderedDocument> documents, List<Hook> hooks)
    {
        var table = Read(path, content);
        if (table is null)
        {
            documents.Add(new RenderedDocument(path, "", "", "", content));
            return;
        }

        var document = Document(path, content, table);
        var annotations = (table.GetValueOrDefault("metadata") as Dictionary<string, object?>)?.GetValueOrDefault("annotations") as Dictionary<string, object?>;
        if (annotations?.GetValueOrDefault(HookAnnotation) is not string events)
        {
            documents.Add(document);
            return;
        }

        var list = Words(events).Select(e => e.ToLowerInvariant()).ToArray();
        // One unknown event drops the hook, as in Helm.
        if (!list.All(KnownEvents.Contains))
        {
            return;
        }

        hooks.Add(new Hook
        {
            Name = document.Name,
            Kind = document.Kind,
            Path = path,
            Manifest = content,
            Events = [.. list.Select(e => e == "test-success" ? "test" : e)],
            Weight = annotations.GetValueOrDefault("helm.sh/hook-weight") is string weight && int.TryParse(weight, out var w) ? w : 0,
            DeletePolicies = [.. Words(annotations.GetValueOrDefault("helm.sh/hook-delete-policy") as string ?? "")],
            OutputLogPolicies = [.. Words(annotations.GetValueOrDefault("helm.sh/hook-output-log-policy") as string ?? "")],
        });
    }

    private static IEnumerable<string> Words(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Dictionary<string, object?>? Read(string path, string content)
    {
        try
        {
            return GoYaml.Read(content) switch
            {
                null => null,
                Dictionary<string, object?> table => table,
                _ => throw new RenderException($"YAML parse error on {path}: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type util.SimpleHead"),
            };
        }
        catch (YamlException error)
        {
            throw new RenderException($"YAML parse error on {path}: {error.Message}", error);
        }
    }

    private static RenderedDocument Document(string path, string content, Dictionary<string, object?> table) => new(
        path,
        table.GetValueOrDefault("apiVersion") as string ?? "",
        table.GetValueOrDefault("kind") as string ?? "",
        (table.GetValueOrDefault("metadata") as Dictionary<string, object?>)?.GetValueOrDefault("name") as string ?? "",
        content);
}
