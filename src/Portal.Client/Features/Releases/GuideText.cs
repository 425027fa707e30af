using System.Text.RegularExpressions;

namespace Portal.Client.Features.Releases;

/// <summary>A chart's upgrade guide as far as it is still to be read. Pure.</summary>
internal static partial class GuideText
{
    /// <summary>Without the heading that the page has already, and without sections that lead to a version which is installed or older.</summary>
    public static string From(string guide, IReadOnlyCollection<string> done)
    {
        var sections = Sections().Split(guide.ReplaceLineEndings("\n"));
        return string.Concat(sections.Where(s => !IsDone(s, done)).Select((s, i) => i == 0 ? Title().Replace(s, "") : s)).Trim();
    }

    private static bool IsDone(string section, IReadOnlyCollection<string> done) =>
        section.StartsWith("## ", StringComparison.Ordinal) && section.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Any(word => done.Contains(word.TrimStart('v').TrimEnd(':')));

    [GeneratedRegex("^(?=## )", RegexOptions.Multiline)]
    private static partial Regex Sections();

    [GeneratedRegex(@"\A\s*# .*\n?")]
    private static partial Regex Title();
}
