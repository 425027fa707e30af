using System.Text;
using Portal.Helm.Templating;

namespace Portal.Helm.Charts;

/// <summary>What Helm makes of the texts in Chart.yaml when it loads a chart (pkg/chart/v2/metadata.go, Validate): all on one line, and nothing that cannot be printed.</summary>
internal static class MetadataText
{
    public static Metadata Clean(Metadata metadata) => metadata with
    {
        Name = Clean(metadata.Name),
        Description = Clean(metadata.Description),
        Home = Clean(metadata.Home),
        Icon = Clean(metadata.Icon),
        Condition = Clean(metadata.Condition),
        Tags = Clean(metadata.Tags),
        AppVersion = Clean(metadata.AppVersion),
        KubeVersion = Clean(metadata.KubeVersion),
        Sources = Clean(metadata.Sources),
        Keywords = Clean(metadata.Keywords),
        Maintainers = [.. metadata.Maintainers.Select(m => new Maintainer(Clean(m.Name), Clean(m.Email), Clean(m.Url)))],
        Dependencies = [.. metadata.Dependencies.Select(Clean)],
    };

    private static Dependency Clean(Dependency dependency) => dependency with
    {
        Name = Clean(dependency.Name),
        Version = Clean(dependency.Version),
        Repository = Clean(dependency.Repository),
        Condition = Clean(dependency.Condition),
        Tags = Clean(dependency.Tags),
    };

    private static string[] Clean(IReadOnlyList<string> texts) => [.. texts.Select(Clean)];

    private static string Clean(string text)
    {
        // Nearly all are as they should be.
        if (text.All(c => c is >= ' ' and < '\u007F'))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes().Where(r => Rune.IsWhiteSpace(r) || GoQuote.IsPrint(r.Value)))
        {
            result.Append(Rune.IsWhiteSpace(rune) ? new Rune(' ') : rune);
        }

        return result.ToString();
    }
}
