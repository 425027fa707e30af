using Portal.Helm.Values;
using Portal.Helm.Yaml;

namespace Portal.Cli.Conformance;

/// <summary>Steps of --set and its kin on base values, and the values that result, compared as JSON.</summary>
internal static class SetCase
{
    public static string? Run(Dictionary<string, object?> item)
    {
        var (expect, error) = Suite.Wanted(item);
        var values = item.GetValueOrDefault("base") as Dictionary<string, object?> ?? [];
        var files = item.GetValueOrDefault("files") as Dictionary<string, object?> ?? [];
        try
        {
            foreach (var step in ((List<object?>)item["steps"]!).Cast<Dictionary<string, object?>>())
            {
                Step((string)step["kind"]!, (string)step["arg"]!, values, files);
            }
        }
        catch (Exception failure) when (failure is SetException or IOException)
        {
            return error is not null && failure.Message.Contains(error, StringComparison.Ordinal) ? null : $"got error: {failure.Message}\nwant {(error is null ? "" : "error")}: {error ?? expect}";
        }

        var got = GoJson.Write(values);
        return error is null && expect is string json && (got == json || got == GoJson.Write(GoJson.Read(json))) ? null : $"got : {got}\nwant{(error is null ? "" : " error")}: {error ?? expect}";
    }

    private static void Step(string kind, string argument, Dictionary<string, object?> values, Dictionary<string, object?> files)
    {
        switch (kind)
        {
            case "set":
                SetExpressions.Set(argument, values);
                break;
            case "set-string":
                SetExpressions.SetString(argument, values);
                break;
            case "set-json":
                SetExpressions.SetJson(argument, values);
                break;
            case "set-literal":
                SetExpressions.SetLiteral(argument, values);
                break;
            case "set-file":
                SetExpressions.SetFile(argument, values, name => files.GetValueOrDefault(name) as string ?? throw new IOException($"open {name}: no such file or directory"));
                break;
            default:
                throw new InvalidDataException($"unknown kind of step: {kind}");
        }
    }
}
