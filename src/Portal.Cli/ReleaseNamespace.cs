using Portal.Helm.Yaml;

namespace Portal.Cli;

/// <summary>
/// The namespace that a command line means: --namespace, $HELM_NAMESPACE, that of the kubeconfig's context, the pod's own, or "default" (pkg/cli/environment.go, and
/// client-go's tools/clientcmd). A kubeconfig that is missing or cannot be used means "default": whether a cluster is needed at all, others say.
/// </summary>
internal static class ReleaseNamespace
{
    private const string Default = "default";
    private const string ServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

    public static string Of(FlagSet flags)
    {
        if (flags.One("namespace") is { Length: > 0 } given)
        {
            return given;
        }

        var files = flags.One("kubeconfig") is { Length: > 0 } one ? [one]
            : Variable("KUBECONFIG")?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            ?? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config")];
        return Variable("HELM_NAMESPACE") ?? OfContext(files, flags.One("kube-context") is { Length: > 0 } context ? context : Variable("HELM_KUBECONTEXT")) ?? OfPod() ?? Default;
    }

    /// <summary>The namespace that a context of these files sets; null when it sets none. Where several files say something, the first one counts.</summary>
    /// <param name="files">Kubeconfigs; those that are not there are passed over.</param>
    /// <param name="context">The context's name; the files' current one without it.</param>
    public static string? OfContext(IEnumerable<string> files, string? context)
    {
        List<Dictionary<string, object?>> configs;
        try
        {
            configs = [.. files.Where(File.Exists).Select(f => GoYaml.ReadTable(File.ReadAllText(f)))];
        }
        catch (Exception error) when (error is YamlException or IOException or UnauthorizedAccessException)
        {
            // One broken file makes all of them void, and Helm goes on without.
            return Default;
        }

        context ??= configs.Select(c => c.GetValueOrDefault("current-context") as string).FirstOrDefault(c => c is { Length: > 0 });
        if (context is null)
        {
            return null;
        }

        // A context that does not exist, or leads to no cluster, cannot be used: then its namespace is not, either.
        return Named(configs, "contexts", context, "context") is { } details && Named(configs, "clusters", details.GetValueOrDefault("cluster") as string, "cluster")?.GetValueOrDefault("server") is string { Length: > 0 }
            ? details.GetValueOrDefault("namespace") is string { Length: > 0 } found ? found : null
            : Default;
    }

    private static Dictionary<string, object?>? Named(List<Dictionary<string, object?>> configs, string list, string? name, string key) =>
        configs.SelectMany(c => c.GetValueOrDefault(list) as List<object?> ?? []).OfType<Dictionary<string, object?>>().FirstOrDefault(e => e.GetValueOrDefault("name") as string == name)?.GetValueOrDefault(key) as Dictionary<string, object?>;

    private static string? OfPod()
    {
        if (Variable("KUBERNETES_SERVICE_HOST") is null || Variable("KUBERNETES_SERVICE_PORT") is null || !File.Exists($"{ServiceAccount}/token"))
        {
            return null;
        }

        return Variable("POD_NAMESPACE") ?? (File.Exists($"{ServiceAccount}/namespace") && File.ReadAllText($"{ServiceAccount}/namespace").Trim() is { Length: > 0 } own ? own : null);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
