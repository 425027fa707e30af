using System.Text;
using System.Text.RegularExpressions;

namespace Portal.Server.Features.Values;

/// <summary>A secret inside of a longer text.</summary>
/// <param name="Name">What it is called there: "db.password", "mysql://anna".</param>
/// <param name="Start">Index of its first character.</param>
/// <param name="End">Index behind its last character.</param>
/// <param name="Context">It with what stands around it: "db.password=x1".</param>
/// <param name="Value">It without quotes and escapes.</param>
internal sealed record SecretPart(string Name, int Start, int End, string Context, string Value);

/// <summary>
/// Finds the secrets inside of a longer text: of a document within the values (<see cref="SecretDocuments"/>), and of loose text what stands behind a secret's name
/// (<see cref="SecretSettings"/>) or in a form that is known to carry one (<see cref="SecretPatterns"/>). Pure. In doubt it hides more: the end of a value is not known where nobody
/// quoted it.
/// </summary>
internal static partial class SecretParts
{
    // "${DB_PASSWORD}", "$(TOKEN)", "{{ .x }}", "<from a Secret>", "***": where it comes from, not what it is. What has a default ("${X:-changeit}") is more than that.
    [GeneratedRegex(@"^(\$\{[\w.-]+\}|\$\([\w.-]+\)|\$[A-Z_][A-Z0-9_]*|\{\{[^{}]*\}\}|<[a-z]+ [^<>]*>|%\w+%|%\(\w+\)s|/(etc|var|opt|run|mnt|home|tmp|usr|secrets?|vault|conf|config|data)/[\w./-]+|__portal_secret:[0-9a-f]+__|[\W_]+)[,}\]]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();

    // Line by line as well: "base64" and MIME break theirs.
    [GeneratedRegex(@"(?<![A-Za-z0-9+/])(([A-Za-z0-9+/]{60,76}(\r?\n[ \t]*))*([A-Za-z0-9+/]{4}){4,}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)(?![A-Za-z0-9+/=])", RegexOptions.CultureInvariant)]
    private static partial Regex Base64();

    // An address has its own rules.
    [GeneratedRegex(@"^(?![a-z][a-z0-9+.-]*://)[\x21-\x39\x3b-\x7e]{1,64}:[\x20-\x7e]{3,}$", RegexOptions.CultureInvariant)]
    private static partial Regex EncodedLogin();

    // "elastic:x1"; host:9200 is none where nothing says more.
    [GeneratedRegex(@"^[\w.@-]{1,64}:(?!//)(?!\d{1,5}$)[^\s,]+(,[\w.@-]{1,64}:[^\s,]+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex ClearLogin();

    // r.io/team/password-reset:2.0, /etc/secrets/db
    [GeneratedRegex(@"^([a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(/[a-z0-9._-]+)+:[a-z0-9._-]+|/(etc|var|opt|run|mnt|home|tmp|usr|secrets?|vault|conf|config|data)/[\w./-]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex ImageOrPath();

    // "Token: ask the admin", "Password: at least 12 characters".
    [GeneratedRegex(@"^(at (least|most)|see|ask|must|should|valid for|required|optional|use|contact|please|refer to|generated|stored in|taken from|provided by|set (in|by)|minimum|maximum|leave) +[A-Za-z0-9 ,.'()-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Sentence();

    private static readonly System.Buffers.SearchValues<char> Signs = System.Buffers.SearchValues.Create("=:<( \t");

    /// <summary>The secrets of a text, in order; they do not overlap.</summary>
    /// <param name="text">The text.</param>
    /// <param name="depth">How many texts it stands in.</param>
    public static IReadOnlyList<SecretPart> Find(string text, int depth = 0) => SecretDocuments.Find(text, depth) ?? FindLoose(text);

    /// <summary>The same for a text that is no document.</summary>
    public static IReadOnlyList<SecretPart> FindLoose(string text)
    {
        var result = new List<SecretPart>();
        var found = SecretPatterns.FindTokens(text).Concat(Encoded(text));
        foreach (var part in (text.AsSpan().IndexOfAny(Signs) < 0 ? found : SecretPatterns.Find(text).Concat(SecretSettings.Find(text)).Concat(found)).OrderBy(p => p.Start))
        {
            if (result is [.., var last] && part.Start < last.End)
            {
                // A login inside of a setting: one secret, up to where the longer one ends.
                var end = Math.Max(last.End, part.End);
                result[^1] = last with { End = end, Value = text[last.Start..end] };
                continue;
            }

            result.Add(part);
        }

        return result;
    }

    /// <summary>Whether a value says where a secret comes from, or holds none ("true").</summary>
    public static bool IsReference(string value) => Reference().IsMatch(value.Trim()) || SecretFinder.IsSwitch(value.TrimEnd(',', '}', ']'));

    /// <summary>Whether a text without quotes speaks of a secret: "see docs".</summary>
    public static bool IsSentence(string value) => Sentence().IsMatch(value);

    /// <summary>Whether a value is no secret at any key: an image, a path, a number of tokens.</summary>
    public static bool IsPlain(string name, string value) => ImageOrPath().IsMatch(value) || SecretNames.IsCount(name, value);

    /// <summary>Whether it is a login: "user:password" at a key like ELASTIC_AUTH, or what Docker keeps of a registry, auth: base64 of both.</summary>
    public static bool IsLogin(string path, string value) =>
        IsLoginName(path) && (ClearLogin().IsMatch(value) || (path.EndsWith("auth", StringComparison.Ordinal) && Decoded(value) is { } login && EncodedLogin().IsMatch(login)));

    /// <summary>Whether a name may be given a user with a password.</summary>
    public static bool IsLoginName(string name) =>
        name.EndsWith("auth", StringComparison.OrdinalIgnoreCase) || name.EndsWith("authuser", StringComparison.OrdinalIgnoreCase) || name.EndsWith("authusers", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a setting of this name is secret. A header's value has a scheme, which may be shown.</summary>
    public static bool IsSecretName(string name) => SecretNames.Say(ValuesPath.Join([name])) && !name.EndsWith("authorization", StringComparison.OrdinalIgnoreCase);

    // What was encoded as a whole, and holds a secret: "dXNlcj1hO3Bhc3N3b3JkPXg=".
    private static IEnumerable<SecretPart> Encoded(string text) =>
        from match in Base64().Matches(text)
        let decoded = Decoded(match.Value)
        where decoded is { Length: >= 8 } && (EncodedLogin().IsMatch(decoded) || Find(decoded).Count > 0)
        select new SecretPart("base64", match.Index, match.Index + match.Length, match.Value, match.Value);

    // Null: it is no base64, or no text.
    private static string? Decoded(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && Encoding.UTF8.GetString(bytes, 0, length) is var decoded && !decoded.Any(c => c == '\uFFFD' || (char.IsControl(c) && !char.IsWhiteSpace(c))) ? decoded : null;
    }
}
