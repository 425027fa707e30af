using System.Text.RegularExpressions;

namespace Portal.Server.Features.Values;

/// <summary>
/// Secrets that are known by the form of what they stand in: passwords of addresses, private keys, credentials of headers, elements of XML, calls, statements of SQL, and sentences. Pure.
/// </summary>
internal static partial class SecretPatterns
{
    // scheme://user:password@host, also after "jdbc:". The last @ counts: passwords have some, and slashes; behind a host, "8080/" begins a path.
    [GeneratedRegex(@"(?<![a-z0-9+.-])(?<name>[a-z][a-z0-9+.-]*://[^/\s:@]*):(?<value>(?!\d{1,5}/)[^\s""'<>]{1,200}|[^\s/]+)@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Login();

    // https://TOKEN@github.com: longer than a name is.
    [GeneratedRegex(@"(?<name>://)(?<value>[A-Za-z0-9_-]{20,})@", RegexOptions.CultureInvariant)]
    private static partial Regex TokenLogin();

    // Whoever knows such an address may use it.
    [GeneratedRegex(@"(?<name>hooks\.slack\.com/(services|workflows|triggers)/|discord(app)?\.com/api/webhooks/|/webhook(b2)?/(?=[0-9a-f-]{36}))(?<value>[^\s""'<>]+)|[?&](?<name>sig|X-Amz-Signature|X-Goog-Signature|code|key)=(?<value>[^&\s""'<>]{16,})", RegexOptions.CultureInvariant)]
    private static partial Regex SignedAddress();

    [GeneratedRegex(@"-----BEGIN (?<name>[A-Z0-9 ]*PRIVATE KEY)( BLOCK)?-----(?<value>.+?)(-----END|\z)", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex PrivateKey();

    // Of a header, of curl's "-u anna:x1" (1000:1000 is a user of a container), of Docker's "auth": "base64 of both".
    [GeneratedRegex(@"\b(?<name>Bearer|Basic)[ \t]+(?<value>[A-Za-z0-9+/=._~-]{8,})|(?<=^|\s)(-u[ =]?|--(proxy-)?user[ =])[""']?(?!\d+:\d+\b)(?<name>[^\s:""']+):(?<value>[^\s""']+)|""(?<name>auth)\\?""\s*:\s*\\?""(?<value>[A-Za-z0-9+/=]{8,})", RegexOptions.CultureInvariant)]
    private static partial Regex Credential();

    // Of a header with a scheme of its own: "Authorization: Token x1".
    [GeneratedRegex(@"\b(?<name>Authorization)\\?[""']?[ \t]*[:=][ \t]*\\?[""']?(?!Bearer\b|Basic\b)[A-Z][\w-]*[ \t]+(?<value>[^\s""'\\]{4,})", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Header();

    // What a Go program is told of its database: "anna:x1@tcp(db:3306)/portal". Looked for from its end, which few texts have.
    [GeneratedRegex(@"(?<=(?<![\w.-])(?<name>[\w.-]{1,64}):(?<value>[^\s/]{1,200}))@(tcp|udp|unix)[46]?\(", RegexOptions.CultureInvariant)]
    private static partial Regex GoLogin();

    // jdbc:oracle:thin:anna/x1@host
    [GeneratedRegex(@":(?<name>thin|oci):[^\s/@]{1,64}/(?<value>[^\s@""']+)@", RegexOptions.CultureInvariant)]
    private static partial Regex OracleLogin();

    // "mysql -u anna -px1", "sshpass -p x1", "docker login -p x1": only some programs take it like this.
    [GeneratedRegex(@"(?<=\s)(?<name>-p)(?<space>[ \t]+)?[""']?(?<value>[^\s""']+)", RegexOptions.CultureInvariant)]
    private static partial Regex ShortFlag();

    // "the admin password is x1" says it in words; "the token is required" does not.
    [GeneratedRegex(@"\b(?<name>password|passwd|pwd|passphrase|passcode|token|secret|api ?key)[ \t]+(is|was)[ \t:]+[""'`]?(?<value>(?![a-z]+[ \t,;]|(required|empty|optional|generated|random|set|unset|needed|missing|ignored|hidden|encrypted|deprecated|used|mandatory|invalid|valid|here|below|above|given|created|stored|read|taken|not|elsewhere|wrong|unknown|expired|secret)\b)[^\s""'`,;]+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Sentence();

    // <password type="x">x1</password>, and Hadoop's <name>...</name><value>...</value> with <final> between.
    [GeneratedRegex(@"<name>(?<name>[^<]+)</name>(\s*<(?!name|value)\w+>[^<]*</\w+>)?\s*<value>\s*(<!\[CDATA\[(?<value>[^\]]+)\]\]>|(?<value>[^<]+))|<(?<name>\w[\w.:-]*)(?>(\s[^<>]*)?)(?<!/)>\s*(<!\[CDATA\[(?<value>[^\]]+)\]\]>|(?<value>[^<]+))\s*</", RegexOptions.CultureInvariant)]
    private static partial Regex Element();

    // <property name="db.password" value="x1"/>, <entry key="db.password">x1</entry>, and the other way round.
    [GeneratedRegex(@"<\w[^<>]{0,400}?\s(name|key)=[""'](?<name>[^""'<>]+)[""'](?>[^<>]*?)(\svalue=[""'](?<value>[^""']+)[""']|>(?<value>[^<]+)</)|<\w[^<>]{0,400}?\svalue=[""'](?<value>[^""'<>]+)[""'](?>[^<>]*?)\s(name|key)=[""'](?<name>[^""'<>]+)[""']", RegexOptions.CultureInvariant)]
    private static partial Regex Attribute();

    // define('DB_PASSWORD', 'x1'), setPassword("x1")
    [GeneratedRegex(@"(?<![\w.])(?<name>\w{3,64})\([ \t]*([""'](?<name>[\w.-]{3,64})[""'][ \t]*,[ \t]*)?[""'](?<value>[^""'\n]+)[""']", RegexOptions.CultureInvariant)]
    private static partial Regex Call();

    [GeneratedRegex(@"\b(?<name>IDENTIFIED)[ \t]+(WITH[ \t]+\S+[ \t]+)?(BY|AS)[ \t]+[""'](?<value>[^""'\n]+)[""']", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Identified();

    // A line of spark-defaults.conf or redis.conf: a name, white space, a value.
    [GeneratedRegex(@"^[ \t]*(?<name>\w[\w.-]*)[ \t]+(?<value>[^\s=:][^\n\r]*)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Directive();

    [GeneratedRegex("^(password|passwd|pwd|passphrase|passcode|token|secret|credentials?)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    [GeneratedRegex(@"\blogin[ \t]+\S+[ \t]+(?<name>password)[ \t]+(?<value>\S+)", RegexOptions.CultureInvariant)]
    private static partial Regex NetRc();

    // Of .pgpass: host:port:database:user:password.
    [GeneratedRegex(@"^[ \t]*(?<name>[^\s:]+:(\d{1,5}|\*):[^\s:]+:[^\s:]+):(?<value>\S+)[ \t]*\r?$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex PgPass();

    private static readonly System.Buffers.SearchValues<string> Credentials = System.Buffers.SearchValues.Create(["Bearer", "Basic", "-u", "auth", "--proxy-user"], StringComparison.Ordinal);

    /// <summary>The secrets of a text; they may overlap.</summary>
    public static IEnumerable<SecretPart> Find(string text) =>
        from pattern in Promising(text)
        from match in pattern.Matches(text)
        let name = match.Groups["name"].Captures[^1].Value
        let value = match.Groups["value"]
        where IsMeant(pattern, text, match, name, value.Value) && (IsSure(pattern) || !SecretParts.IsReference(value.Value.Trim()))
        let start = value.Index + value.Length - value.Value.TrimStart().Length
        let end = value.Index + value.Value.TrimEnd().Length
        where end > start
        select new SecretPart(name, start, end, text[Math.Min(match.Index, match.Groups["name"].Index)..Math.Max(end, match.Index + match.Length)], text[start..end]);

    // Most texts hold none of these: a look at a word is quicker than a search for a pattern.
    private static IEnumerable<Regex> Promising(string text)
    {
        bool Has(string word) => text.Contains(word, StringComparison.Ordinal);
        if (Has("://"))
        {
            yield return Login();
            yield return TokenLogin();
            yield return SignedAddress();
        }

        if (Has("PRIVATE KEY"))
        {
            yield return PrivateKey();
        }

        if (text.AsSpan().IndexOfAny(Credentials) >= 0)
        {
            yield return Credential();
        }

        if (Has("<"))
        {
            yield return Element();
            yield return Attribute();
        }

        if (text.Contains("authorization", StringComparison.OrdinalIgnoreCase))
        {
            yield return Header();
        }

        if (Has("@tcp") || Has("@u"))
        {
            yield return GoLogin();
        }

        if (Has(":thin:") || Has(":oci:"))
        {
            yield return OracleLogin();
        }

        if (Has(" -p"))
        {
            yield return ShortFlag();
        }

        if (Has(" is") || Has(" was"))
        {
            yield return Sentence();
        }

        if (Has("("))
        {
            yield return Call();
        }

        if (text.Contains("identified", StringComparison.OrdinalIgnoreCase))
        {
            yield return Identified();
        }

        if (SecretNames.Hint(text))
        {
            yield return Directive();
            yield return NetRc();
        }

        if (text.AsSpan().Count(':') >= 4)
        {
            yield return PgPass();
        }
    }

    private static bool IsSure(Regex pattern) => pattern == Login() || pattern == PrivateKey() || pattern == Credential();

    private static bool IsMeant(Regex pattern, string text, Match match, string name, string value) =>
        pattern == Element() || pattern == Attribute() ? SecretParts.IsSecretName(name)
        : pattern == Call() ? SecretNames.Says(name)
        : pattern == ShortFlag() ? TakesPassword(text, match.Index, match.Groups["space"].Success)
        : pattern != Directive() || (SecretParts.IsSecretName(name) && (name.Contains('.', StringComparison.Ordinal) || IsGiven(name, value.Trim())));

    // "requirepass foobared" sets something; "password for the admin" and "token required" are sentences.
    private static bool IsGiven(string name, string value) => !value.AsSpan().ContainsAny(' ', '\t') && (!Plain().IsMatch(name) || !value.All(char.IsAsciiLetter));

    private const int LongestCommand = 400;

    // Whether a flag stands behind mysql, mysqldump, mariadb-admin... on its line; others want a space behind it.
    private static bool TakesPassword(string text, int flag, bool isApart)
    {
        var before = text.AsSpan(Math.Max(flag - LongestCommand, 0)..flag);
        var line = before[(before.LastIndexOf('\n') + 1)..];
        return isApart
            ? line.Contains("sshpass", StringComparison.Ordinal) || line.Contains("docker login", StringComparison.Ordinal) || line.Contains("registry login", StringComparison.Ordinal)
            : line.Contains("mysql", StringComparison.Ordinal) || line.Contains("mariadb", StringComparison.Ordinal) || line.Contains("sshpass", StringComparison.Ordinal);
    }
}
