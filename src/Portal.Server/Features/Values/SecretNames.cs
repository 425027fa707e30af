using System.Buffers;
using System.Text.RegularExpressions;

namespace Portal.Server.Features.Values;

/// <summary>Which names say that what they are given is secret, and which keys that everything below them is.</summary>
internal static partial class SecretNames
{
    // All of these are matched against a name without its dots, dashes and underscores.
    private const string Word = "passwor[dt]|passwd|passphrase|passcode|kennwort|pswd|secretkey|secretaccesskey|encryptionkey|signingkey|masterkey|sharedkey|sharedaccesskey|fernetkey|hmackey|token(?!i[sz](er|ation)|bucket)|apikey|accountkey|private_?key|clientkeydata|credential|"
        + "(unseal|recovery|ssh|deploy|licen[sc]e|jwt|session|cookie|aes|crypto|sas|storageaccount|enc|(?<!meta)data|auth|app|keystore|truststore|sensitive|sensitiveprops|openai|anthropic|datadog|newrelic|stripe|sendgrid|mailgun)keys?$|keytab(data|base64|content)?$|^(master|primary)auth$|"
        + "erlangcookie$|fsazuresas|secretid$|(hmac|kek|psk|pepper|pincode|mnemonic|(otp|mfa)seed)$|(^|git|hub|gitlab|azure|devops|ado)pat$|(^|hash|hashids?|password|jwt|session|cookie|encryption)salt$|contrase[nñ]a|пароль|senha$|hasło|motdepasse|wachtwoord";

    // "pwdDb", "db-pass-rw", "ADMIN_PWD_INIT": what it opens, or what for, stands behind it.
    private const string Whose = "(db|database|rw|ro|init|initial|default|root|admin|app|api|main|internal|external|master|replica)?";

    // "clientSecretProd", "JWT_SECRET_CURRENT", "session_secret_v2": the same secret elsewhere, at another time, in another writing.
    private const string Which = "(prod|production|dev|test|testing|staging|stage|qa|current|previous|old|new|next|primary|secondary|backup|hex|base64|b64|raw|plain|rotated|v[0-9]+)?";

    // "bypass", "compass", and where a web server passes requests on to.
    private const string NoPass = "by|com|tres|proxy|fastcgi|uwsgi|scgi|grpc";

    [GeneratedRegex($"({Word})|((secret|pw|secret(value|string|data|text)s?|keypem|tlskey|^(proxy)?authorization)|(pwd|(?<!{NoPass})pass){Whose}){Which}[0-9]*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Secret();

    // What only the letters' case tells from other names: "userKey: username" is of a reference, user_key is Pushover's. Variables in the plural hold all at once.
    [GeneratedRegex("(?<![A-Za-z])(user|service|routing|integration)_key$|(?<![A-Za-z])(USER|SERVICE|ROUTING|INTEGRATION)_KEY$|^([A-Z0-9]+_)*(?<!PULL_)SECRETS(_JSON|_YAML|_MAP)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Written();

    // Most names have none of these, and need no closer look: all values of a text are asked about while somebody types.
    private static readonly SearchValues<string> Hints = SearchValues.Create(["pass", "secret", "key", "token", "credential", "pw", "authorization", "pswd", "kennwort", "masterauth", "primaryauth",
        "erlang", "azure", "hmac", "kek", "psk", "pepper", "pincode", "pin_code", "pin-code", "mnemonic", "seed", "securejson", "contrasena", "senha", "pat", "salt", "wachtwoord"], StringComparison.OrdinalIgnoreCase);

    // "tokenExpirySeconds", "passwordPolicy", "tokenUrl", "passwordFile", "credentials.provider", "secretKeyRef.DB_PASSWORD" of Spark: about a secret, not one.
    [GeneratedRegex(
        "(seconds|minutes|hours|days|expiry|expiration|ttl|lifetime|timeout|interval|length|(?<!ac)count|size|policy|service|servicename|providers?|endpoint|ur[li]s?|issuer|algorithm|algo|header|headername|version|replicas|reviewer|izer|generator|files?|filename|path|paths|dir|"
        + "directory|format|encoding|image|port|audience|scopes?|mode|prefix|pattern|regex|rounds|iterations|mountpath|volume|claims?|selector|template|rotation|method|class|classname|store|manager|hint|field|attribute|secretname|(password|credentials?)secret|passwordkey|"
        + "(?<=password|token|key|secret|credentials?|authenticator)(names?|types?)|(password|token|credentials?)secretkey|(?<=time|interval|expiration|expiry|timeout|validity|age|ttl|duration|period|delay)(in)?(ms|millis|milliseconds|s|secs?)|per(second|minute|hour|day)|lifespan|validity|(max|min)age|"
        + "duration|refillrate|limit|enabled|encoder|authenticator|history|schedule|attempts|helper|projection|parallelism|stdin|from|model)$|secretkeyref",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Measure();

    // "maxTokens", "usePassword", but not "userPassword".
    [GeneratedRegex("^-*((max|min|num)[A-Z_.-]|(MAX|MIN|NUM)_|(use|enable|disable|allow|require|has|is|show|with)[A-Z_.-])", RegexOptions.CultureInvariant)]
    private static partial Regex Amount();

    // What stands below such a key is secret, whatever it is called itself.
    [GeneratedRegex($"({Word}|secret|securejson|pwd|(?<!{NoPass})pass)s?(value|string|data|text|env|envvar|var|file|config|content|map)?s?[0-9]*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Above();

    // Charts of that name, references, and things of other systems that have a Secret on their way: what is above them says nothing of what is below.
    [GeneratedRegex("^existing|^(external|sealed)secrets$|pullsecrets?$|secretkeys$|(secret|key|remote|field)refs?$|(annotations|labels|resources|image|securitycontext|selector|affinity|tolerations)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Apart();

    // A reference that has the secret's own name behind it holds one ("existingSecretPassword").
    // The value of an annotation "nginx.ingress.kubernetes.io/auth-secret" names one.
    [GeneratedRegex("^existing.*(password|passwd|passphrase|passcode|token|pwd)[0-9]*$|^(?!existing|.*(pullsecrets?|secretrefs?|secretnames?|envfromsecrets?|/.*secret)$)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NoReference();

    [GeneratedRegex("(passwords|tokens|secrets|credentials|apikeys|privatekeys|passphrases)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Table();

    [GeneratedRegex("(encryption|tls|ssl|storage|storageaccount|azure|jwt|signing|hmac|session|cookie|aes)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Encryption();

    private static readonly HashSet<string> Harmless = new(
        ["name", "namespace", "secretName", "type", "kind", "apiVersion", "enabled", "create", "mountPath", "subPath", "path", "mode", "defaultMode", "optional", "immutable", "audience", "provider", "host", "port", "username", "user", "annotations", "labels"],
        StringComparer.OrdinalIgnoreCase);

    // What stands beside a secret, in one table with it. Below "passwords" such a key says what one is for.
    [GeneratedRegex("^(region|zone|bucket|endpoint|project|tenant|account|email|url|uri|server|database|dbname|domain|realm|issuer|description|version|driver|(client|accesskey|account|tenant|project|subscription|user|key|app|application|organi[sz]ation|org|team|role)id)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Beside();

    [GeneratedRegex("(passwords|tokens|apikeys|privatekeys|passphrases)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Each();

    [GeneratedRegex("(?<!api|access|auth|refresh|bearer|bot|deploy|user|admin)tokens$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Counted();

    private static readonly string[] KeyHeld = ["key", "keyData", "keyContent"];

    /// <summary>Whether a name announces a secret: of a variable, a flag, a header or a key.</summary>
    public static bool Says(string name) => Hint(name) && Plain(name) is var plain && (Secret().IsMatch(plain) || Written().IsMatch(name)) && !Measure().IsMatch(plain) && !Amount().IsMatch(name);

    /// <summary>Whether a text may hold such a name at all: quicker than to look for them.</summary>
    public static bool Hint(string text) => text.AsSpan().ContainsAny(Hints) || !System.Text.Ascii.IsValid(text);

    /// <summary>Whether what a name is given is a number of tokens: those of language models are counted.</summary>
    public static bool IsCount(string name, string value) => value.Length is > 0 and < 10 && value.All(char.IsAsciiDigit) && Counted().IsMatch(Plain(name));

    /// <summary>Whether everything below a key of a longer text is secret.</summary>
    public static bool IsTable(string name) => Table().IsMatch(Plain(name));

    /// <summary>Whether a path is that of an item of a list that is called "secrets", "tokens"...: of values it may be a list of names.</summary>
    public static bool SayItem(string path) => ValuesPath.Split(path) is [.., var list, var item] && IsIndex(item) && IsTable(list) && !Apart().IsMatch(Plain(list));

    /// <summary>Whether a path of values says that what stands there is secret.</summary>
    public static bool Say(string path)
    {
        if (!Hint(path))
        {
            return false;
        }

        // An item of a list is called as the list is.
        var all = ValuesPath.Split(path);
        string[] keys = [.. all.Where(k => !IsIndex(k))];
        if (keys is not [.. var above, var last])
        {
            return false;
        }

        var parent = above is [.., var nearest] ? nearest : "";
        var says = Says(last) || (KeyHeld.Contains(last, StringComparer.OrdinalIgnoreCase) && Encryption().IsMatch(Plain(parent))) || (!Harmless.Contains(last) && IsBelowSecret(above) && !Measure().IsMatch(last) && (!Beside().IsMatch(Plain(last)) || (all is [.., var table, _] && Each().IsMatch(Plain(table)))));
        // Most names say nothing: what they might refer to is asked last.
        return says && !IsReference(parent, last) && NoReference().IsMatch(Plain(last));
    }

    // {name, key} of a reference to a Secret name it, {key, path} choose from one, and {passwordKey} of an existing one too: they are not secret themselves.
    private static bool IsReference(string parent, string last) => last is "name" or "key"
        ? parent.EndsWith("Secret", StringComparison.Ordinal) || parent.EndsWith("Secrets", StringComparison.Ordinal) || parent.EndsWith("Ref", StringComparison.Ordinal) || parent is "items"
        : last.EndsWith("Key", StringComparison.Ordinal) && (parent.StartsWith("existing", StringComparison.Ordinal) || parent.EndsWith("ecretKeys", StringComparison.Ordinal));

    private static bool IsBelowSecret(string[] above)
    {
        var secret = Array.FindLastIndex(above, k => Above().IsMatch(Plain(k)));
        return secret >= 0 && !Array.Exists(above[secret..], k => Apart().IsMatch(Plain(k)));
    }

    private static bool IsIndex(string key) => key.Length > 0 && key.All(char.IsAsciiDigit);

    private static string Plain(string key) => key.Replace(".", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
}
