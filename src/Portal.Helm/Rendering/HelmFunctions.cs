using Portal.Helm.Sprig;
using Portal.Helm.Templating;

namespace Portal.Helm.Rendering;

/// <summary>The functions Helm adds to sprig's: include, tpl, required, lookup (pkg/engine/funcs.go).</summary>
internal static class HelmFunctions
{
    public static FunctionTable Create(SprigEnvironment environment, ILookup? lookup, bool lint = false)
    {
        var table = new FunctionTable();
        Builtins.Register(table);
        SprigFunctions.Register(table, environment);
        table.Add(new Function("include", [GoType.String, GoType.Any], false, (c, a) => c.Include((string)a[0]!, a[1])));
        table.Add(new Function("tpl", [GoType.String, GoType.Any], false, (c, a) => Tpl(c, (string)a[0]!, a[1])));
        table.Add("required", [GoType.String, GoType.Any], a => a[1] is null or "" ? throw new ChartFailureException((string)a[0]!) : a[1]);
        table.Add(
            "lookup",
            [GoType.String, GoType.String, GoType.String, GoType.String],
            a => lookup?.Lookup((string)a[0]!, (string)a[1]!, (string)a[2]!, (string)a[3]!) ?? new Dictionary<string, object?>(StringComparer.Ordinal));
        table.Add("getHostByName", [GoType.String], a => environment.Resolve((string)a[0]!));
        if (lint)
        {
            // A linter has no values: what is required may be missing, and nothing fails on purpose.
            table.Add("required", [GoType.String, GoType.Any], a => a[1] is null or "" ? "" : a[1]);
            table.Add("fail", [GoType.String], _ => "");
        }

        return table;
    }

    private static string Tpl(CallContext context, string text, object? data)
    {
        TextTemplate template;
        try
        {
            template = context.ParseText(text);
        }
        catch (TemplateException error)
        {
            throw new FunctionException($"cannot parse template {GoQuote.Quote(text)}: {error.Message}", error);
        }

        TemplateException failure;
        try
        {
            return template.Execute(data).Replace("<no value>", "", StringComparison.Ordinal);
        }
        catch (TemplateException error) when (error is not TemplateLimitException)
        {
            failure = error;
        }

        // Not within the catch, as in the evaluator: the stack has to unwind.
        throw new FunctionException($"error during tpl function execution for {GoQuote.Quote(text)}: {failure.Message}", failure);
    }
}
