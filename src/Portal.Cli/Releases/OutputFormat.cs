using System.Text.Json.Nodes;
using Portal.Helm.Yaml;

namespace Portal.Cli.Releases;

/// <summary>--output table|json|yaml, as Helm prints each (pkg/cli/output).</summary>
internal static class OutputFormat
{
    public static Flag Flag { get; } = new("output", FlagKind.Text, "table, json or yaml", 'o');

    /// <summary>Writes a value as JSON or YAML when that is asked for, else the table's text.</summary>
    /// <exception cref="UsageException">The format is not known.</exception>
    public static void Write(FlagSet flags, Terminal terminal, Func<JsonNode?> value, Func<string> table) => terminal.Output.Write(flags.One("output") switch
    {
        null or "table" => table(),
        "json" => Json(value()) + "\n",
        "yaml" => GoYaml.Write(GoJson.FromNode(value())),
        var other => throw new UsageException($"invalid argument \"{other}\" for \"-o, --output\" flag: invalid format type"),
    });

    /// <summary>A map of Go's, whose keys are printed in order; a structure keeps the order of its fields.</summary>
    public static JsonNode? Sorted(JsonNode? map) => JsonNode.Parse(GoJson.Write(GoJson.FromNode(map)));

    private static string Json(JsonNode? value) => value switch
    {
        JsonObject fields => "{" + string.Join(',', fields.Select(f => $"{GoJson.Write(f.Key)}:{Json(f.Value)}")) + "}",
        JsonArray items => "[" + string.Join(',', items.Select(Json)) + "]",
        _ => GoJson.Write(GoJson.FromNode(value)),
    };

    /// <summary>Columns as wide as their widest cell, tabs between them (gosuri/uitable). A cell of several lines is cut to the longest of them.</summary>
    public static string Table(IReadOnlyList<string[]> rows)
    {
        if (rows.Count == 0)
        {
            return "\n";
        }

        var widths = Enumerable.Range(0, rows[0].Length).Select(at => rows.Max(r => r[at].Split('\n').Max(l => l.Length))).ToArray();
        return string.Concat(rows.Select(row => string.Join('\t', row.Select((cell, at) => Fit(cell, widths[at]))) + "\n"));
    }

    private static string Fit(string cell, int width) => cell.Length <= width ? cell.PadRight(width) : cell[..Math.Max(0, width - 3)] + "...";
}
