using System.Globalization;
using System.Text.RegularExpressions;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Values;

/// <summary>
/// What its neighbours say to be secret: {name: DB_PASSWORD, value: ...}, [--password, ...], [-u, "anna:..."], and the data of a Kubernetes Secret ({kind: Secret, stringData: {...}}).
/// Everything below such a place is secret as well.
/// </summary>
internal static partial class SecretAnnouncements
{
    private static readonly HashSet<string> Names = new(["name", "key", "id", "type", "parameter", "property", "variable", "header", "field", "option", "setting", "env", "arg", "flag"], StringComparer.OrdinalIgnoreCase);

    // What stands beside a name, as the name is written: {Name: ..., Value: ...}.
    private static readonly string[] Values = ["value", "val", "values", "content", "data", "default", "defaultValue", "text", "string"];

    [GeneratedRegex(@"^--?\w[\w.-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Flag();

    [GeneratedRegex(@"^[^\s:]+:.+", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Login();

    /// <summary>The paths that the scalars of a text speak of.</summary>
    public static HashSet<string> Of(IReadOnlyList<YamlScalar> scalars)
    {
        var logins = scalars.Any(s => IsLoginFlag(s.Value)) ? scalars.Where(s => Login().IsMatch(s.Value)).Select(s => s.Path).ToHashSet(StringComparer.Ordinal) : [];
        return scalars.SelectMany(s => Of(s, logins)).ToHashSet(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Of(YamlScalar scalar, HashSet<string> logins)
    {
        var (parent, last) = scalar.Path.LastIndexOf('.') is >= 0 and var dot ? (scalar.Path[..(dot + 1)], scalar.Path[(dot + 1)..]) : ("", scalar.Path);
        if (Names.Contains(last) && SecretNames.Says(scalar.Value))
        {
            return Values.SelectMany(v => (string[])[parent + v, parent + char.ToUpperInvariant(v[0]) + v[1..]]);
        }

        if (last == "kind" && scalar.Value == "Secret")
        {
            return [parent + "data", parent + "stringData"];
        }

        if (int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && Flag().IsMatch(scalar.Value))
        {
            var next = parent + (i + 1).ToString(CultureInfo.InvariantCulture);
            return SecretNames.Says(scalar.Value) || (IsLoginFlag(scalar.Value) && logins.Contains(next)) ? [next] : [];
        }

        return [];
    }

    // Of curl: "anna:password" follows.
    private static bool IsLoginFlag(string value) => value is "-u" or "--user" or "--proxy-user";
}
