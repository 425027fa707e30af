using System.Text;
using System.Text.Json;
using Portal.Helm.Charts.Repositories;
using Portal.Helm.Yaml;

namespace Portal.Cli;

/// <summary>What helm keeps in the user's home: repositories by name, passwords of registries, what was fetched. Only the cache is written to.</summary>
internal sealed class HelmHome(FlagSet flags)
{
    public ChartCache Cache { get; } = new(
        flags.One("content-cache") ?? Set("HELM_CONTENT_CACHE") ?? Path.Combine(Set("HELM_CACHE_HOME") ?? Path.Combine(Set("XDG_CACHE_HOME") ?? Below(".cache"), "helm"), "iomete-portal"));

    /// <summary>The address and access of a repository that "helm repo add" made known, or null.</summary>
    public (Uri Address, RepositoryAccess Access)? Repository(string name, RepositoryAccess access)
    {
        var path = flags.One("repository-config") ?? Set("HELM_REPOSITORY_CONFIG") ?? Path.Combine(Config(), "repositories.yaml");
        if (!File.Exists(path))
        {
            return null;
        }

        foreach (var entry in (GoYaml.ReadTable(File.ReadAllText(path)).GetValueOrDefault("repositories") as List<object?> ?? []).OfType<Dictionary<string, object?>>())
        {
            string? Text(string key) => entry.GetValueOrDefault(key) is string { Length: > 0 } text ? text : null;
            if (Text("name") == name && Text("url") is { } url)
            {
                return (new Uri(url), access with
                {
                    UserName = access.UserName ?? Text("username"),
                    Password = access.Password ?? Text("password"),
                    CertificateAuthority = access.CertificateAuthority ?? Read(Text("caFile")),
                    ClientCertificate = access.ClientCertificate ?? Read(Text("certFile")),
                    ClientKey = access.ClientKey ?? Read(Text("keyFile")),
                    SkipTlsVerification = access.SkipTlsVerification || entry.GetValueOrDefault("insecure_skip_tls_verify") is true,
                    PassCredentialsToAll = access.PassCredentialsToAll || entry.GetValueOrDefault("pass_credentials_all") is true,
                });
            }
        }

        return null;
    }

    /// <summary>The access to a registry, with the name and password that "helm registry login" or "docker login" left.</summary>
    public RepositoryAccess Registry(string host, RepositoryAccess access)
    {
        if (access.UserName is { Length: > 0 })
        {
            return access;
        }

        foreach (var path in new[] { flags.One("registry-config") ?? Set("HELM_REGISTRY_CONFIG") ?? Path.Combine(Config(), "registry", "config.json"), Path.Combine(Set("DOCKER_CONFIG") ?? Below(".docker"), "config.json") })
        {
            if (Login(path, host) is { } login)
            {
                return access with { UserName = login.Name, Password = login.Password };
            }
        }

        return access;
    }

    // {"auths": {"host": {"auth": base64 of "name:password"}}}
    private static (string Name, string Password)? Login(string path, string host)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(path));
            if (json.RootElement.TryGetProperty("auths", out var auths) && auths.TryGetProperty(host, out var entry) && entry.TryGetProperty("auth", out var auth)
                && Encoding.UTF8.GetString(auth.GetBytesFromBase64()) is var text && text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
            {
                return (text[..colon], text[(colon + 1)..]);
            }
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException)
        {
            throw new UsageException($"{path} is no file of registry passwords: {error.Message}");
        }

        return null;
    }

    private static string? Read(string? path) => path is null ? null : LocalFile.Read(path);

    private static string Config() => Set("HELM_CONFIG_HOME") ?? Path.Combine(Set("XDG_CONFIG_HOME") ?? Below(".config"), "helm");

    private static string Below(string folder) => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), folder);

    private static string? Set(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
