using System.Globalization;
using System.Text.RegularExpressions;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Sprig;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Catalog;

/// <summary>Reads checks that vendors declare as data. The format is documented in docs/formats/release-packs.md. Pure.</summary>
internal static partial class VendorChecks
{
    /// <summary>The file of a chart that carries its own.</summary>
    public const string FileName = "checks.yaml";

    /// <summary>The words of the operators.</summary>
    public static readonly IReadOnlyDictionary<string, CheckOperator> Operators = new Dictionary<string, CheckOperator>(StringComparer.Ordinal)
    {
        ["="] = CheckOperator.Equal, ["!="] = CheckOperator.NotEqual, ["<"] = CheckOperator.Less, ["<="] = CheckOperator.LessOrEqual, [">"] = CheckOperator.Greater, [">="] = CheckOperator.GreaterOrEqual,
        ["in"] = CheckOperator.In, ["not in"] = CheckOperator.NotIn, ["contains"] = CheckOperator.Contains, ["not contains"] = CheckOperator.NotContains, ["matches"] = CheckOperator.Matches,
        ["not matches"] = CheckOperator.NotMatches, ["satisfies"] = CheckOperator.Satisfies, ["exists"] = CheckOperator.Exists, ["absent"] = CheckOperator.Absent,
    };

    private static readonly Dictionary<string, FindingLevel> Levels = new(StringComparer.Ordinal) { ["blocker"] = FindingLevel.Blocker, ["warning"] = FindingLevel.Warning, ["note"] = FindingLevel.Note };

    private static readonly Dictionary<string, OperationKind> Moments = new(StringComparer.Ordinal) { ["install"] = OperationKind.Install, ["upgrade"] = OperationKind.Upgrade, ["rollback"] = OperationKind.Rollback };

    // Roots with the names that are below them; null: any.
    private static readonly Dictionary<string, string[]?> Roots = new(StringComparer.Ordinal)
    {
        ["values"] = null, ["cluster"] = ["version"], ["nodes"] = null, ["node"] = null, ["storageClass"] = null, ["api"] = null, ["object"] = null,
        ["chart"] = ["name", "version", "appVersion"], ["release"] = ["name", "namespace", "chartVersion"],
    };

    /// <summary>The checks of a chart's own file; what of it cannot be used goes to <paramref name="problems"/>, and the rest counts.</summary>
    /// <exception cref="YamlException">The text is not YAML, or no table.</exception>
    public static IReadOnlyList<VendorCheck> Read(string text, ICollection<PackProblem> problems)
    {
        var root = GoYaml.ReadTable(text);
        var found = new List<(string Path, string Message)>(PackShape.Checks.Problems(root));
        if (!root.ContainsKey("checks"))
        {
            found.Add(("", "it has a list \"checks\""));
        }

        var checks = Of(root.GetValueOrDefault("checks"), "checks", null, found);
        var lines = PackShape.Lines(text);
        foreach (var (path, message) in found)
        {
            problems.Add(PackShape.Place(lines, path, message));
        }

        return checks;
    }

    /// <summary>The checks of a list at a path; what cannot be used is left out and said in <paramref name="problems"/>.</summary>
    /// <param name="node">The list; null is none.</param>
    /// <param name="path">Where it stands, for the problems.</param>
    /// <param name="passed">The version that it stands in; null for a list of the whole pack.</param>
    /// <param name="problems">Takes path and message of what is wrong.</param>
    public static IReadOnlyList<VendorCheck> Of(object? node, string path, string? passed, ICollection<(string Path, string Message)> problems)
    {
        var result = new List<VendorCheck>();
        foreach (var (table, i) in (node as List<object?> ?? []).Select((t, i) => (t as Dictionary<string, object?>, i)))
        {
            // What is no table, the shape says.
            if (table is not null && One(table, $"{path}.{i.ToString(CultureInfo.InvariantCulture)}", passed, problems) is { } check)
            {
                result.Add(check);
            }
        }

        return result;
    }

    private static VendorCheck? One(Dictionary<string, object?> table, string path, string? passed, ICollection<(string Path, string Message)> problems)
    {
        var before = problems.Count;
        var wanted = Condition(table, path, problems);
        var when = table.GetValueOrDefault("when") switch
        {
            Dictionary<string, object?> one => [Condition(one, $"{path}.when", problems)],
            List<object?> list => list.OfType<Dictionary<string, object?>>().Select((t, i) => Condition(t, $"{path}.when.{i.ToString(CultureInfo.InvariantCulture)}", problems)).ToArray(),
            _ => [],
        };
        if (table.GetValueOrDefault("message") is not string { Length: > 0 } message)
        {
            problems.Add(($"{path}.message", "a check says in a message what it asks for"));
            message = "";
        }

        var level = Word(table.GetValueOrDefault("level"), Levels, $"{path}.level", "level", problems);
        var versions = table.GetValueOrDefault("versions");
        if (versions is not null && (versions is not string range || SemConstraint.TryParse(range) is null))
        {
            problems.Add(($"{path}.versions", $"{Shown(versions)} is no range of versions (write it in quotes: \">=2.0.0\")"));
        }

        if (versions is not null && passed is not null)
        {
            problems.Add(($"{path}.versions", "a check inside of a version has no range of its own"));
        }

        // "on" would be the word for true in YAML.
        var on = table.GetValueOrDefault("for") switch
        {
            null => [OperationKind.Install, OperationKind.Upgrade],
            List<object?> list => list.Select((w, i) => Word(w, Moments, $"{path}.for.{i.ToString(CultureInfo.InvariantCulture)}", "kind of operation", problems)).OfType<OperationKind>().ToArray(),
            var word => Word(word, Moments, $"{path}.for", "kind of operation", problems) is { } kind ? [kind] : [],
        };
        // With a key that nobody knows ("whne:") it would be another check than was meant.
        return problems.Count > before || problems.Any(p => p.Path.StartsWith(path + ".", StringComparison.Ordinal)) ? null : new VendorCheck(versions as string, passed, on, wanted!, [.. when.OfType<CheckCondition>()], level!.Value, message, table.GetValueOrDefault("remedy") as string ?? "");
    }

    private static CheckCondition? Condition(Dictionary<string, object?> table, string path, ICollection<(string Path, string Message)> problems)
    {
        var before = problems.Count;
        var field = table.GetValueOrDefault("field") is string { Length: > 0 } text ? Field(text, $"{path}.field", problems) : null;
        if (field is null && problems.Count == before)
        {
            problems.Add(($"{path}.field", "a check names a field, like values.storage.type or cluster.version"));
        }

        var verb = Word(table.GetValueOrDefault("operator"), Operators, $"{path}.operator", "operator", problems);
        var target = Target(table, field, path, problems);
        var value = table.GetValueOrDefault("value");
        switch (verb)
        {
            case CheckOperator.Exists or CheckOperator.Absent when value is not null:
                problems.Add(($"{path}.value", "exists and absent compare with nothing"));
                break;
            case CheckOperator.In or CheckOperator.NotIn when value is not List<object?> { Count: > 0 }:
                problems.Add(($"{path}.value", "in and not in compare with a list"));
                break;
            case CheckOperator.Matches or CheckOperator.NotMatches when value is not string pattern || Pattern(pattern) is null:
                problems.Add(($"{path}.value", $"{Shown(value)} is no regular expression that the portal can use (no look-around, no back-references)"));
                break;
            case CheckOperator.Satisfies when value is not string range || SemConstraint.TryParse(range) is null:
                problems.Add(($"{path}.value", $"{Shown(value)} is no range of versions (write it in quotes: \">=1.27 <1.34\")"));
                break;
            case null or CheckOperator.Exists or CheckOperator.Absent or CheckOperator.In or CheckOperator.NotIn or CheckOperator.Matches or CheckOperator.NotMatches or CheckOperator.Satisfies:
                break;
            default:
                if (value is null or Dictionary<string, object?> or List<object?>)
                {
                    problems.Add(($"{path}.value", "it compares with a text, a number, true or false"));
                }

                break;
        }

        // What is in a Secret is nobody's to guess: neither letter by letter nor at all.
        if (field is { Root: "object", Path: [{ Key: "data" or "stringData" }, ..] } && target?.Kind == "Secret" && verb is not (CheckOperator.Exists or CheckOperator.Absent))
        {
            problems.Add(($"{path}.operator", "of what a Secret holds a check may only ask whether a key exists or is absent"));
        }

        return problems.Count > before ? null : new CheckCondition(field!, verb!.Value, value, target);
    }

    private static CheckTarget? Target(Dictionary<string, object?> table, CheckField? field, string path, ICollection<(string Path, string Message)> problems)
    {
        var node = table.GetValueOrDefault("object") as Dictionary<string, object?>;
        if (field is { Root: "object" } == (node is null))
        {
            if (field is not null)
            {
                problems.Add(node is null ? ($"{path}.field", "a field of an object needs object: { apiVersion, kind, name }") : ($"{path}.object", "only fields that begin with \"object\" have an object"));
            }

            return null;
        }

        if (node is null)
        {
            return null;
        }

        string Needed(string key)
        {
            if (node.GetValueOrDefault(key) is string { Length: > 0 } text)
            {
                return text;
            }

            problems.Add(($"{path}.object.{key}", "an object has apiVersion, kind and name"));
            return "";
        }

        return new CheckTarget(Needed("apiVersion"), Needed("kind"), Needed("name"), node.GetValueOrDefault("namespace") as string);
    }

    private static T? Word<T>(object? word, Dictionary<string, T> known, string path, string what, ICollection<(string Path, string Message)> problems)
        where T : struct => Word(word, (IReadOnlyDictionary<string, T>)known, path, what, problems);

    private static T? Word<T>(object? word, IReadOnlyDictionary<string, T> known, string path, string what, ICollection<(string Path, string Message)> problems)
        where T : struct
    {
        if (word is string text && known.TryGetValue(text, out var found))
        {
            return found;
        }

        var near = word is string { Length: > 2 } written ? NearestName.Of(written, known.Keys.Where(k => k.Length > 1)) : null;
        problems.Add((path, $"{Shown(word)} is no {what}: there {(known.Count == 1 ? "is" : "are")} {string.Join(", ", known.Keys)}{(near is null ? "" : $". Did you mean \"{near}\"?")}"));
        return null;
    }

    private static CheckField? Field(string text, string path, ICollection<(string Path, string Message)> problems)
    {
        var parts = Parts(text);
        var root = parts[0];
        if (!Roots.TryGetValue(root, out var names))
        {
            var near = NearestName.Of(root, Roots.Keys);
            problems.Add((path, $"{Shown(root)} is nothing that a field begins with: there are {string.Join(", ", Roots.Keys)}{(near is null ? "" : $". Did you mean \"{near}\"?")}"));
            return null;
        }

        if (root == "api")
        {
            // "api.cert-manager.io/v1/Certificate": group, version and kind are one name.
            parts = [root, .. text.Length > 4 ? (string[])[text[4..]] : []];
        }

        if ((root != "object" && parts.Count == 1) || parts.Any(p => p.Length == 0) || (names is not null && (parts.Count != 2 || !names.Contains(parts[1]))) || (root is "nodes" or "node" && parts.Count != 2))
        {
            problems.Add((path, $"below {root} there {(names is null ? "is a name" : $"are {string.Join(", ", names)}")}, and not {Shown(text)}"));
            return null;
        }

        var steps = new List<CheckStep>();
        foreach (var part in parts.Skip(1))
        {
            if (root == "api")
            {
                steps.Add(new CheckStep(part));
                continue;
            }

            var match = Step().Match(part);
            if (!match.Success)
            {
                problems.Add((path, $"{Shown(part)} is no step of a path: it is a key, with [0], [*] or [name=x] behind it for the items of a list"));
                return null;
            }

            if (match.Groups[1].Length > 0)
            {
                steps.Add(new CheckStep(match.Groups[1].Value.Replace("\\.", ".", StringComparison.Ordinal)));
            }

            foreach (var choice in match.Groups[2].Captures.Select(c => c.Value[1..^1]))
            {
                steps.Add(choice == "*" ? new CheckStep("", All: true)
                    : int.TryParse(choice, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? new CheckStep("", Index: index)
                    : new CheckStep(choice[..choice.IndexOf('=')], Value: choice[(choice.IndexOf('=') + 1)..]));
            }
        }

        return new CheckField(text, root, steps);
    }

    // At dots that are neither escaped nor inside of brackets or braces.
    private static List<string> Parts(string text)
    {
        var result = new List<string>();
        var (start, depth) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '[' or '{' => 1, ']' or '}' => -1, _ => 0 };
            if (text[i] == '.' && depth <= 0 && (i == 0 || text[i - 1] != '\\'))
            {
                result.Add(text[start..i]);
                start = i + 1;
            }
        }

        result.Add(text[start..]);
        return result;
    }

    /// <summary>The expression, or null when it is none; it takes time in proportion to what it reads.</summary>
    public static Regex? Pattern(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static string Shown(object? value) => value is null ? "nothing" : $"\"{Helm.Templating.GoFormat.Value(value)}\"";

    [GeneratedRegex(@"^((?:[^\[\]\\]|\\.)*)(\[(?:\*|[0-9]+|[A-Za-z0-9_./-]+=[^\[\]]*)\])*$")]
    private static partial Regex Step();
}
