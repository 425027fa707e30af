using Portal.Helm.Yaml;

namespace Portal.Helm.Values;

/// <summary>A file of values as Helm 4 takes it (pkg/chart/v2/loader, LoadValues).</summary>
public static class ValuesFile
{
    /// <summary>All documents of a text laid over each other, the later over the earlier.</summary>
    /// <exception cref="YamlException">The text is not YAML, or a document is not a table; in Helm's words.</exception>
    public static Dictionary<string, object?> Read(string text)
    {
        var result = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (document, line) in Documents(text))
        {
            try
            {
                Merge(result, GoYaml.ReadTable(document));
            }
            catch (YamlException error)
            {
                throw new YamlException($"cannot unmarshal yaml document: {error.Message}", error.Line + line, error.Column, error);
            }
        }

        return result;
    }

    // The documents, and how many lines stand before each (k8s.io/apimachinery/pkg/util/yaml, YAMLReader): cut at lines that begin with "---", which may hold a comment and nothing else.
    private static IEnumerable<(string Text, int Line)> Documents(string text)
    {
        var (start, startLine, line) = (0, 0, 0);
        for (var at = 0; at < text.Length; line++)
        {
            var end = text.IndexOf('\n', at) is >= 0 and var newline ? newline + 1 : text.Length;
            if (string.CompareOrdinal(text, at, "---", 0, 3) == 0)
            {
                var rest = text[(at + 3)..end].Trim();
                if (rest.Length > 0 && rest[0] != '#')
                {
                    throw new YamlException($"error reading yaml document: invalid Yaml document separator: {rest}", line + 1, 1);
                }

                if (at > start)
                {
                    yield return (text[start..at], startLine);
                }

                (start, startLine) = (end, line + 1);
            }

            at = end;
        }

        if (start < text.Length)
        {
            // The reader ends every line, the last one too: a block scalar there keeps its line end.
            var last = start == 0 ? text : text[start..];
            yield return (last.EndsWith('\n') ? last : last + "\n", startLine);
        }
    }

    /// <summary>Lays values over others, table by table; anything else replaces what was there.</summary>
    public static void Merge(Dictionary<string, object?> values, Dictionary<string, object?> over)
    {
        foreach (var (key, value) in over)
        {
            if (value is Dictionary<string, object?> table && values.GetValueOrDefault(key) is Dictionary<string, object?> present)
            {
                Merge(present, table);
            }
            else
            {
                values[key] = value;
            }
        }
    }
}
