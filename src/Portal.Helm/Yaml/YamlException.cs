namespace Portal.Helm.Yaml;

/// <summary>A text that is not YAML. Line and column count from 1.</summary>
public sealed class YamlException(string message, int line, int column, Exception? inner = null) : Exception(message, inner)
{
    public int Line { get; } = line;

    public int Column { get; } = column;
}
