using Portal.Helm.Yaml;

namespace Portal.Helm.Values;

/// <summary>A file of values as Helm 4 takes it (pkg/chart/v2/loader, LoadValues).</summary>
public static class ValuesFile
{
    /// <summary>All documents of a text laid over each other, the later over the earlier.</summary>
    /// <exception cref="YamlException">The text is not YAML, or a document is not a table.</exception>
    public static Dictionary<string, object?> Read(string text)
    {
        var result = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var document in GoYaml.ReadAll(text))
        {
            switch (document)
            {
                case null:
                    break;
                case Dictionary<string, object?> table:
                    Merge(result, table);
                    break;
                default:
                    throw new YamlException("a document of a values file is not a mapping", 1, 1);
            }
        }

        return result;
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
