using Portal.Helm.Templating;
using Portal.Helm.Values;
using Portal.Helm.Yaml;

namespace Portal.Cli;

/// <summary>-f and the kinds of --set, laid over each other in Helm's order (pkg/cli/values/options.go).</summary>
internal static class ValueFlags
{
    public static readonly Flag[] Flags =
    [
        new("values", FlagKind.List, "values from a file, an address or - (standard input); several are laid over each other", 'f'),
        new("set", FlagKind.Texts, "a value: key1=val1,key2=val2"),
        new("set-string", FlagKind.Texts, "the same, always as text"),
        new("set-file", FlagKind.Texts, "the same, the text of a file: key=path"),
        new("set-json", FlagKind.Texts, "the same as JSON: key=json, or a whole JSON object"),
        new("set-literal", FlagKind.Texts, "one key whose value is all behind the equals sign"),
    ];

    /// <summary>The values that the command line gives.</summary>
    public static async Task<Dictionary<string, object?>> MergeAsync(FlagSet flags, Terminal terminal, ChartLocator locator, CancellationToken cancellation)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var file in flags.All("values"))
        {
            var text = await ReadAsync(file, terminal, locator, cancellation);
            try
            {
                ValuesFile.Merge(values, ValuesFile.Read(text));
            }
            catch (YamlException error)
            {
                throw new UsageException($"failed to parse {file}: {error.Message}");
            }
        }

        foreach (var expression in flags.All("set-json"))
        {
            SetJson(expression, values);
        }

        SetAll(flags, "set", values, SetExpressions.Set);
        SetAll(flags, "set-string", values, SetExpressions.SetString);
        SetAll(flags, "set-file", values, (expression, into) => SetExpressions.SetFile(expression, into, file => ReadInside(file, terminal, locator, cancellation)));
        SetAll(flags, "set-literal", values, SetExpressions.SetLiteral);
        return values;
    }

    private static async Task<string> ReadAsync(string file, Terminal terminal, ChartLocator locator, CancellationToken cancellation)
    {
        if (file.Trim() == "-")
        {
            return await terminal.Input.ReadToEndAsync(cancellation);
        }

        return file.StartsWith("http://", StringComparison.Ordinal) || file.StartsWith("https://", StringComparison.Ordinal)
            ? GoBytes.ToText(await locator.GetAsync(new Uri(file), cancellation))
            : LocalFile.Read(file);
    }

    // The grammar asks for a text in the midst of an expression.
    private static string ReadInside(string file, Terminal terminal, ChartLocator locator, CancellationToken cancellation)
    {
        try
        {
            return ReadAsync(file, terminal, locator, cancellation).GetAwaiter().GetResult();
        }
        catch (IOException error)
        {
            throw new SetException(error.Message, error);
        }
    }

    private static void SetJson(string expression, Dictionary<string, object?> values)
    {
        if (!expression.AsSpan().Trim().StartsWith("{"))
        {
            try
            {
                SetExpressions.SetJson(expression, values);
                return;
            }
            catch (SetException)
            {
                throw new UsageException($"failed parsing --set-json data {expression}");
            }
        }

        try
        {
            ValuesFile.Merge(values, (Dictionary<string, object?>)GoJson.Read(expression)!);
        }
        catch (System.Text.Json.JsonException)
        {
            throw new UsageException($"failed parsing --set-json data JSON: {expression}");
        }
    }

    private static void SetAll(FlagSet flags, string flag, Dictionary<string, object?> values, Action<string, Dictionary<string, object?>> set)
    {
        foreach (var expression in flags.All(flag))
        {
            SetOne(flag, values, expression, set);
        }
    }

    private static void SetOne(string flag, Dictionary<string, object?> values, string expression, Action<string, Dictionary<string, object?>> set)
    {
        try
        {
            set(expression, values);
        }
        catch (SetException error)
        {
            throw new UsageException($"failed parsing --{flag} data: {error.Message}");
        }
    }
}
