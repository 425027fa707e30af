using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>
/// RE2's syntax (github.com/google/re2/wiki/Syntax) in .NET's words: ASCII classes, $ at the very end, \Q..\E, POSIX classes, (?U). What RE2
/// does not know (lookaround, back-references) is refused.
/// </summary>
internal sealed class Re2Syntax
{
    private const int MostRepeats = 1000;
    private const string Digit = "0-9";
    private const string Word = "0-9A-Za-z_";
    private const string Blank = "\\t\\n\\f\\r ";
    private readonly string _pattern;
    private readonly StringBuilder _result = new();
    private readonly Stack<(bool Multi, bool Ungreedy, bool DotAll, bool Fold, int Most, string Close)> _scopes = new();
    private readonly bool _pairs;
    private int _groups;
    private int _at;
    private bool _multi;
    private bool _ungreedy;
    private bool _dotAll;
    private bool _fold;

    // How often the last thing repeats what is deepest in it, and the most of all things in this group.
    private int _times = 1;
    private int _most = 1;

    // Whether there is something to repeat, and where a repetition begins: that of the token before, and this token's.
    private bool _hasOperand;
    private int _lastRepeat = -1;
    private int _repeat = -1;

    private Re2Syntax(string pattern, bool pairs) => (_pattern, _pairs) = (pattern, pairs);

    /// <summary>The same pattern for .NET.</summary>
    /// <param name="pattern">RE2's.</param>
    /// <param name="pairs">Whether characters beyond U+FFFF count as one.</param>
    /// <exception cref="FunctionException">RE2 refuses the pattern.</exception>
    public static string Translate(string pattern, bool pairs)
    {
        var syntax = new Re2Syntax(pattern, pairs);
        while (syntax._at < pattern.Length)
        {
            syntax._repeat = -1;
            syntax.Next();
            syntax._lastRepeat = syntax._repeat;
        }

        if (syntax._scopes.Count > 0)
        {
            throw Error("missing closing )", pattern);
        }

        return syntax._result.ToString();
    }

    private static FunctionException Error(string what, string part) => new($"error parsing regexp: {what}: `{part}`");

    private void Next()
    {
        var c = _pattern[_at];
        if (c is not ('{' or ')'))
        {
            _times = 1;
        }

        var start = _at;
        var hadOperand = _hasOperand;
        _hasOperand = true;
        switch (c)
        {
            case '\\':
                Escape(inClass: false);
                break;
            case '[':
                Class();
                break;
            case '|':
                _result.Append('|');
                _at++;
                _hasOperand = false;
                break;
            case '(':
                // Flags alone ("(?i)") are nothing.
                _hasOperand = Group() && hadOperand;
                break;
            case ')':
                if (_scopes.Count == 0)
                {
                    throw Error("unexpected )", _pattern);
                }

                _times = _most;
                (_multi, _ungreedy, _dotAll, _fold, _most, var close) = _scopes.Pop();
                _most = Math.Max(_most, _times);
                _result.Append(close);
                _at++;
                break;
            case '$':
                _result.Append(_multi ? "$" : "\\z");
                _at++;
                break;
            case '*' or '+' or '?':
                _result.Append(c);
                _at++;
                Lazy();
                CheckRepeat(start, hadOperand);
                break;
            case '{' when Regex.Match(_pattern[_at..], "^\\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\\}") is { Success: true } repeat:
                Repeat(repeat.Value, hadOperand);
                break;
            case '{':
                _times = 1;
                _result.Append("\\{");
                _at++;
                break;
            case '.' when _pairs:
                _result.Append(SurrogatePairs.AllBut(_dotAll ? "" : "\\n"));
                _at++;
                break;
            default:
                _at = Literal(_at);
                break;
        }
    }

    // RE2 copies what is repeated: no more than a thousand times, a repetition of repetitions included.
    private void Repeat(string text, bool hasOperand)
    {
        int[] counts = [.. text.Trim('{', '}').Split(',').Where(n => n.Length > 0).Select(n => n.Length > 4 ? MostRepeats + 1 : int.Parse(n, CultureInfo.InvariantCulture))];
        if (counts.Any(n => n > MostRepeats) || counts[0] > counts[^1])
        {
            throw Error("invalid repeat count", text);
        }

        var start = _at;
        _result.Append(text);
        _at += text.Length;
        Lazy();
        CheckRepeat(start, hasOperand);
        _times = text is "{0}" or "{0,0}" ? 0 : _times * Math.Max(counts[^1], 1);
        _most = Math.Max(_most, _times);
        if (_times > MostRepeats)
        {
            throw Error("invalid repeat count", text + (_pattern[_at - 1] == '?' ? "?" : ""));
        }
    }

    // A repetition of a repetition is refused before one of nothing.
    private void CheckRepeat(int start, bool hasOperand)
    {
        if (_lastRepeat >= 0)
        {
            throw Error("invalid nested repetition operator", _pattern[_lastRepeat.._at]);
        }

        _repeat = hasOperand ? start : throw Error("missing argument to repetition operator", _pattern[start.._at]);
    }

    // One character, so that what repeats it repeats both halves.
    private int Literal(int at, bool quoted = false)
    {
        if (_pairs && at + 1 < _pattern.Length && char.IsSurrogatePair(_pattern[at], _pattern[at + 1]))
        {
            _result.Append(SurrogatePairs.One(char.ConvertToUtf32(_pattern[at], _pattern[at + 1])));
            return at + 2;
        }

        var c = _pattern[at];
        _result.Append(_fold && CaseOrbits.Of(c) is { } orbit ? $"[{orbit}]" : quoted ? Regex.Escape(c.ToString()) : c.ToString());
        return at + 1;
    }

    private void Lazy()
    {
        var lazy = _at < _pattern.Length && _pattern[_at] == '?';
        _at += lazy ? 1 : 0;
        _result.Append(lazy != _ungreedy ? "?" : "");
    }

    // True for flags alone, which open no group.
    private bool Group()
    {
        if (_at + 1 >= _pattern.Length || _pattern[_at + 1] != '?')
        {
            // Go numbers all groups from left to right, .NET those with a name last.
            _scopes.Push((_multi, _ungreedy, _dotAll, _fold, _most, ")"));
            _result.Append(CultureInfo.InvariantCulture, $"(?<{++_groups}>");
            _most = 1;
            _at++;
            return false;
        }

        var rest = _pattern[_at..];
        if (Regex.Match(rest, "^\\(\\?P?<([A-Za-z_][A-Za-z0-9_]*)>") is { Success: true } named)
        {
            _scopes.Push((_multi, _ungreedy, _dotAll, _fold, _most, "))"));
            _result.Append(CultureInfo.InvariantCulture, $"(?<{++_groups}>(?<{named.Groups[1].Value}>");
            _most = 1;
            _at += named.Length;
            return false;
        }

        if (Regex.Match(rest, "^\\(\\?P?<(?![A-Za-z0-9_]+>)[^>]*>?") is { Success: true } badName)
        {
            throw Error("invalid named capture", badName.Value.EndsWith('>') ? badName.Value : rest);
        }

        _scopes.Push((_multi, _ungreedy, _dotAll, _fold, _most, ")"));

        if (Regex.Match(rest, "^\\(\\?([imsU]*)(-[imsU]+)?([:)])") is not { Success: true } flags)
        {
            // Up to the first character that is no flag.
            throw Error("invalid or unsupported Perl syntax", Regex.Match(rest, "^\\(\\?[imsU]*(?:-[imsU]*)?[^imsU]?", RegexOptions.Singleline).Value);
        }

        var on = flags.Groups[1].Value;
        var off = flags.Groups[2].Value;
        _multi = (_multi || on.Contains('m')) && !off.Contains('m');
        _dotAll = (_dotAll || on.Contains('s')) && !off.Contains('s');
        _fold = (_fold || on.Contains('i')) && !off.Contains('i');
        _ungreedy = (_ungreedy || on.Contains('U')) && !off.Contains('U');
        var plainOn = on.Replace("U", "", StringComparison.Ordinal);
        var plainOff = off.Replace("U", "", StringComparison.Ordinal).TrimEnd('-');
        var closes = flags.Groups[3].Value == ")";
        if (closes)
        {
            _scopes.Pop();
        }
        else
        {
            _most = 1;
        }

        if (!closes || plainOn.Length + plainOff.Length > 0)
        {
            _result.Append("(?").Append(plainOn).Append(plainOff).Append(flags.Groups[3].Value);
        }

        _at += flags.Length;
        return closes;
    }

    private void Class()
    {
        var start = _at++;
        var negated = _at < _pattern.Length && _pattern[_at] == '^';
        _at += negated ? 1 : 0;
        var set = _result.Length;
        var beyond = new List<(int Low, int High)>();
        var named = new StringBuilder();
        for (var first = true; ; first = false)
        {
            if (_at >= _pattern.Length)
            {
                throw Error("missing closing ]", _pattern[start..]);
            }

            var c = _pattern[_at];
            if (c == ']' && !first)
            {
                break;
            }

            if (Point(_at) is { } low && low.End < _pattern.Length && _pattern[low.End] == '-' && Point(low.End + 1) is { } high && high.Code < low.Code)
            {
                throw Error("invalid character class range", _pattern[_at..high.End]);
            }

            if (_pairs && Beyond() is { } range)
            {
                beyond.Add(range);
            }
            else if (c == '[' && Regex.Match(_pattern[_at..], "^\\[:(\\^?)([a-z]+):\\]") is { Success: true } posix)
            {
                _result.Append(Posix(posix.Groups[2].Value, posix.Value, posix.Groups[1].Length > 0));
                beyond.AddRange(posix.Groups[1].Length > 0 ? [(SurrogatePairs.First, SurrogatePairs.Last)] : []);
                _at += posix.Length;
            }
            else if (c == '\\')
            {
                beyond.AddRange(_at + 1 < _pattern.Length && _pattern[_at + 1] is 'D' or 'W' or 'S' or 'P' ? [(SurrogatePairs.First, SurrogatePairs.Last)] : []);
                Escape(inClass: true);
            }
            else
            {
                // A dash at the end would begin a subtraction.
                var isLast = _pairs && c == '-' && _at + 1 < _pattern.Length && _pattern[_at + 1] == ']';
                var one = c is '[' or ']' || isLast ? "\\" + c : c.ToString();
                _result.Append(one);
                named.Append(one);
                _at++;
            }
        }

        _at++;
        var below = _result.ToString(set, _result.Length - set) + (_fold && named.Length > 0 ? CaseOrbits.Touching($"[{named}]") : "");
        _result.Length = set;
        _result.Append(_pairs && (negated || beyond.Count > 0) ? SurrogatePairs.Class(below, beyond, negated) : $"[{(negated ? "^" : "")}{below}]");
    }

    // A character or a range that ends beyond U+FFFF; what it has below that goes into the class.
    private (int Low, int High)? Beyond()
    {
        if (Point(_at) is not { } low)
        {
            return null;
        }

        var high = low.End < _pattern.Length && _pattern[low.End] == '-' && Point(low.End + 1) is { } end ? end : low;
        if (high.Code < SurrogatePairs.First || high.Code < low.Code)
        {
            return null;
        }

        if (low.Code < SurrogatePairs.First)
        {
            _result.Append(CultureInfo.InvariantCulture, $"\\u{low.Code:X4}-\\uFFFF");
        }

        _at = high.End;
        return (Math.Max(low.Code, SurrogatePairs.First), high.Code);
    }

    // A character that stands for itself, or one by its number, and where it ends.
    private (int Code, int End)? Point(int at)
    {
        if (at >= _pattern.Length || _pattern[at] is '[' or ']')
        {
            return null;
        }

        if (_pattern[at] != '\\')
        {
            var isPair = at + 1 < _pattern.Length && char.IsSurrogatePair(_pattern[at], _pattern[at + 1]);
            return isPair ? (char.ConvertToUtf32(_pattern[at], _pattern[at + 1]), at + 2) : (_pattern[at], at + 1);
        }

        return Numbered(at) is { } number ? (number.Code, at + number.Length) : null;
    }

    // A character by its number: octal or hexadecimal. \1 alone would be a reference, which RE2 has not.
    private (int Code, int Length)? Numbered(int at) => Regex.Match(_pattern[at..], "^\\\\(0[0-7]{0,2}|[1-7][0-7]{1,2})") is { Success: true } octal
        ? (octal.Groups[1].Value.Aggregate(0, (code, digit) => (code * 8) + (digit - '0')), octal.Length)
        : Hex(at);

    private (int Code, int Length)? Hex(int at) =>
        Regex.Match(_pattern[at..], "^\\\\x(?:\\{([0-9A-Fa-f]+)\\}|([0-9A-Fa-f]{2}))") is { Success: true } hex
        && int.TryParse(hex.Groups[1].Length > 0 ? hex.Groups[1].Value : hex.Groups[2].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var code)
        && code <= SurrogatePairs.Last && code is >= 0 and (< 0xD800 or > 0xDFFF) ? (code, hex.Length) : null;

    private static string Posix(string name, string text, bool negated)
    {
        (char Low, char High)[] ranges = name switch
        {
            "alnum" => [('0', '9'), ('A', 'Z'), ('a', 'z')],
            "alpha" => [('A', 'Z'), ('a', 'z')],
            "ascii" => [('\0', '\x7F')],
            "blank" => [('\t', '\t'), (' ', ' ')],
            "cntrl" => [('\0', '\x1F'), ('\x7F', '\x7F')],
            "digit" => [('0', '9')],
            "graph" => [('!', '~')],
            "lower" => [('a', 'z')],
            "print" => [(' ', '~')],
            "punct" => [('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
            "space" => [('\t', '\r'), (' ', ' ')],
            "upper" => [('A', 'Z')],
            "word" => [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
            "xdigit" => [('0', '9'), ('A', 'F'), ('a', 'f')],
            _ => throw Error("invalid character class range", text),
        };
        return string.Concat((negated ? Between(ranges) : ranges).Select(r => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)r.Low:X4}-\\u{(int)r.High:X4}")));
    }

    // What sorted ranges leave out.
    private static IEnumerable<(char Low, char High)> Between(IEnumerable<(char Low, char High)> ranges)
    {
        var next = 0;
        foreach (var (low, high) in ranges)
        {
            if (low > next)
            {
                yield return ((char)next, (char)(low - 1));
            }

            next = high + 1;
        }

        yield return ((char)next, char.MaxValue);
    }

    private static string Complement(string set, char kind) => kind switch
    {
        'd' => "\\x00-/:-\\uFFFF",
        'w' => "\\x00-/:-@\\[-^`{-\\uFFFF",
        's' => "\\x00-\\x08\\x0B\\x0E-\\x1F!-\\uFFFF",
        _ => set,
    };

    private void Escape(bool inClass)
    {
        if (_at + 1 >= _pattern.Length)
        {
            throw new FunctionException("error parsing regexp: trailing backslash at end of expression: ``");
        }

        var c = _pattern[_at + 1];
        var lower = char.ToLowerInvariant(c);
        if (lower is 'd' or 'w' or 's')
        {
            var set = lower switch { 'd' => Digit, 'w' => Word, _ => Blank };
            _result.Append(inClass ? c == lower ? set : Complement(set, lower) : c == lower ? $"[{set}]" : AllBut(set));
            _at += 2;
        }
        else if (lower == 'p')
        {
            UnicodeClass(inClass);
        }
        else if (c == 'Q' && !inClass)
        {
            var end = _pattern.IndexOf("\\E", _at, StringComparison.Ordinal);
            for (var at = _at + 2; at < (end < 0 ? _pattern.Length : end);)
            {
                at = Literal(at, quoted: true);
            }

            _at = end < 0 ? _pattern.Length : end + 2;
        }
        else if (Numbered(_at) is { } number)
        {
            if (_pairs && number.Code >= SurrogatePairs.First)
            {
                _result.Append(SurrogatePairs.One(number.Code));
            }
            else
            {
                foreach (var unit in char.ConvertFromUtf32(number.Code))
                {
                    _result.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
                }
            }

            _at += number.Length;
        }
        else if (c is 'A' or 'z' or 'b' or 'B' && !inClass || c is 'a' or 'f' or 'n' or 'r' or 't' or 'v')
        {
            _result.Append('\\').Append(c);
            _at += 2;
        }
        else if (c < 0x80 && !char.IsAsciiLetterOrDigit(c))
        {
            _result.Append(c == '_' ? "_" : "\\" + c);
            _at += 2;
        }
        else
        {
            throw Error("invalid escape sequence", "\\" + c);
        }
    }

    private string AllBut(string set) => _pairs ? SurrogatePairs.AllBut(set) : $"[^{set}]";

    private void UnicodeClass(bool inClass)
    {
        var match = Regex.Match(_pattern[_at..], "^\\\\([pP])(?:\\{(\\^?)([A-Za-z_]+)\\}|([A-Z]))");
        if (!match.Success)
        {
            throw Error("invalid character class range", _pattern.Substring(_at, Math.Min(3, _pattern.Length - _at)));
        }

        var negated = (match.Groups[1].Value == "P") != (match.Groups[2].Length > 0);
        var name = match.Groups[3].Length > 0 ? match.Groups[3].Value : match.Groups[4].Value;
        // .NET knows general categories by name, scripts only as blocks.
        var ranges = name switch
        {
            "Latin" => "A-Za-z\\u00AA\\u00BA\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02B8\\u1E00-\\u1EFF\\u2C60-\\u2C7F\\uA722-\\uA787\\uFF21-\\uFF3A\\uFF41-\\uFF5A",
            "Greek" => "\\u0370-\\u0373\\u0375-\\u0377\\u037A-\\u037D\\u037F\\u0384\\u0386\\u0388-\\u03E1\\u03F0-\\u03FF\\u1F00-\\u1FFE",
            "Cyrillic" => "\\u0400-\\u0484\\u0487-\\u052F\\u1C80-\\u1C88\\u1D2B\\u2DE0-\\u2DFF\\uA640-\\uA69F",
            "Han" => "\\u2E80-\\u2FD5\\u3005\\u3007\\u3021-\\u3029\\u3038-\\u303B\\u3400-\\u4DBF\\u4E00-\\u9FFF\\uF900-\\uFAD9",
            "Hiragana" => "\\u3041-\\u3096\\u309D-\\u309F",
            "Katakana" => "\\u30A1-\\u30FA\\u30FD-\\u30FF\\u31F0-\\u31FF\\uFF66-\\uFF6F\\uFF71-\\uFF9D",
            "Hebrew" => "\\u0591-\\u05F4\\uFB1D-\\uFB4F",
            "Arabic" => "\\u0600-\\u0604\\u0606-\\u060B\\u060D-\\u061A\\u061C-\\u061E\\u0620-\\u063F\\u0641-\\u064A\\u0656-\\u066F\\u0671-\\u06DC\\u06DE-\\u06FF\\u0750-\\u077F",
            _ => null,
        };
        if (ranges is null)
        {
            if (!IsCategory(name))
            {
                throw Error("invalid character class range", match.Value);
            }

            _result.Append(negated && !inClass ? AllBut($"\\p{{{name}}}") : $"\\{(negated ? 'P' : 'p')}{{{name}}}");
        }
        else
        {
            _result.Append(inClass ? negated ? throw Error("invalid character class range", match.Value) : ranges : negated ? AllBut(ranges) : $"[{ranges}]");
        }

        _at += match.Length;
    }

    // Unicode's general categories: one letter, or two.
    private static bool IsCategory(string name) => name is "C" or "L" or "M" or "N" or "P" or "S" or "Z"
        or "Cc" or "Cf" or "Co" or "Cs" or "Ll" or "Lm" or "Lo" or "Lt" or "Lu" or "Mc" or "Me" or "Mn" or "Nd" or "Nl" or "No"
        or "Pc" or "Pd" or "Pe" or "Pf" or "Pi" or "Po" or "Ps" or "Sc" or "Sk" or "Sm" or "So" or "Zl" or "Zp" or "Zs";
}
