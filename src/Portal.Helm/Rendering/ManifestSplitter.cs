using System.Globalization;
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
                documents.Add(Document(path, content, ManifestHead.Of(path, table)));
            }
        }

        return documents;
    }

    /// <summary>The documents of a YAML stream as Helm cuts them: at lines that begin with "---", whatever follows (SplitManifests).</summary>
    public static IEnumerable<string> Documents(string text)
    {
        var start = 0;
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at) is >= 0 and var newline ? newline + 1 : text.Length;
            if (string.CompareOrdinal(text, at, "---", 0, 3) == 0)
            {
                if (Document(text, start, at) is { } document)
                {
                    yield return document;
                }

                // A document may begin on the marker's own line: "--- {kind: X}", "---kind: X" or a comment.
                start = at + 3;
            }

            at = end;
        }

        if (Document(text, start, text.Length) is { } last)
        {
            yield return last;
        }
    }

    // Blank lines before a document go, what stands after it stays.
    private static string? Document(string text, int from, int to)
    {
        while (from < to && char.IsWhiteSpace(text[from]))
        {
            from++;
        }

        return from == to ? null : text[from..to];
    }

    private static void Add(string path, string content, List<RenderedDocument> documents, List<Hook> hooks)
    {
        var table = Read(path, content);
        if (table is null)
        {
            documents.Add(new RenderedDocument(path, "", "", "", content));
            return;
        }

        var head = ManifestHead.Of(path, table);
        var document = Document(path, content, head);
        var annotations = head.Annotations;
        if (!annotations.TryGetValue(HookAnnotation, out var events))
        {
            documents.Add(document);
            return;
        }

        var list = Words(events).ToArray();
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
            Weight = int.TryParse(annotations.GetValueOrDefault("helm.sh/hook-weight"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var weight) ? weight : 0,
            DeletePolicies = annotations.TryGetValue("helm.sh/hook-delete-policy", out var deletes) ? [.. Words(deletes)] : [],
            OutputLogPolicies = annotations.TryGetValue("helm.sh/hook-output-log-policy", out var logs) ? [.. Words(logs)] : [],
        });
    }

    private static RenderedDocument Document(string path, string content, ManifestHead head) => new(path, head.ApiVersion, head.Kind, head.Name, content);

    private static IEnumerable<string> Words(string text) => text.Split(',').Select(w => w.Trim().ToLowerInvariant());

    private static Dictionary<string, object?>? Read(string path, string content)
    {
        try
        {
            return GoYaml.ReadHead(content) switch
            {
                null => null,
                Dictionary<string, object?> table => table,
                var other => throw ManifestHead.NoTable(path, other),
            };
        }
        catch (YamlException error)
        {
            throw new RenderException($"YAML parse error on {path}: {error.Message}", error);
        }
    }
}
