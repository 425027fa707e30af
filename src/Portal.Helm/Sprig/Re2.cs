using System.Diagnostics;
using System.Text.RegularExpressions;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>
/// A regular expression of RE2's, in .NET's engine without backtracking. That engine sees characters beyond U+FFFF as two: for a pattern or a text that has
/// some there is a second, longer translation, which takes both halves or none. \b asks for Unicode's words, not for ASCII's: .NET has no other in this engine.
/// </summary>
internal sealed class Re2
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(2);

    // For all matches of one text together: each may be soon found, and there may be sixty million.
    private static readonly TimeSpan MostForAll = TimeSpan.FromSeconds(20);

    private readonly string _pattern;
    private readonly Regex? _plain;
    private Regex? _paired;

    private Re2(string pattern)
    {
        _pattern = pattern;
        if (HasPairs(pattern) || pattern.Contains("\\x{", StringComparison.Ordinal))
        {
            _paired = Build(pattern, pairs: true);
        }
        else
        {
            _plain = Build(pattern, pairs: false);
        }
    }

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="FunctionException">RE2 refuses it; in its words.</exception>
    public static Re2 Parse(string pattern)
    {
        if (GoBytes.HasLoneSurrogate(pattern))
        {
            throw new FunctionException($"error parsing regexp: invalid UTF-8: `{pattern[GoBytes.LoneSurrogate(pattern)..]}`");
        }

        try
        {
            return new Re2(pattern);
        }
        catch (RegexParseException error)
        {
            throw new FunctionException($"error parsing regexp: {Reason(error, pattern)}", error);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new FunctionException($"error parsing regexp: expression too large: `{pattern}`", error);
        }
    }

    /// <summary>Whether the text has a match.</summary>
    public bool IsMatch(string text) => _plain is not null && !HasPairs(text) ? _plain.IsMatch(text) : Matches(text).Any();

    /// <summary>The matches from left to right; none begins between the halves of a character.</summary>
    public IEnumerable<Match> Matches(string text)
    {
        var regex = _plain is not null && !HasPairs(text) ? _plain : _paired ??= Build(_pattern, pairs: true);
        var started = Stopwatch.GetTimestamp();
        for (var match = regex.Match(text); match.Success;)
        {
            if (Stopwatch.GetElapsedTime(started) > MostForAll)
            {
                throw new RegexMatchTimeoutException(text.Length > 100 ? text[..100] : text, _pattern, MostForAll);
            }

            var isInside = match.Index > 0 && match.Index < text.Length && char.IsSurrogatePair(text[match.Index - 1], text[match.Index]);
            if (!isInside)
            {
                yield return match;
            }

            match = isInside ? regex.Match(text, match.Index + 1) : match.NextMatch();
        }
    }

    private static bool HasPairs(string text) => text.AsSpan().ContainsAnyInRange('\uD800', '\uDBFF');

    private static Regex Build(string pattern, bool pairs) => new(Re2Syntax.Translate(pattern, pairs), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Most);

    // What is wrong, in RE2's words. The offset is that of the pattern for .NET, which is as long as RE2's up to the fault in these cases.
    private static string Reason(RegexParseException error, string pattern)
    {
        var at = Math.Clamp(error.Offset, 1, Math.Max(pattern.Length, 1));
        return error.Error switch
        {
            RegexParseError.ReversedCharacterRange when at >= 4 => $"invalid character class range: `{pattern[(at - 4 + 1)..at]}`",
            _ => $"invalid or unsupported Perl syntax: `{pattern}`",
        };
    }
}
