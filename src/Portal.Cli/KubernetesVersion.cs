using Portal.Helm.Rendering;

namespace Portal.Cli;

/// <summary>--kube-version: "1.30", "v1.30.4", "1.30.4-gke.100" (k8s.io/apimachinery/pkg/util/version, ParseGeneric).</summary>
internal static class KubernetesVersion
{
    /// <summary>A cluster of that version.</summary>
    /// <exception cref="UsageException">It is none; the text is Helm's.</exception>
    public static Capabilities Of(Capabilities capabilities, string text)
    {
        var body = text.Trim();
        body = body.StartsWith('v') ? body[1..] : body;
        var numbers = new string([.. body.TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]).TrimEnd('.');
        var parts = numbers.Split('.');
        var problem = numbers.Length == 0 || parts.Any(p => p.Length == 0) ? $"could not parse \"{text}\" as version"
            : parts.Length < 2 ? $"illegal version string \"{text}\""
            : parts.FirstOrDefault(p => p.Length > 1 && p[0] == '0') is { } padded ? $"illegal zero-prefixed version component \"{padded}\" in \"{text}\""
            : null;
        return problem is null ? capabilities with { KubeVersion = text.StartsWith('v') ? text : "v" + text, PrintedKubeVersion = "v" + numbers } : throw new UsageException($"invalid kube version '{text}': {problem}");
    }
}
