using System.Text;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;

namespace Portal.Helm.Charts;

/// <summary>One place where values do not meet the chart's schema. Path is a JSON pointer, empty for the root; what failed inside a combination follows one level deeper.</summary>
public sealed record SchemaError(string Path, string Message, int Depth = 0);

/// <summary>Checks values against values.schema.json as Helm does (pkg/chart/common/util/jsonschema.go), and says it in the words of its library, santhosh-tekuri/jsonschema v6.</summary>
public static class SchemaValidator
{
    /// <summary>Checks a chart and its subcharts.</summary>
    /// <exception cref="RenderException">Helm's text, every place on a line of its own.</exception>
    public static void Validate(Chart chart, Dictionary<string, object?> values)
    {
        var result = new StringBuilder();
        Collect(chart, values, result);
        if (result.Length > 0)
        {
            throw new RenderException("values don't meet the specifications of the schema(s) in the following chart(s):\n" + result);
        }
    }

    /// <summary>All places where the values of one chart do not meet its own schema.</summary>
    /// <exception cref="ChartException">The schema itself is broken: no JSON, not what its draft allows, or with a reference that leads nowhere. The text is Helm's.</exception>
    public static IReadOnlyList<SchemaError> Check(ReadOnlyMemory<byte> schema, object? values) => [.. SchemaRun.Check(CompiledSchemas.Get(schema.Span), values).SelectMany(e => e.Lines(0))];

    /// <summary>The lines that Helm prints of one chart's errors.</summary>
    internal static string Text(IEnumerable<SchemaError> errors) => string.Concat(errors.Select(e => $"{new string(' ', 2 * e.Depth)}- at {SchemaRun.Quote(e.Path)}: {e.Message}\n"));

    private static void Collect(Chart chart, Dictionary<string, object?> values, StringBuilder result)
    {
        if (chart.Schema is { } schema)
        {
            try
            {
                if (Check(schema, values) is { Count: > 0 } errors)
                {
                    result.Append(chart.Name).Append(":\n").Append(Text(errors));
                }
            }
            catch (ChartException broken)
            {
                // A schema that cannot be used stands in the same list.
                result.Append(chart.Name).Append(":\n").Append(broken.Message);
            }
        }

        foreach (var child in chart.Dependencies)
        {
            switch (values.GetValueOrDefault(child.Name))
            {
                case Dictionary<string, object?> own:
                    Collect(child, own, result);
                    break;
                case { } other:
                    result.Append(child.Name).Append(":\ninvalid type for values: expected object (map), got ").Append(GoFormat.Printf("%T\n", [other]));
                    break;
            }
        }
    }
}
