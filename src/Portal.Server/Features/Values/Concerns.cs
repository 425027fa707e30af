using System.Text.RegularExpressions;
using Portal.Core.Catalog;

namespace Portal.Server.Features.Values;

/// <summary>Which lines of a changelog speak of what an operator uses. Pure.</summary>
internal static partial class Concerns
{
    /// <summary>The entries, those that concern the operator first (keys overridden, images and kinds that run); the order is kept otherwise.</summary>
    public static IReadOnlyList<ConcerningChange> Of(IEnumerable<ChangelogEntry> entries, IReadOnlyCollection<string> keys, IReadOnlyCollection<string> images, IReadOnlyCollection<string> kinds) =>
    [
        .. entries.Select(e => new ConcerningChange(e, [.. Keys(e.Text, keys).Concat(Images(e.Text, images)).Concat(Kinds(e.Text, kinds)).Distinct(StringComparer.Ordinal)])).OrderBy(c => c.Concerns.Count == 0),
    ];

    // "storage.*", "storage.{a,b}" and "storage" in back-quotes speak of everything below storage.
    private static IEnumerable<string> Keys(string text, IReadOnlyCollection<string> keys)
    {
        var named = Dotted().Matches(text).Select(m => m.Value).Concat(Quoted().Matches(text).Select(m => m.Groups[1].Value)).Select(n => n.Split(".{")[0].Split(".*")[0].TrimEnd('.', ':')).Where(n => n.Length > 0).ToHashSet(StringComparer.Ordinal);
        return keys.Where(k => named.Any(n => k == n || k.StartsWith(n + ".", StringComparison.Ordinal) || n.StartsWith(k + ".", StringComparison.Ordinal)));
    }

    // registry/team/iom-core:1.2 is spoken of as iom-core.
    private static IEnumerable<string> Images(string text, IReadOnlyCollection<string> images) =>
        images.Where(i => i.Split('@')[0] is var name && name[(name.LastIndexOf('/') + 1)..].Split(':')[0] is { Length: > 2 } shortName && Regex.IsMatch(text, $@"(?<![\w-]){Regex.Escape(shortName)}(?![\w-])", RegexOptions.IgnoreCase));

    private static IEnumerable<string> Kinds(string text, IReadOnlyCollection<string> kinds) => kinds.Where(k => Regex.IsMatch(text, $@"\b{Regex.Escape(k)}s?\b"));

    [GeneratedRegex(@"[A-Za-z_][\w-]*(\.[\w*{-][\w*{},-]*)+")]
    private static partial Regex Dotted();

    [GeneratedRegex(@"`([A-Za-z_][\w.*{},-]*)`")]
    private static partial Regex Quoted();
}
