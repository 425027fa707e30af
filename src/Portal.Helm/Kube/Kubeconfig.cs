using System.Text;
using System.Text.Json.Nodes;
using k8s;
using k8s.KubeConfigModels;
using Portal.Helm.Yaml;

namespace Portal.Helm.Kube;

/// <summary>
/// Reads a kubeconfig into KubernetesClient's model (kubernetes.io/docs/reference/config-api/kubeconfig.v1). That library's own reader works by reflection, which
/// the command, compiled to machine code, does not have.
/// </summary>
internal static class Kubeconfig
{
    /// <summary>The connection that a text describes. <paramref name="file"/> is where it stands: paths in it are relative to that.</summary>
    /// <exception cref="FormatException">It is no kubeconfig, or its exec plugin fails.</exception>
    /// <exception cref="k8s.Exceptions.KubeConfigException">Something that it names is not in it.</exception>
    public static KubernetesClientConfiguration Open(string text, string? file = null, string? context = null, string? server = null)
    {
        Dictionary<string, object?> table;
        try
        {
            table = GoYaml.ReadTable(text);
        }
        catch (YamlException error)
        {
            throw new FormatException(error.Message, error);
        }

        context ??= Text(table, "current-context");
        ExecCredentials? credentials = null;
        if (Plugin(table, file, context, server) is { } plugin)
        {
            credentials = new ExecCredentials(plugin);
            var answer = credentials.GetAsync(CancellationToken.None).GetAwaiter().GetResult();
            var user = UserOf(table, context)!;
            user["token"] = answer.Token;
            user["client-certificate-data"] = answer.Certificate is { } certificate ? Base64(certificate) : null;
            user["client-key-data"] = answer.Key is { } key ? Base64(key) : null;
        }

        var configuration = KubernetesClientConfiguration.BuildConfigFromConfigObject(Model(table, file), context, server);
        if (!Uri.TryCreate(configuration.Host, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp))
        {
            // A password may stand before an "@".
            throw new FormatException(configuration.Host?.Contains('@', StringComparison.Ordinal) == true ? "the server is no http or https address" : $"the server {configuration.Host} is no http or https address");
        }

        configuration.TokenProvider = configuration.AccessToken is null ? null : credentials;
        return configuration;
    }

    private static K8SConfiguration Model(Dictionary<string, object?> table, string? file) => new()
    {
        FileName = file,
        ApiVersion = Text(table, "apiVersion"),
        Kind = Text(table, "kind"),
        CurrentContext = Text(table, "current-context"),
        Clusters = [.. Tables(table, "clusters").Select(c => new Cluster { Name = Text(c, "name"), ClusterEndpoint = Endpoint(Table(c, "cluster")) })],
        Contexts = [.. Tables(table, "contexts").Select(c => new Context { Name = Text(c, "name"), ContextDetails = Details(Table(c, "context")) })],
        Users = [.. Tables(table, "users").Select(u => new User { Name = Text(u, "name"), UserCredentials = Credentials(Table(u, "user")) })],
    };

    private static ClusterEndpoint? Endpoint(Dictionary<string, object?>? cluster) => cluster is null ? null : new ClusterEndpoint
    {
        Server = Text(cluster, "server"),
        CertificateAuthority = Text(cluster, "certificate-authority"),
        CertificateAuthorityData = Text(cluster, "certificate-authority-data"),
        TlsServerName = Text(cluster, "tls-server-name"),
        SkipTlsVerify = cluster.GetValueOrDefault("insecure-skip-tls-verify") is true,
    };

    private static ContextDetails? Details(Dictionary<string, object?>? context) => context is null ? null : new ContextDetails
    {
        Cluster = Text(context, "cluster"),
        User = Text(context, "user"),
        Namespace = Text(context, "namespace"),
    };

    private static UserCredentials? Credentials(Dictionary<string, object?>? user) => user is null ? null : new UserCredentials
    {
        ClientCertificate = Text(user, "client-certificate"),
        ClientCertificateData = Text(user, "client-certificate-data"),
        ClientKey = Text(user, "client-key"),
        ClientKeyData = Text(user, "client-key-data"),
        Token = Text(user, "token"),
        UserName = Text(user, "username"),
        Password = Text(user, "password"),
        AuthProvider = Table(user, "auth-provider") is { } provider ? new AuthProvider { Name = Text(provider, "name"), Config = Texts(Table(provider, "config")) } : null,
    };

    private static ExecPlugin? Plugin(Dictionary<string, object?> table, string? file, string? context, string? server)
    {
        if (UserOf(table, context) is not { } user || Table(user, "exec") is not { } exec || Text(exec, "command") is not { Length: > 0 } command)
        {
            return null;
        }

        return new ExecPlugin(
            Text(exec, "apiVersion") ?? "client.authentication.k8s.io/v1",
            // A command with a slash is relative to the kubeconfig, one without is searched for.
            command.Contains('/') && file is not null ? Path.GetFullPath(command, Path.GetDirectoryName(file)!) : command,
            [.. (exec.GetValueOrDefault("args") as List<object?> ?? []).OfType<string>()],
            Tables(exec, "env").Where(e => Text(e, "name") is { Length: > 0 }).ToDictionary(e => Text(e, "name")!, e => Text(e, "value") ?? "", StringComparer.Ordinal),
            Text(exec, "installHint"),
            exec.GetValueOrDefault("provideClusterInfo") is true ? Cluster(table, context, server) : null);
    }

    private static JsonObject Cluster(Dictionary<string, object?> table, string? context, string? server)
    {
        var cluster = Named(table, "contexts", context, "context") is { } details ? Named(table, "clusters", Text(details, "cluster"), "cluster") ?? [] : [];
        return new JsonObject { ["server"] = server ?? Text(cluster, "server"), ["certificate-authority-data"] = Text(cluster, "certificate-authority-data") };
    }

    private static Dictionary<string, object?>? UserOf(Dictionary<string, object?> table, string? context) =>
        Named(table, "contexts", context, "context") is { } details ? Named(table, "users", Text(details, "user"), "user") : null;

    private static Dictionary<string, object?>? Named(Dictionary<string, object?> table, string list, string? name, string key) =>
        Tables(table, list).FirstOrDefault(e => Text(e, "name") == name) is { } entry ? Table(entry, key) : null;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string? Text(Dictionary<string, object?> table, string key) => table.GetValueOrDefault(key) as string;

    private static Dictionary<string, object?>? Table(Dictionary<string, object?> table, string key) => table.GetValueOrDefault(key) as Dictionary<string, object?>;

    private static IEnumerable<Dictionary<string, object?>> Tables(Dictionary<string, object?> table, string key) => (table.GetValueOrDefault(key) as List<object?> ?? []).OfType<Dictionary<string, object?>>();

    private static Dictionary<string, string> Texts(Dictionary<string, object?>? table) =>
        (table ?? []).Where(p => p.Value is string).ToDictionary(p => p.Key, p => (string)p.Value!, StringComparer.Ordinal);
}
