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

    private static IEnumerable<(string Text, int Line)> Documents(string text)
    {
        using var documents = YamlDocuments.Cut(text).GetEnumerator();
        while (Next(documents))
        {
            yield return documents.Current;
        }
    }

    private static bool Next(IEnumerator<(string Text, int Line)> documents)
    {
        try
        {
            return documents.MoveNext();
        }
        catch (YamlException error)
        {
            throw new YamlException($"error reading yaml document: {error.Message}", error.Line, error.Column, error);
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
