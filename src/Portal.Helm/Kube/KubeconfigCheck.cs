using Portal.Helm.Yaml;

namespace Portal.Helm.Kube;

/// <summary>What a kubeconfig given by a person may hold: inline data only. Files and plugins would run or read on the server.</summary>
public static class KubeconfigCheck
{
    private static readonly string[] Refused =
        ["exec", "auth-provider", "client-certificate", "client-key", "certificate-authority", "tokenFile"];

    /// <summary>Why a kubeconfig is refused, or null when it is fine.</summary>
    public static string? Refusal(string kubeconfig)
    {
        object? content;
        try
        {
            content = GoYaml.Read(kubeconfig);
        }
        catch (YamlException error)
        {
            return $"this is not YAML: line {error.Line}: {error.Message}";
        }

        if (content is not Dictionary<string, object?> table || table.GetValueOrDefault("clusters") is not List<object?> { Count: > 0 })
        {
            return "this is no kubeconfig: it needs clusters, users, contexts and a current-context";
        }

        return Find(table, "") is { } path ? $"{path} is not allowed: give the data inline (…-data) or a token" : null;
    }

    private static string? Find(object? node, string path) => node switch
    {
        Dictionary<string, object?> table => table.Keys.FirstOrDefault(Refused.Contains) is { } key
            ? path + key
            : table.Select(p => Find(p.Value, $"{path}{p.Key}.")).FirstOrDefault(p => p is not null),
        List<object?> list => list.Select((item, i) => Find(item, $"{path}{i}.")).FirstOrDefault(p => p is not null),
        _ => null,
    };
}
