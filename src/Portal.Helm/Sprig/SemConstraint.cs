using System.Text.RegularExpressions;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>A constraint as Masterminds/semver checks it: "&gt;=1.19-0 &lt;2, ^3 || ~1.2.x". Alternatives by ||, conditions by blank or comma.</summary>
public sealed class SemConstraint
{
    private const string Blank = @"[\t\n\f\r ]";
    private const string Symbol = @"(?<symbol>=||!=|>|<|>=|=>|<=|=<|~|~>|\^)";
    private const string Number = @"[0-9xX*|]+";
    private const string Names = @"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*";
    private const string Version = $@"v?{Number}(?:\.{Number})?(?:\.{Number})?(?:-{Names})?(?:\+{Names})?";

    // Between conditions stands a blank or one comma.
    private static readonly Regex Alternative = Of($@"^{Blank}*{Symbol}{Blank}*{Version}{Blank}*(?:(?:{Blank}+|,{Blank}*){Symbol}{Blank}*{Version}{Blank}*)*\z");
    private static readonly Regex One = Of($@"{Symbol}{Blank}*(?<version>{Version})");
    private static readonly Regex Parts = Of($@"^v?(?<major>{Number})(?<minor>\.{Number})?(?<patch>\.{Number})?(?<pre>-{Names})?(?:\+{Names})?\z");

    // "1.2 - 2.0" is ">= 1.2, <= 2.0".
    private static readonly Regex Range = Of($@"{Blank}*(?<low>{Version}){Blank}+-{Blank}+(?<high>{Version}){Blank}*");

    private readonly List<List<Condition>> _alternatives = [];

    // How many numbers were given: those behind are x or missing.
    private sealed record Condition(string Operator, string Text, SemVersion Version, int Given);

    /// <summary>The constraint of a text, or null when it is none.</summary>
    public static SemConstraint? TryParse(string text) => TryParse(text, out _);

    /// <summary>The constraint of a text, or null and what semver says of it.</summary>
    public static SemConstraint? TryParse(string text, out string fault)
    {
        fault = "";
        var result = new SemConstraint();
        foreach (var alternative in Range.Replace(text, m => $">= {m.Groups["low"].Value}, <= {m.Groups["high"].Value} ").Split("||"))
        {
            if (!Alternative.IsMatch(alternative))
            {
                fault = $"improper constraint: {GoQuote.Quote(alternative)}";
                return null;
            }

            var conditions = new List<Condition>();
            foreach (Match match in One.Matches(alternative))
            {
                if (Parse(match.Groups["symbol"].Value, match.Groups["version"].Value) is not { } condition)
                {
                    fault = "constraint parser error";
                    return null;
                }

                conditions.Add(condition);
            }

            result._alternatives.Add(conditions);
        }

        return result;
    }

    private static Condition? Parse(string symbol, string text)
    {
        static bool IsOpen(Group part) => part.Value.TrimStart('.') is "" or "x" or "X" or "*";
        var parts = Parts.Match(text);
        var (major, minor, patch, pre) = (parts.Groups["major"], parts.Groups["minor"], parts.Groups["patch"], parts.Groups["pre"].Value);
        var (given, full) = IsOpen(major) ? (0, "0.0.0" + pre)
            : IsOpen(minor) ? (1, $"{major.Value}.0.0{pre}")
            : IsOpen(patch) ? (2, $"{major.Value}{minor.Value}.0{pre}")
            : (3, text);
        return SemVersion.TryParse(full) is { } version ? new Condition(symbol, text, version, given) : null;
    }

    /// <summary>Whether a version satisfies the constraint. Without a prerelease in an alternative, prereleases never satisfy it.</summary>
    public bool Matches(SemVersion version) => _alternatives.Exists(a =>
        (version.Prerelease.Length == 0 || a.Exists(c => c.Version.Prerelease.Length > 0)) && a.TrueForAll(c => Matches(c, version)));

    private static bool Matches(Condition condition, SemVersion version)
    {
        var wanted = condition.Version;
        var order = version.CompareTo(wanted);
        var byMinor = (version.Major, version.Minor).CompareTo((wanted.Major, wanted.Minor));
        return condition.Operator switch
        {
            "" or "=" => condition.Given < 3 ? Tilde(condition, version) : order == 0,
            "!=" => condition.Given switch
            {
                // One that is open from the first number on is 0.0.0 to the comparisons.
                1 => version.Major != wanted.Major,
                2 => byMinor != 0 || ((version.Prerelease.Length > 0 || wanted.Prerelease.Length > 0) && version.Prerelease != wanted.Prerelease),
                _ => order != 0,
            },
            ">" => condition.Given switch
            {
                1 => version.Major > wanted.Major,
                2 => byMinor > 0,
                _ => order > 0,
            },
            "<" => order < 0,
            ">=" or "=>" => order >= 0,
            "<=" or "=<" => condition.Given switch
            {
                3 => order <= 0,
                1 => version.Major <= wanted.Major,
                _ => byMinor <= 0,
            },
            "^" => order >= 0 && Caret(condition, version),
            _ => Tilde(condition, version),
        };
    }

    // ~0.0.0 and ~x take every version from there on.
    private static bool Tilde(Condition condition, SemVersion version) => version.CompareTo(condition.Version) >= 0
        && ((condition.Given is 0 or 3 && condition.Version is { Major: 0, Minor: 0, Patch: 0 })
            || (version.Major == condition.Version.Major && (condition.Given == 1 || version.Minor == condition.Version.Minor)));

    private static bool Caret(Condition condition, SemVersion version)
    {
        var wanted = condition.Version;
        if (wanted.Major > 0 || condition.Given == 1)
        {
            return version.Major == wanted.Major;
        }

        if (version.Major > 0)
        {
            return false;
        }

        return wanted.Minor > 0 || condition.Given == 2 ? version.Minor == wanted.Minor : version.Minor == 0 && version.Patch == wanted.Patch;
    }

    private static Regex Of(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>The constraint as it was written: alternatives joined by "||", their parts by blanks.</summary>
    public override string ToString() => string.Join(" || ", _alternatives.Select(a => string.Join(' ', a.Select(c => c.Operator + c.Text))));
}
