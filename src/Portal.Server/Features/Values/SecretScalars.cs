using System.Text.Json;
using System.Text.RegularExpressions;
using Portal.Helm.Yaml;
using Portal.Server.Data;
using Portal.Server.Web;

namespace Portal.Server.Features.Values;

/// <summary>
/// Takes secrets out of a values text on its way out and puts them back on its way in. A masked scalar reads __portal_secret:ID__; the id is bound to
/// release, revision and path, so it is of no use anywhere else.
/// </summary>
public sealed partial class SecretScalars(SecretBox box)
{
    private const string Prefix = "__portal_secret:";

    [GeneratedRegex("(password|passwd|secretkey|secret_key|token|apikey|api_key|accountkey|privatekey|private_key|credential|passphrase)|secret$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretName();

    /// <summary>The scalars that are secrets: by the last key of their path, or by the schema (format password, writeOnly).</summary>
    public static IEnumerable<YamlScalar> Find(string text, IReadOnlySet<string> bySchema) => 
        YamlText.Scalars(text).Where(s => s.Value.Length > 0 && !IsSwitch(text[s.Start..s.End]) && IsSecret(s.Path, bySchema));

    // automountServiceAccountToken: true holds no secret; hiding "true" everywhere would hide too much.
    private static bool IsSwitch(string raw) => raw.Trim().ToLowerInvariant() is "true" or "false" or "yes" or "no" or "on" or "off" or "null" or "~";

    public static bool IsSecret(string path, IReadOnlySet<string> bySchema)
    {
        var keys = path.Split('.');
        var last = keys[^1];
        // {name, key} of a reference to a Secret name it, they are not secret themselves.
        var reference = keys.Length > 1 && (keys[^2].EndsWith("Secret", StringComparison.Ordinal) || keys[^2].EndsWith("SecretRef", StringComparison.Ordinal)) && last is "name" or "key";
        // existingSecret and pullSecret name a Secret of the cluster.
        reference |= last.StartsWith("existing", StringComparison.OrdinalIgnoreCase) || last.EndsWith("pullSecret", StringComparison.OrdinalIgnoreCase) || last.EndsWith("SecretRef", StringComparison.Ordinal);
        return !reference && !last.EndsWith("SecretName", StringComparison.Ordinal) && (bySchema.Contains(path) || SecretName().IsMatch(last));
    }

    /// <summary>Paths that a JSON schema marks as secret.</summary>
    public static HashSet<string> FromSchema(ReadOnlyMemory<byte>? schema)
    {
        var result = new HashSet<string>(StringComparer.Ordinal);
        if (schema is { } bytes)
        {
            using var document = JsonDocument.Parse(bytes);
            Walk(document.RootElement, "");
        }

        return result;

        void Walk(JsonElement node, string path)
        {
            if (node.ValueKind != JsonValueKind.Object)
            {
                return;
            }

            if (node.TryGetProperty("format", out var format) && format.ValueKind == JsonValueKind.String && format.GetString() == "password" || node.TryGetProperty("writeOnly", out var only) && only.ValueKind == JsonValueKind.True)
            {
                result.Add(path);
            }

            if (node.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
            {
                foreach (var property in properties.EnumerateObject())
                {
                    Walk(property.Value, path.Length == 0 ? property.Name : $"{path}.{property.Name}");
                }
            }
        }
    }

    /// <summary>The text with every secret replaced by its id.</summary>
    public string Mask(string text, string releaseId, int revision, IReadOnlySet<string> bySchema) =>
        YamlText.Replace(text, Find(text, bySchema).Select(s => (s, $"{Prefix}{Id(releaseId, revision, s.Path)}__")));

    /// <summary>The text with every id replaced by what the base revision has at that path; typed text stays as a new secret.</summary>
    /// <exception cref="ProblemException">422: an id that is unknown, or that stands at another path.</exception>
    public string Unmask(string text, string baseText, string releaseId, int revision)
    {
        if (!text.Contains(Prefix, StringComparison.Ordinal))
        {
            return text;
        }

        var known = YamlText.Scalars(baseText).ToDictionary(s => s.Path, StringComparer.Ordinal);
        var replacements = new List<(YamlScalar, string)>();
        foreach (var scalar in YamlText.Scalars(text).Where(s => s.Value.Contains(Prefix, StringComparison.Ordinal)))
        {
            if (scalar.Value != $"{Prefix}{Id(releaseId, revision, scalar.Path)}__" || !known.TryGetValue(scalar.Path, out var original))
            {
                throw new ProblemException(
                    422, "secret-moved", "A hidden value was moved or changed", $"Line {scalar.Line}: {scalar.Path} holds a place-holder that belongs to another key or revision. Type the value, or put the place-holder back.",
                    new Dictionary<string, object?> { ["line"] = scalar.Line, ["path"] = scalar.Path });
            }

            replacements.Add((scalar, baseText[original.Start..original.End]));
        }

        return YamlText.Replace(text, replacements);
    }

    public string Id(string releaseId, int revision, string path) => box.KeyedHash($"{releaseId}/{revision}/{path}")[..20];
}
