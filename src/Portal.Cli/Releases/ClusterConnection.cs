using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Helm.Rendering;

namespace Portal.Cli.Releases;

/// <summary>The cluster that a command line means, as kubectl and helm find it: --kubeconfig, $KUBECONFIG, ~/.kube/config, else the pod's own account.</summary>
internal sealed class ClusterConnection : IDisposable
{
    private readonly KubeClient? _kube;
    private readonly HelmClient? _helm;

    private ClusterConnection(KubeClient? kube, string ns, bool skipSchema)
    {
        _kube = kube;
        Namespace = ns;
        Renderer = new ChartRenderer(options: new RenderOptions { SkipSchema = skipSchema });
        _helm = kube is null ? null : new HelmClient(kube, new SecretReleaseStore(kube, TimeProvider.System), TimeProvider.System, Renderer);
    }

    public ChartRenderer Renderer { get; }

    /// <exception cref="UsageException">No cluster is named; a dry run on the client needs none.</exception>
    public HelmClient Helm => _helm ?? throw new UsageException("kubernetes cluster unreachable: no kubeconfig: give --kubeconfig or set KUBECONFIG");

    /// <summary>--namespace, $HELM_NAMESPACE, the context's, or "default".</summary>
    public string Namespace { get; }

    /// <exception cref="UsageException">The kubeconfig cannot be used.</exception>
    public static ClusterConnection Open(FlagSet flags)
    {
        var access = new KubeAccess
        {
            Context = flags.One("kube-context") ?? Variable("HELM_KUBECONTEXT"),
            Server = flags.One("kube-apiserver") ?? Variable("HELM_KUBEAPISERVER"),
            Token = flags.One("kube-token") ?? Variable("HELM_KUBETOKEN"),
            TlsServerName = flags.One("kube-tls-server-name"),
            SkipTlsVerification = flags.Has("kube-insecure-skip-tls-verify"),
        };
        try
        {
            var kube = Kubeconfig(flags) is { } path ? KubeClient.FromKubeconfigFile(path, access: access)
                : Variable("KUBERNETES_SERVICE_HOST") is not null ? KubeClient.InCluster()
                : null;
            return new ClusterConnection(kube, flags.One("namespace") ?? Variable("HELM_NAMESPACE") ?? (kube is { DefaultNamespace.Length: > 0 } ? kube.DefaultNamespace : "default"), flags.Has("skip-schema-validation"));
        }
        catch (FormatException error)
        {
            throw new UsageException(error.Message);
        }
    }

    private static string? Kubeconfig(FlagSet flags)
    {
        if ((flags.One("kubeconfig") ?? Variable("KUBECONFIG")?.Split(Path.PathSeparator)[0]) is { Length: > 0 } given)
        {
            return given;
        }

        var home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        return File.Exists(home) ? home : null;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    public void Dispose() => _kube?.Dispose();
}
