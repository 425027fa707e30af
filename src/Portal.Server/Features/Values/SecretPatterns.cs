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
    [GeneratedRegex(@"(?<name>hooks\.slack\.com/(services|workflows|triggers)/|discord(app)?\.com/api/webhooks/|api\.telegram\.org/bot|hooks\.zapier\.com/hooks/catch/|/hooks/(?=[a-z0-9]{26}\b)|/webhook(b2)?/(?=[0-9a-f-]{36}))(?<value>[^\s""'<>]+)|[?&](?<name>sig|X-Amz-Signature|X-Goog-Signature|code|key)=(?<value>[^&\s""'<>]{16,})", RegexOptions.CultureInvariant)]
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

    // "mysql -u anna -px1", "sshpass -p x1", "redis-cli -a x1": only some programs take it like this. 8080:80 are ports.
    [GeneratedRegex(@"(?<=\s)(?<name>-[pawP])(?<space>[ \t]+)?[""']?(?!\d+:\d)(?<value>[^\s""']+)", RegexOptions.CultureInvariant)]
    private static partial Regex ShortFlag();

    [GeneratedRegex(@"(?<![\w.-])(sshpass|mongo(sh|d|s|dump|restore|export|import|stat|top)?|cqlsh|beeline|(docker|podman|registry|buildah|skopeo)[ \t]+login)\s", RegexOptions.CultureInvariant)]
    private static partial Regex TakesP();

    // keytool -storepass x1, influx -password x1.
    [GeneratedRegex(@"(?<=\s)-(?<name>[A-Za-z]{2,40})[ \t]+[""']?(?<value>[^\s""'-][^\s""']*)", RegexOptions.CultureInvariant)]
    private static partial Regex LongFlag();

    // Commands that take a secret where it stands.
    [GeneratedRegex(@"\b(?<name>vault)[ \t]+login[ \t]+(-[\w-]+(=\S+)?[ \t]+)*[""']?(?<value>[^\s""'=;|&-][^\s""'=;|&]*)(?![\w=])|\b(?<name>htpasswd)[ \t]+(-\w+[ \t]+)*-\w*b\w*[ \t]+(-\w+[ \t]+)*\S+[ \t]+\S+[ \t]+[""']?(?<value>[^\s""']+)", RegexOptions.CultureInvariant)]
    private static partial Regex Command();

    // echo x1 | docker login --password-stdin
    [GeneratedRegex(@"\b(?<name>echo|printf)[ \t]+(-n[ \t]+)?[""']?(?<value>[^\n|]{1,400}?)[""']?[ \t]*\|[^|\n]{1,400}-stdin\b", RegexOptions.CultureInvariant)]
    private static partial Regex Piped();

    // kubectl create secret generic a --from-literal=k=x1
    [GeneratedRegex(@"--from-literal[= ][""']?(?<name>[\w.-]{1,253})=[""']?(?<value>(?!\$\()[^\s""']+)", RegexOptions.CultureInvariant)]
    private static partial Regex Literal();

    // Of nginx: proxy_set_header X-Api-Key x1; what begins with $ is a variable.
    [GeneratedRegex(@"\b(proxy_set_header|grpc_set_header|add_header|more_set_headers|fastcgi_param|uwsgi_param)[ \t]+[""']?(?<name>[\w-]{1,100})[""']?[ \t]+[""']?(?<value>[^\s;""'$][^\s;""']*)", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderSet();

    // Of HAProxy: stats auth admin:x1.
    [GeneratedRegex(@"\bstats[ \t]+(?<name>auth)[ \t]+[^\s:]+:(?<value>\S+)", RegexOptions.CultureInvariant)]
    private static partial Regex StatsLogin();

    // Of Redis: user default on >x1 ~* +@all
    [GeneratedRegex(@"(?<![\w.-])user[ \t]+(?<name>[^\s>]{1,200})[ \t]+(?>((on|off|reset\w*|all\w+|no\w+|[~+&%#>-]\S*)[ \t]+)*?(?=>))>(?<value>\S+)", RegexOptions.CultureInvariant)]
    private static partial Regex AclUser();

    // A line of PgBouncer's userlist.txt: "app" "x1".
    [GeneratedRegex(@"^[ \t]*""(?<name>[^""\s]{1,64})""[ \t]+""(?<value>[^""\n]+)""[ \t]*\r?$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex UserList();

    // Of Terraform: variable "db_password" { default = "x1" }
    [GeneratedRegex(@"\bvariable[ \t]+""(?<name>[\w-]{1,100})""[ \t]*\{[^{}]{0,1000}?\bdefault[ \t]*=[ \t]*""(?<value>[^""\n]+)""", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();

    // Of htpasswd: admin:{SHA}x1, admin:$apr1$x1.
    [GeneratedRegex(@"(?<![^\s""',])(?<name>[^\s:""',{}$]{1,64}):(?<value>(\{S?SHA(256|512)?\}|\$(apr1|2[abxy]|5|6|1|argon2\w*)\$)[^\s""',]+)", RegexOptions.CultureInvariant)]
    private static partial Regex HashedLogin();

    // BASIC_AUTH=elastic:x1; host:9200 is an address.
    [GeneratedRegex(@"(?<name>auth(users?)?)\\?[""']?[ \t]*[=:][ \t]*\\?[""']?[\w.@-]{1,64}:(?!//|\d{1,5}\b)(?<value>[^\s""'\\/]+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex AuthSetting();

    // "Grafana: GF_SECURITY_ADMIN_PASSWORD x1": a variable and a word that is no plain one, at the end of a line.
    [GeneratedRegex(@"(?<=\s)(?<name>[A-Z][A-Z0-9]*(_[A-Z0-9]+)+)[ \t]+(?<value>(?![A-Za-z]+[.,]?[ \t]*\r?$)[^\s=:-]\S*)[ \t]*\r?$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex VariableGiven();

    // Tokens that show by their form whose they are. The id of a key of AWS (AKIA...) is none.
    [GeneratedRegex(@"(?<![A-Za-z0-9_])(?<value>(?<name>gh[opsur]_|github_pat_|glpat-|gl(dt|rt|ptt|soat)-|xox[abeprs]-|xapp-|[sr]k_(live|test)_|sk-(proj|ant|svcacct|or)-|dckr_(pat|oat)_|hvs\.|hvb\.|glsa_|glc_|dop_v1_|shpat_|whsec_|hf_|gsk_|pypi-|npm_(?=[A-Za-z0-9]{30}))[\w.-]{16,}"
        + @"|(?<name>AIza)[\w-]{35}(?![\w-])|(?<name>SG\.)[\w-]{16,}\.[\w-]{16,}|(?<name>AGE-SECRET-KEY-1)[A-Za-z0-9]{40,}|(?<name>eyJ)[\w-]{6,}(\.[\w-]*){2,4})", RegexOptions.CultureInvariant)]
    private static partial Regex Token();

    private static readonly System.Buffers.SearchValues<string> Tokens = System.Buffers.SearchValues.Create(
        ["ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "gldt-", "glrt-", "glptt-", "glsoat-", "xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-", "xapp-", "k_live_", "k_test_", "sk-proj-", "sk-ant-", "sk-svcacct-", "sk-or-", "dckr_pat_", "dckr_oat_",
            "hvs.", "hvb.", "glsa_", "glc_", "dop_v1_", "shpat_", "whsec_", "hf_", "gsk_", "pypi-", "npm_", "AIza", "SG.", "AGE-SECRET-KEY-1", "eyJ"],
        StringComparison.Ordinal);

    private static readonly System.Buffers.SearchValues<string> Addresses = System.Buffers.SearchValues.Create(["://", "sig=", "Signature=", "hooks", "telegram.org/bot"], StringComparison.Ordinal);

    private static readonly System.Buffers.SearchValues<string> ShortFlags = System.Buffers.SearchValues.Create([" -p", " -a", " -w", " -P"], StringComparison.Ordinal);

    private static readonly System.Buffers.SearchValues<string> Headers = System.Buffers.SearchValues.Create(["_set_header", "add_header", "gi_param"], StringComparison.Ordinal);

    private static readonly System.Buffers.SearchValues<string> Hashes = System.Buffers.SearchValues.Create([":{", ":$"], StringComparison.Ordinal);

    private static readonly System.Buffers.SearchValues<string> Commands = System.Buffers.SearchValues.Create(["vault login", "htpasswd"], StringComparison.Ordinal);

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

    [GeneratedRegex(@"\b(login|user)[ \t]+\S+[ \t]+(?<name>(insecure-)?password)[ \t]+(?<value>\S+)", RegexOptions.CultureInvariant)]
    private static partial Regex NetRc();

    // Of .pgpass: host:port:database:user:password. Hexadecimal numbers are an address of IPv6.
    [GeneratedRegex(@"^[ \t]*(?![0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){4,}(/\d+)?[ \t]*\r?$)(?<name>[^\s:]+:(\d{4,5}|\*):[^\s:]+:[^\s:]+):(?<value>\S+)[ \t]*\r?$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex PgPass();

    private static readonly System.Buffers.SearchValues<string> Credentials = System.Buffers.SearchValues.Create(["Bearer", "Basic", "-u", "auth", "--proxy-user"], StringComparison.Ordinal);

    /// <summary>Tokens of known forms: they are secret wherever they stand.</summary>
    public static IEnumerable<SecretPart> FindTokens(string text) => text.AsSpan().IndexOfAny(Tokens) < 0 ? []
        : Token().Matches(text).Select(m => new SecretPart(m.Groups["name"].Value, m.Index, m.Index + m.Length, m.Value, m.Value));

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
        }

        if (text.AsSpan().IndexOfAny(Addresses) >= 0)
        {
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

        if (text.AsSpan().IndexOfAny(ShortFlags) >= 0)
        {
            yield return ShortFlag();
        }

        if (text.AsSpan().IndexOfAny(Commands) >= 0)
        {
            yield return Command();
        }

        if (Has("-stdin"))
        {
            yield return Piped();
        }

        if (Has("--from-literal"))
        {
            yield return Literal();
        }

        if (text.AsSpan().IndexOfAny(Headers) >= 0)
        {
            yield return HeaderSet();
        }

        if (Has("stats"))
        {
            yield return StatsLogin();
        }

        if (Has(" >"))
        {
            yield return AclUser();
        }

        if (Has("\" \""))
        {
            yield return UserList();
        }

        if (Has("variable"))
        {
            yield return Variable();
        }

        if (text.AsSpan().IndexOfAny(Hashes) >= 0)
        {
            yield return HashedLogin();
        }

        if (Has(":") && text.Contains("auth", StringComparison.OrdinalIgnoreCase))
        {
            yield return AuthSetting();
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
            yield return VariableGiven();
            yield return LongFlag();
        }

        if (text.AsSpan().Count(':') >= 4)
        {
            yield return PgPass();
        }
    }

    private static bool IsSure(Regex pattern) => pattern == Login() || pattern == PrivateKey() || pattern == Credential();

    private static bool IsMeant(Regex pattern, string text, Match match, string name, string value) =>
        pattern == Element() || pattern == Attribute() ? SecretParts.IsSecretName(name)
        : pattern == Call() || pattern == LongFlag() || pattern == HeaderSet() || pattern == Variable() || pattern == VariableGiven() ? SecretNames.Says(name)
        : pattern == ShortFlag() ? TakesPassword(Line(text, match.Index), name, match.Groups["space"].Success)
        : pattern == Literal() ? Line(text, match.Index).Contains(" secret ", StringComparison.Ordinal)
        : pattern != Directive() || (SecretParts.IsSecretName(name) && (name.Contains('.', StringComparison.Ordinal) || IsGiven(name, value.Trim())));

    // "requirepass foobared" sets something; "password for the admin" and "token required" are sentences.
    private static bool IsGiven(string name, string value) => !value.AsSpan().ContainsAny(' ', '\t') && (!Plain().IsMatch(name) || !value.All(char.IsAsciiLetter));

    private const int LongestCommand = 400;

    /// <summary>Whether it is a flag that some programs give a password.</summary>
    public static bool IsShortFlag(string value) => value is "-p" or "-a" or "-w" or "-P";

    /// <summary>Whether the program at the beginning of a command line takes a password behind this flag, after a space.</summary>
    public static bool TakesPassword(string line, string flag) => TakesPassword(line, flag, isApart: true);

    // What stands before a flag on its line.
    private static ReadOnlySpan<char> Line(string text, int flag)
    {
        var before = text.AsSpan(Math.Max(flag - LongestCommand, 0)..flag);
        return before[(before.LastIndexOf('\n') + 1)..];
    }

    // Others than mysql, mysqldump, mariadb-admin... want a space behind it.
    private static bool TakesPassword(ReadOnlySpan<char> line, string flag, bool isApart) => (flag, isApart) switch
    {
        ("-p", true) => TakesP().IsMatch(line),
        ("-p", false) => line.Contains("mysql", StringComparison.Ordinal) || line.Contains("mariadb", StringComparison.Ordinal) || line.Contains("sshpass", StringComparison.Ordinal),
        ("-a", true) => line.Contains("redis-cli ", StringComparison.Ordinal) || line.Contains("valkey-cli ", StringComparison.Ordinal),
        ("-w", true) => line.Contains("ldap", StringComparison.Ordinal),
        ("-P", true) => line.Contains("sqlcmd ", StringComparison.Ordinal) || line.Contains("bcp ", StringComparison.Ordinal),
        _ => false,
    };
}
