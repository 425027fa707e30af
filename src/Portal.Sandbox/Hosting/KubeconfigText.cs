using System.Text;

namespace Portal.Sandbox.Hosting;

/// <summary>Writes a kubeconfig with inline data only.</summary>
internal static class KubeconfigText
{
    public static string Write(Uri url, string token, string? authorityPem)
    {
        var authority = authorityPem is null
            ? ""
            : $"    certificate-authority-data: {Convert.ToBase64String(Encoding.ASCII.GetBytes(authorityPem))}\n";
        return $"""
            apiVersion: v1
            kind: Config
            current-context: sandbox
            clusters:
            - name: sandbox
              cluster:
                server: {url.GetLeftPart(UriPartial.Authority)}
            {authority}contexts:
            - name: sandbox
              context:
                cluster: sandbox
                user: sandbox
            users:
            - name: sandbox
              user:
                token: {token}

            """;
    }
}
