namespace Portal.Helm.Yaml;

/// <summary>Cuts a text into documents before any is read (k8s.io/apimachinery/pkg/util/yaml, YAMLReader): at lines that begin with "---", which may hold a comment and nothing else.</summary>
internal static class YamlDocuments
{
    /// <summary>The documents, and how many lines stand before each.</summary>
    /// <exception cref="YamlException">Something else stands behind a "---".</exception>
    public static IEnumerable<(string Text, int Line)> Cut(string text)
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
                    throw new YamlException($"invalid Yaml document separator: {rest}", line + 1, 1);
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
}
