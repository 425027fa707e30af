using System.Text.RegularExpressions;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;
using Portal.Server.Features.Values;

namespace Portal.Server.Features.Plans;

/// <summary>Which addresses values name: of a text without its secrets. Pure.</summary>
internal static partial class ReachabilityAddresses
{
    /// <summary>"host:port" each, in the order of the text, without doubles.</summary>
    public static IReadOnlyList<string> Of(string hidden)
    {
        var tree = GoYaml.ReadTable(hidden);
        var texts = ValuesPath.Leaves(tree).Select(l => l.Value).OfType<string>().SelectMany(InText);
        return [.. YamlTree.Tables(tree).SelectMany(InTable).Concat(texts).Where(a => ReachabilityJob.Parse(a) is not null).Distinct(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> InText(string text) => Url().Matches(text).Select(m => (Scheme: m.Groups[1].Value.ToLowerInvariant(), Host: m.Groups[2].Value, Port: m.Groups[3].Value))
        .Select(u => (u.Host, Port: u.Port.Length > 0 ? u.Port : u.Scheme switch { "http" => "80", "https" => "443", "ldap" => "389", "ldaps" => "636", _ => "" }))
        .Where(u => u.Port.Length > 0).Select(u => $"{u.Host}:{u.Port}");

    // host and port beside each other.
    private static IEnumerable<string> InTable(Dictionary<string, object?> table) =>
        table.GetValueOrDefault("host") is string { Length: > 0 } host && table.GetValueOrDefault("port") is { } port ? [$"{host}:{GoFormat.Value(port)}"] : [];

    [GeneratedRegex(@"([A-Za-z][A-Za-z0-9+.-]*)://(?:[^/@\s]*@)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")]
    private static partial Regex Url();
}
