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
        var all = scalars.Any(s => SecretPatterns.IsShortFlag(s.Value) || SecretParts.IsLoginName(s.Value)) ? scalars.DistinctBy(s => s.Path).ToDictionary(s => s.Path, s => s.Value, StringComparer.Ordinal) : [];
        return scalars.SelectMany(s => Of(s, logins, all)).ToHashSet(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Of(YamlScalar scalar, HashSet<string> logins, Dictionary<string, string> all)
    {
        var (parent, last) = scalar.Path.LastIndexOf('.') is >= 0 and var dot ? (scalar.Path[..(dot + 1)], scalar.Path[(dot + 1)..]) : ("", scalar.Path);
        if (Names.Contains(last) && (SecretNames.Says(scalar.Value) || SecretParts.IsLoginName(scalar.Value)))
        {
            var beside = Values.SelectMany(v => (string[])[parent + v, parent + char.ToUpperInvariant(v[0]) + v[1..]]);
            return SecretNames.Says(scalar.Value) ? beside : beside.Where(p => all.TryGetValue(p, out var value) && SecretParts.IsLogin(scalar.Value, value));
        }

        if (last == "kind" && scalar.Value == "Secret")
        {
            return [parent + "data", parent + "stringData"];
        }

        if (int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && Flag().IsMatch(scalar.Value))
        {
            var next = parent + (i + 1).ToString(CultureInfo.InvariantCulture);
            return SecretNames.Says(scalar.Value) || (IsLoginFlag(scalar.Value) && logins.Contains(next)) || (SecretPatterns.IsShortFlag(scalar.Value) && SecretPatterns.TakesPassword(Before(parent, i, all), scalar.Value)) ? [next] : [];
        }

        return [];
    }

    // The command line up to an item: what of it stands in the same list, behind the command where there is one beside.
    private static string Before(string parent, int count, Dictionary<string, string> all)
    {
        const string arguments = "args.";
        string Items(string list, int from, int to) => string.Join(' ', Enumerable.Range(from, to - from).Select(i => all.GetValueOrDefault(list + i.ToString(CultureInfo.InvariantCulture))).TakeWhile(v => v is not null));
        var first = Math.Max(count - LongestCommand, 0);
        var command = parent.EndsWith(arguments, StringComparison.Ordinal) && first == 0 ? Items(string.Concat(parent.AsSpan(0, parent.Length - arguments.Length), "command."), 0, LongestCommand) : "";
        return $"{command} {Items(parent, first, count)} ";
    }

    private const int LongestCommand = 20;

    // Of curl: "anna:password" follows.
    private static bool IsLoginFlag(string value) => value is "-u" or "--user" or "--proxy-user";
}
