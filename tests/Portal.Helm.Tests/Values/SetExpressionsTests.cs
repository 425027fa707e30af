using Portal.Helm.Values;
using Portal.Helm.Yaml;

namespace Portal.Helm.Tests.Values;

/// <summary>Every case of the suite's strvals file: the steps on the base, then the values or the error that Helm has.</summary>
public sealed class SetExpressionsTests
{
    [Fact]
    public void Expressions_set_what_Helm_sets()
    {
        var cases = (List<object?>)GoYaml.Read(File.ReadAllText(Path.Combine(ConformanceSuite.Root, "strvals.yaml")))!;
        var wrong = cases.Cast<Dictionary<string, object?>>().Select(Difference).OfType<string>().ToArray();
        Assert.True(wrong.Length == 0, $"{cases.Count - wrong.Length} of {cases.Count} as Helm:\n{string.Join('\n', wrong)}");
        Assert.True(cases.Count > 200);
    }

    private static string? Difference(Dictionary<string, object?> item)
    {
        var values = item.GetValueOrDefault("base") as Dictionary<string, object?> ?? [];
        var files = item.GetValueOrDefault("files") as Dictionary<string, object?> ?? [];
        var error = (item.GetValueOrDefault("error4") ?? (item.ContainsKey("expect4") ? null : item.GetValueOrDefault("error"))) as string;
        var expect = (item.GetValueOrDefault("expect4") ?? item.GetValueOrDefault("expect")) as string;
        string got;
        try
        {
            foreach (var step in ((List<object?>)item["steps"]!).Cast<Dictionary<string, object?>>())
            {
                Apply((string)step["kind"]!, (string)step["arg"]!, values, files);
            }

            got = GoJson.Write(values);
        }
        catch (SetException failure)
        {
            return error is not null && failure.Message.Contains(error, StringComparison.Ordinal) ? null : $"{item["name"]}: {failure.Message}, want {error ?? expect}";
        }

        return error is null && (got == expect || got == GoJson.Write(GoJson.Read(expect!))) ? null : $"{item["name"]}: {got}, want {error ?? expect}";
    }

    private static void Apply(string kind, string argument, Dictionary<string, object?> values, Dictionary<string, object?> files)
    {
        switch (kind)
        {
            case "set": SetExpressions.Set(argument, values); break;
            case "set-string": SetExpressions.SetString(argument, values); break;
            case "set-json": SetExpressions.SetJson(argument, values); break;
            case "set-literal": SetExpressions.SetLiteral(argument, values); break;
            case "set-file":
                SetExpressions.SetFile(argument, values, name => files.GetValueOrDefault(name) as string ?? throw new SetException($"open {name}: no such file or directory"));
                break;
            default: throw new InvalidOperationException(kind);
        }
    }
}
