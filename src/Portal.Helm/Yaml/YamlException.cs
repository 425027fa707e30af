namespace Portal.Helm.Yaml;

/// <summary>A text that is not YAML. Line and column count from 1.</summary>
public sealed class YamlException(string message, int line, int column, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The line, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>The message without the words of Go's libraries around it and without their line, which may be another one than <see cref="Line"/>.</summary>
    public string Reason
    {
        get
        {
            var text = Without(Without(Message, "error converting YAML to JSON: "), "yaml: ");
            var end = text.IndexOf(": ", StringComparison.Ordinal);
            return text.StartsWith("line ", StringComparison.Ordinal) && end > 0 && int.TryParse(text.AsSpan(5, end - 5), out _) ? text[(end + 2)..] : text;
        }
    }

    private static string Without(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text;

    /// <summary>The column, from 1.</summary>
    public int Column { get; } = column;
}
