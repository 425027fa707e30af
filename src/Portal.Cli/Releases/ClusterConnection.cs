using System.Text.Json.Nodes;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Helm.Rendering;
using Portal.Helm.Sprig;

namespace Portal.Cli.Releases;

/// <summary>The cluster that a command line means, as kubectl and helm find it: --kubeconfig, $KUBECONFIG, ~/.kube/config, else the pod's own account.</summary>
internal sealed class ClusterConnection : IDisposable
{
    private readonly KubeClient? _kube;
    private readonly HelmClient? _helm;

    private ClusterConnection(KubeClient? kube, string ns, ChartRenderer renderer)
    {
        _kube = kube;
        Namespace = ns;
        Renderer = renderer;
        _helm = kube is null ? null : new HelmClient(kube, new SecretReleaseStore(kube, TimeProvider.System), TimeProvider.System, Renderer);
    }

    public ChartRenderer Renderer { get; }

    /// <exception cref="UsageException">No cluster is named; a dry run on the client needs none.</exception>
    public HelmClient Helm => _helm ?? throw new UsageException("kubernetes cluster unreachable: no kubeconfig: give --kubeconfig or set KUBECONFIG");

    /// <summary>All labels of a release's record: those that were asked for and Helm's own.</summary>
    public async Task<IReadOnlyDictionary<string, string>> LabelsAsync(Release release, CancellationToken cancellation)
    {
        var record = await _kube!.GetAsync(new ObjectRef("v1", "Secret", release.Namespace, $"sh.helm.release.v1.{release.Name}.v{release.Version}"), cancellation);
        return (record?["metadata", "labels"] as JsonObject ?? []).ToDictionary(l => l.Key, l => l.Value!.GetValue<string>(), StringComparer.Ordinal);
    }

    /// <summary>What <see cref="ReleaseNamespace"/> finds.</summary>
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
            Authorities = flags.One("kube-ca-file") ?? Variable("HELM_KUBECAFILE"),
            User = flags.One("kube-as-user") ?? Variable("HELM_KUBEASUSER"),
            Groups = flags.Given("kube-as-group") ? flags.All("kube-as-group") : Variable("HELM_KUBEASGROUPS")?.Split(',') ?? [],
        };
        try
        {
            var kube = Kubeconfig(flags) is { } path ? KubeClient.FromKubeconfigFile(path, access: access)
                : Variable("KUBERNETES_SERVICE_HOST") is not null ? KubeClient.InCluster()
                : null;
            return new ClusterConnection(kube, ReleaseNamespace.Of(flags), RendererOf(flags));
        }
        catch (FormatException error)
        {
            throw new UsageException(error.Message);
        }
    }

    /// <summary>The renderer that a command line asks for, with a cluster or without one.</summary>
    public static ChartRenderer RendererOf(FlagSet flags) =>
        new(flags.Has("enable-dns") ? new SprigEnvironment { Resolve = HostNames.Resolve } : null, options: new RenderOptions { SkipSchema = flags.Has("skip-schema-validation"), SubchartNotes = flags.Has("render-subchart-notes") });

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
