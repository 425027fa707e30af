using System.Text.RegularExpressions;

namespace Portal.Server.Features.Values;

/// <summary>A secret inside of a longer text.</summary>
/// <param name="Name">What it is called there: "db.password", "mysql://anna".</param>
/// <param name="Start">Index of its first character.</param>
/// <param name="End">Index behind its last character.</param>
/// <param name="Context">It with what stands around it: "db.password=x1".</param>
internal sealed record SecretPart(string Name, int Start, int End, string Context);

/// <summary>
/// Finds the secrets inside of a longer text: passwords of addresses, what stands behind a secret's name (properties, parameters, flags, a file within the values), elements of XML,
/// private keys and credentials of headers. Pure. In doubt it hides more: the end of a value is not known where nobody quoted it.
/// </summary>
internal static partial class SecretParts
{
    // scheme://user:password@host, also after "jdbc:". The last @ counts: passwords have some.
    [GeneratedRegex(@"(?<![a-z0-9+.-])(?<name>[a-z][a-z0-9+.-]*://[^/\s:@]*):(?<value>[^\s/]+)@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Login();

    [GeneratedRegex(@"-----BEGIN (?<name>[A-Z0-9 ]*PRIVATE KEY)( BLOCK)?-----(?<value>.+?)(-----END|\z)", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex PrivateKey();

    // Of a header, of curl's "-u anna:x1", of Docker's "auth": "base64 of both".
    [GeneratedRegex(@"\b(?<name>Bearer|Basic)[ \t]+(?<value>[A-Za-z0-9+/=._~-]{8,})|(?<=^|\s)(-u|--user)[ =][""']?(?<name>[^\s:""']+):(?<value>[^\s""']+)|""(?<name>auth)\\?""\s*:\s*\\?""(?<value>[A-Za-z0-9+/=]{8,})", RegexOptions.CultureInvariant)]
    private static partial Regex Credential();

    // Of a header with a scheme of its own: "Authorization: Token x1".
    [GeneratedRegex(@"\b(?<name>Authorization)\\?[""']?[ \t]*[:=][ \t]*\\?[""']?(?!Bearer\b|Basic\b)[A-Z][\w-]*[ \t]+(?<value>[^\s""'\\]{4,})", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Header();

    // What a Go program is told of its database: "anna:x1@tcp(db:3306)/portal". Looked for from its end, which few texts have.
    [GeneratedRegex(@"(?<=(?<![\w.-])(?<name>[\w.-]{1,64}):(?<value>[^\s/]{1,200}))@(tcp|udp|unix)[46]?\(", RegexOptions.CultureInvariant)]
    private static partial Regex GoLogin();

    // "mysql -u anna -px1": only these programs take it like this.
    [GeneratedRegex(@"(?<=\s)(?<name>-p)[""']?(?<value>[^\s""']+)", RegexOptions.CultureInvariant)]
    private static partial Regex ShortFlag();

    // "the admin password is x1" says it in words; "the token is required" does not.
    [GeneratedRegex(@"\b(?<name>password|passwd|pwd|passphrase|passcode|token|secret|api ?key)[ \t]+(is|was)[ \t:]+[""'`]?(?<value>(?![a-z]+[ \t,;]|(required|empty|optional|generated|random|set|unset|needed|missing|ignored|hidden|encrypted|deprecated|used|mandatory|invalid|valid|here|below|above|given|created|stored|read|taken|not|elsewhere|wrong|unknown|expired|secret)\b)[^\s""'`,;]+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Sentence();

    [GeneratedRegex(@"<name>(?<name>[^<]+)</name>\s*<value>(?<value>[^<]+)</value>|<(?<name>\w[\w.:-]*)>(?<value>[^<]+)</", RegexOptions.CultureInvariant)]
    private static partial Regex Element();

    // name=value, name: value, "name": "value", name[0]=value, --name value, name 'value'.
    [GeneratedRegex(@"(?<![\w.-])(?<flag>--)?[-.]*(?<name>(?>\w[\w.-]*))(\[[\w.-]*\])*(\\?[""'])?(?>[ \t]*)([=:][ \t]*|(?<=[ \t])(?=\\?[""'])|(?(flag)(?<=[ \t])|(?!)))", RegexOptions.CultureInvariant)]
    private static partial Regex Setting();

    // Where a value without quotes ends on a line that holds more than this one.
    [GeneratedRegex(@"(?<![&;,\s])[&;,\s]+(--?[A-Za-z]|[{\[]?(\\?[""'])?[-.]*\w[\w.-]*(\\?[""'])?[ \t]*(=|:(?=[\s""'])))", RegexOptions.CultureInvariant)]
    private static partial Regex NextSetting();

    [GeneratedRegex(@"^[ \t]*(export |set |- )?(\\?[""'])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex LineHead();

    // "${DB_PASSWORD}", "$(TOKEN)", "{{ .x }}", "<from a Secret>", "***": where it comes from, not what it is. What has a default ("${X:-changeit}") is more than that.
    [GeneratedRegex(@"^(\$\{[\w.-]+\}|\$\([\w.-]+\)|\$[A-Z_][A-Z0-9_]*|\{\{.*\}\}|<[^<>]*>|%\w+%|%\(\w+\)s|__portal_secret:[0-9a-f]+__|[\W_]+)[,}\]]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();

    [GeneratedRegex("(?<![A-Za-z0-9+/])([A-Za-z0-9+/]{4}){4,}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?(?![A-Za-z0-9+/=])", RegexOptions.CultureInvariant)]
    private static partial Regex Base64();

    // A text of several lines in a YAML file within the values.
    [GeneratedRegex(@"^[|>][+-]?\d?[+-]?\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex BlockMark();

    private static readonly System.Buffers.SearchValues<string> Credentials = System.Buffers.SearchValues.Create(["Bearer", "Basic", "-u", "auth"], StringComparison.Ordinal);

    private static readonly System.Buffers.SearchValues<char> Signs = System.Buffers.SearchValues.Create("=:< \t");

    /// <summary>The secrets of a text, in order; they do not overlap.</summary>
    public static IReadOnlyList<SecretPart> Find(string text)
    {
        if (text.AsSpan().IndexOfAny(Signs) < 0)
        {
            return [.. Encoded(text)];
        }

        var result = new List<SecretPart>();
        foreach (var part in Patterns(text).Concat(Settings(text)).Concat(Encoded(text)).OrderBy(p => p.Start))
        {
            if (result is [.., var last] && part.Start < last.End)
            {
                // A login inside of a setting: one secret, up to where the longer one ends.
                result[^1] = last with { End = Math.Max(last.End, part.End) };
                continue;
            }

            result.Add(part);
        }

        return result;
    }

    private static IEnumerable<SecretPart> Patterns(string text) =>
        from pattern in (Regex[])
        [
            // Most texts hold none of these: a look at a word is quicker than a search for a pattern.
            .. text.Contains("://", StringComparison.Ordinal) ? [Login()] : (Regex[])[], .. text.Contains("PRIVATE KEY", StringComparison.Ordinal) ? [PrivateKey()] : (Regex[])[],
            .. text.AsSpan().IndexOfAny(Credentials) >= 0 ? [Credential()] : (Regex[])[], .. text.Contains('<', StringComparison.Ordinal) ? [Element()] : (Regex[])[],
            .. text.Contains("authorization", StringComparison.OrdinalIgnoreCase) ? [Header()] : (Regex[])[], .. text.Contains("@tcp", StringComparison.Ordinal) || text.Contains("@u", StringComparison.Ordinal) ? [GoLogin()] : (Regex[])[],
            .. text.Contains(" -p", StringComparison.Ordinal) ? [ShortFlag()] : (Regex[])[],
            .. text.Contains(" is", StringComparison.Ordinal) || text.Contains(" was", StringComparison.Ordinal) ? [Sentence()] : (Regex[])[],
        ]
        from match in pattern.Matches(text)
        let name = match.Groups["name"].Value
        let value = match.Groups["value"]
        where (pattern != Element() || IsSecretName(name)) && (pattern != ShortFlag() || IsOfMySql(text, match.Index))
            && (pattern == Login() || pattern == PrivateKey() || pattern == Credential() || !IsReference(value.Value.Trim()))
        select new SecretPart(name, value.Index, value.Index + value.Length, text[Math.Min(match.Index, match.Groups["name"].Index)..(match.Index + match.Length)]);

    private const int LongestCommand = 400;

    // Whether a flag stands behind mysql, mysqldump, mariadb-admin... on its line.
    private static bool IsOfMySql(string text, int flag)
    {
        var before = text.AsSpan(Math.Max(flag - LongestCommand, 0)..flag);
        var line = before[(before.LastIndexOf('\n') + 1)..];
        return line.Contains("mysql", StringComparison.Ordinal) || line.Contains("mariadb", StringComparison.Ordinal);
    }

    private static IEnumerable<SecretPart> Settings(string text)
    {
        var isOneLine = !text.Contains('\n', StringComparison.Ordinal);
        for (var match = Setting().Match(text); match.Success;)
        {
            var next = match.Index + match.Length;
            if (IsSecretName(match.Groups["name"].Value) || IsTable(text, match))
            {
                var (start, end, behind) = Value(text, match, isOneLine);
                next = Math.Max(next, behind);
                start = end - text.AsSpan(start, end - start).TrimStart().Length;
                end = start + text.AsSpan(start, end - start).TrimEnd().Length;
                if (end > start && !IsReference(text[start..end]))
                {
                    yield return new SecretPart(match.Groups["name"].Value, start, end, text[match.Groups["name"].Index..Math.Max(end, behind)]);
                }
            }

            match = Setting().Match(text, next);
        }
    }

    // Where the value of a setting stands, and where it ends with its quote.
    private static (int Start, int End, int Behind) Value(string text, Match setting, bool isOneLine)
    {
        var start = setting.Index + setting.Length;
        var line = text.IndexOf('\n', start) is >= 0 and var feed ? feed : text.Length;
        var quote = start < line && text[start] == '\\' && start + 1 < line && text[start + 1] is '"' or '\'' ? text.Substring(start, 2)
            : start < line && text[start] is '"' or '\'' ? text.Substring(start, 1) : "";
        if (quote.Length > 0 && Closing(text, start + quote.Length, line, quote) is >= 0 and var closing)
        {
            return (start + quote.Length, closing, closing + quote.Length);
        }

        var head = text.LastIndexOf('\n', Math.Max(setting.Index - 1, 0)) + 1;
        if (BlockMark().IsMatch(text[start..line]) || IsTable(text, setting))
        {
            var last = BlockEnd(text, line, Indent(text, head));
            return (Math.Min(line + 1, text.Length), last, last);
        }

        // A line of properties is one setting, whatever it holds.
        var endsLine = !isOneLine && LineHead().IsMatch(text[head..setting.Index]);
        var stop = !endsLine && NextSetting().Match(text, start, line - start) is { Success: true } next ? next.Index : line;
        return (start, stop, stop);
    }

    // A quote that is followed by more of the value does not end it.
    private static int Closing(string text, int start, int line, string quote)
    {
        for (var at = text.IndexOf(quote, start, line - start, StringComparison.Ordinal); at >= 0; at = text.IndexOf(quote, at + 1, line - at - 1, StringComparison.Ordinal))
        {
            var behind = at + quote.Length;
            if (text[at - 1] != '\\' && (behind == line || !(char.IsLetterOrDigit(text[behind]) || text[behind] == quote[0])))
            {
                return at;
            }
        }

        return -1;
    }

    private static int BlockEnd(string text, int line, int indent)
    {
        while (line < text.Length)
        {
            var next = text.IndexOf('\n', line + 1) is >= 0 and var stop ? stop : text.Length;
            // Items of a list may stand right below its key.
            var content = text.AsSpan(line + 1, next - line - 1).Trim();
            if (content.Length > 0 && Indent(text, line + 1) is var deep && (deep < indent || (deep == indent && !content.StartsWith("- "))))
            {
                break;
            }

            line = next;
        }

        return line;
    }

    private static int Indent(string text, int at)
    {
        var rest = text.AsSpan(at);
        return rest.Length - rest.TrimStart(' ').Length;
    }

    // "tokens:" and nothing else on its line: what stands below is secret.
    private static bool IsTable(string text, Match setting)
    {
        if (!setting.Value.AsSpan().TrimEnd().EndsWith(":") || !SecretNames.IsTable(setting.Groups["name"].Value))
        {
            return false;
        }

        var rest = text.AsSpan(setting.Index + setting.Length);
        return rest.IndexOf('\n') is > -1 and var end && rest[..end].Trim().IsEmpty;
    }

    // What was encoded as a whole, and holds a secret: "dXNlcj1hO3Bhc3N3b3JkPXg=".
    private static IEnumerable<SecretPart> Encoded(string text) =>
        from match in Base64().Matches(text)
        where Convert.TryFromBase64String(match.Value, new byte[match.Length], out var length) && length >= 8
        let decoded = System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(match.Value))
        where !decoded.Any(c => c == '\uFFFD' || (char.IsControl(c) && !char.IsWhiteSpace(c))) && Find(decoded).Count > 0
        select new SecretPart("base64", match.Index, match.Index + match.Length, match.Value);

    // A header's value has a scheme, which may be shown: see Header.
    private static bool IsSecretName(string name) => SecretNames.Say(ValuesPath.Join([name])) && !name.EndsWith("authorization", StringComparison.OrdinalIgnoreCase);

    private static bool IsReference(string value) => Reference().IsMatch(value) || SecretScalars.IsSwitch(value.TrimEnd(',', '}', ']'));
}
