using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Portal.Core.Plans;
using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Sprig;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Values;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>
/// Looks whether what a vendor asks for as data is so (docs/formats/release-packs.md), and says who asks. What the portal may not read is a note, never a pass; a file of the chart that cannot
/// be used is a warning, for a blocker may stand in it.
/// </summary>
internal sealed partial class VendorCheckRun
{
    private const string DefaultClass = "storageclass.kubernetes.io/is-default-class";

    private readonly CheckInput _input;
    private readonly Dictionary<string, object?> _values;
    private readonly HashSet<string> _secrets;
    private readonly HashSet<string> _hidden;
    private readonly Dictionary<string, Looked> _objects = new(StringComparer.Ordinal);
    private Looked? _nodes;
    private Looked? _classes;

    private VendorCheckRun(CheckInput input)
    {
        _input = input;
        _values = ChartValues.Coalesce(input.Action.Target.Chart, input.Action.Target.Config);
        _secrets = [.. SecretScalars.FromSchemas(input.Action.Target.Chart), .. input.SecretPaths ?? new HashSet<string>()];
        _hidden = Hidden(_values, _secrets);
    }

    /// <summary>What the cluster gave, or why it did not.</summary>
    private sealed record Looked(IReadOnlyList<KubeObject> Objects, string? Hidden);

    /// <summary>What a condition came to: null Met when it could not be said, and then why. Found: what there was instead, where it may be shown.</summary>
    private sealed record Outcome(bool? Met, string Found);

    /// <summary>One finding for each check that is not met, for each that could not be looked at, and one for what the chart's files say wrongly.</summary>
    public static async Task<IReadOnlyList<Finding>> OfAsync(CheckInput input, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        if (input.Declared.Problems is { Count: > 0 } problems)
        {
            var level = problems.All(p => p.StartsWith(ValueMigrations.FileName, StringComparison.Ordinal)) ? FindingLevel.Note : FindingLevel.Warning;
            findings.Add(PlanChecks.Finding(
                "release-pack", level, null, $"The chart {input.Action.Target.Chart.Name} carries facts that cannot be used: {string.Join("; ", problems.Take(5))}{(problems.Count > 5 ? $"; and {problems.Count - 5} more" : "")}.",
                "What the vendor wanted to be checked may be among it: tell the vendor, or upload a corrected release pack: yours counts before the chart's."));
        }

        var run = input.Declared.Checks.Count == 0 ? null : new VendorCheckRun(input);
        foreach (var check in input.Declared.Checks)
        {
            if (await run!.FindingAsync(check, cancellation) is { } finding)
            {
                findings.Add(finding);
            }
        }

        return findings;
    }

    private async Task<Finding?> FindingAsync(VendorCheck check, CancellationToken cancellation)
    {
        foreach (var condition in check.When)
        {
            switch (await LookAsync(condition, cancellation))
            {
                case { Met: false }: return null;
                case { Met: null, Found: var why }: return NotChecked(check, why);
            }
        }

        return await LookAsync(check.Wanted, cancellation) switch
        {
            { Met: true } => null,
            { Met: null, Found: var why } => NotChecked(check, why),
            { Found: var found } => Said(check, check.Level, $"The {_input.Declared.By} asks: {check.Message.TrimEnd('.')}.{(found.Length > 0 ? " " + found : "")}", check.Remedy.Length > 0 ? check.Remedy : Remedy(check)),
        };
    }

    private static string Remedy(VendorCheck check) => check.Wanted.Field.Root switch
    {
        "values" => $"Change {string.Join('.', check.Wanted.Field.Text.Split('.').Skip(1))} in your values.",
        "object" or "storageClass" or "api" => "Have it made in the cluster, then plan again.",
        _ => "Meet it first, then plan again; or ask the vendor.",
    };

    private Finding NotChecked(VendorCheck check, string why) =>
        Said(check, FindingLevel.Note, $"What the {_input.Declared.By} asks could not be looked at: {check.Message.TrimEnd('.')}. {why}", "Look at it yourself, or let the portal's account read it.");

    // The same matter keeps its id as long as the check says the same.
    private Finding Said(VendorCheck check, FindingLevel level, string message, string remedy)
    {
        var text = string.Join('\n', check.Wanted.Field.Text, check.Wanted.Operator, GoJson.Write(check.Wanted.Value), check.Wanted.Target, check.Message);
        var item = check.Wanted.Target is { } target ? $"{target.Kind}/{Fill(target.Name)}" : null;
        var key = check.Wanted.Field.Root == "values" ? check.Wanted.Field.Text["values.".Length..] : null;
        return new Finding($"vendor-check:{check.Wanted.Field.Text}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..8]}", "vendor-check", level, item, key, message, remedy);
    }

    private async Task<Outcome> LookAsync(CheckCondition condition, CancellationToken cancellation)
    {
        var field = condition.Field;
        switch (field.Root)
        {
            case "values":
                var there = At(_values, field.Path).ToArray();
                var secret = there.Any(f => _hidden.Contains(f.Path)) || SecretFinder.IsSecret(string.Join('.', field.Path.Select(s => s.Key.Length > 0 ? s.Key.Replace(".", "\\.", StringComparison.Ordinal) : "0")), _secrets);
                // Letter by letter a secret could be guessed.
                return secret && condition.Operator is not (CheckOperator.Exists or CheckOperator.Absent or CheckOperator.Equal or CheckOperator.NotEqual or CheckOperator.In or CheckOperator.NotIn)
                    ? new Outcome(null, $"{field.Text} is a secret: a check may only ask whether it is there, or is a certain word.")
                    : Compare(condition, [.. there.Select(f => f.Node)], shown: !secret);
            case "cluster":
                return Compare(condition, [_input.Capabilities.KubeVersion], isVersion: true);
            case "chart":
                var metadata = _input.Action.Target.Chart.Metadata;
                return Compare(condition, field.Path[0].Key switch { "name" => [metadata.Name], "version" => [metadata.Version], _ => [metadata.AppVersion] }, isVersion: field.Path[0].Key != "name");
            case "release":
                return Compare(
                    condition, field.Path[0].Key switch { "name" => [_input.Action.Target.Name], "namespace" => [_input.Namespace], _ => _input.Installed is { } installed ? [installed.Metadata.Version] : [] },
                    isVersion: field.Path[0].Key == "chartVersion");
            case "api":
                var api = field.Path[0].Key;
                return Compare(condition, _input.Capabilities.ApiVersions.Any(v => v == api || v.StartsWith(api + "/", StringComparison.Ordinal)) ? [api] : [], shown: false);
            case "nodes" or "node":
                _nodes ??= await ListAsync("v1", "Node", cancellation);
                return _nodes.Hidden is { } hidden ? new Outcome(null, hidden) : Compare(condition, Capacity(field, _nodes.Objects), isAmount: true);
            case "storageClass":
                _classes ??= await ListAsync("storage.k8s.io/v1", "StorageClass", cancellation);
                if (_classes.Hidden is { } unread)
                {
                    return new Outcome(null, unread);
                }

                var name = Fill(field.Path[0].Key);
                var one = name == "default" ? _classes.Objects.FirstOrDefault(c => c.Annotation(DefaultClass) == "true") : _classes.Objects.FirstOrDefault(c => c.Name == name);
                return Compare(condition, one is null ? [] : [.. At(GoJson.FromNode(one.Json), [.. field.Path.Skip(1)]).Select(f => f.Node)], shown: false);
            default:
                var looked = await ObjectAsync(condition.Target!, cancellation);
                if (looked.Hidden is { } why)
                {
                    return new Outcome(null, why);
                }

                // By the way that was gone, and not by how it was written: a step may come from the values.
                var read = looked.Objects.SelectMany(o =>
                {
                    var tree = GoJson.FromNode(o.Json);
                    var hidden = new Lazy<HashSet<string>>(() => Hidden(tree, NoPaths));
                    return At(tree, field.Path).Select(f => (f.Node, IsSecret: MayBeSecret(o, f.Path) && (o.Kind == "Secret" || hidden.Value.Contains(f.Path))));
                }).ToArray();
                return read.Any(f => f.IsSecret && f.Node is not (Dictionary<string, object?> or List<object?>)) && condition.Operator is not (CheckOperator.Exists or CheckOperator.Absent)
                    ? new Outcome(null, $"{field.Text} is a secret there: a check may only ask whether it exists.")
                    : Compare(condition with { Target = condition.Target! with { Name = Fill(condition.Target.Name) } }, [.. read.Select(f => f.Node)], shown: false);
        }
    }

    private static readonly HashSet<string> NoPaths = [];

    // What a Secret is called may be read, and nothing else of it: kubectl keeps all of its data in an annotation.
    private static bool MayBeSecret(KubeObject item, string path) =>
        item.Kind != "Secret" || !(path is "apiVersion" or "kind" or "type" or "immutable" or "metadata.name" or "metadata.namespace" || path.StartsWith("metadata.labels.", StringComparison.Ordinal));

    /// <summary>The paths of a tree's scalars that hold a secret, in whole or in part: letter by letter it could be guessed.</summary>
    private static HashSet<string> Hidden(object? tree, IReadOnlySet<string> bySchema) =>
        tree is Dictionary<string, object?> { Count: > 0 } ? SecretFinder.Find(GoYaml.Write(tree), bySchema).Select(s => s.Path).ToHashSet(StringComparer.Ordinal) : [];

    // What the plan makes counts as there: it comes before the pods that need it.
    private async Task<Looked> ObjectAsync(CheckTarget target, CancellationToken cancellation)
    {
        var (name, ns) = (Fill(target.Name), target.Namespace is { } written ? Fill(written) : _input.Namespace);
        if (name.Length == 0)
        {
            return new Looked([], null);
        }

        var key = $"{target.ApiVersion} {target.Kind} {ns}/{name}";
        if (_objects.TryGetValue(key, out var known))
        {
            return known;
        }

        var planned = _input.Planned.Select(p => p.Object).FirstOrDefault(o => o.Kind == target.Kind && o.Name == name && o.Ref.Group == new ObjectRef(target.ApiVersion, target.Kind, ns, name).Group && (o.Namespace.Length == 0 || o.Namespace == ns));
        if (planned is not null)
        {
            return _objects[key] = new Looked([planned], null);
        }

        try
        {
            return _objects[key] = new Looked(await _input.Kube.GetAsync(new ObjectRef(target.ApiVersion, target.Kind, ns, name), cancellation) is { } found ? [found] : [], null);
        }
        catch (KubeException error) when (error.Code is 403)
        {
            return _objects[key] = new Looked([], $"The portal may not read {target.Kind}/{name}.");
        }
        catch (KubeException error) when (error.Code is 404)
        {
            // The cluster knows no such kind.
            return _objects[key] = new Looked([], null);
        }
    }

    private async Task<Looked> ListAsync(string apiVersion, string kind, CancellationToken cancellation)
    {
        var notes = new List<Finding>();
        return await PlanChecks.ListAsync(_input, apiVersion, kind, "", notes, cancellation) is { } list ? new Looked(list, null) : new Looked([], $"The portal may not list {kind}.");
    }

    private static object?[] Capacity(CheckField field, IReadOnlyList<KubeObject> nodes)
    {
        var open = CapacityCheck.Open(nodes).ToArray();
        var resource = field.Path[0].Key;
        if (resource == "count")
        {
            return [(double)open.Length];
        }

        decimal[] amounts = [.. open.Select(n => Quantity.Of(n["status", "allocatable", resource]?.ToString())).OfType<decimal>()];
        return amounts.Length == 0 ? [] : [(double)(field.Root == "node" ? amounts.Max() : amounts.Sum())];
    }

    /// <summary>What stands at a path of a tree; none when it is not there, several behind "[*]".</summary>
    private IEnumerable<(string Path, object? Node)> At(object? tree, IReadOnlyList<CheckStep> path)
    {
        IEnumerable<(string Path, object? Node)> at = [("", tree)];
        foreach (var step in path)
        {
            at = at.SelectMany(found => Below(found.Node, step).Select(below => (ValuesPath.Join(found.Path, below.Key), below.Node)));
        }

        // Helm takes a null for nothing.
        return at.Where(f => f.Node is not null);
    }

    private IEnumerable<(string Key, object? Node)> Below(object? node, CheckStep step)
    {
        static (string, object?) Item(List<object?> list, int i) => (i.ToString(CultureInfo.InvariantCulture), list[i]);
        return (step, node) switch
        {
            ({ All: true }, List<object?> list) => list.Select((_, i) => Item(list, i)),
            ({ Index: { } index }, List<object?> list) => index < list.Count ? [Item(list, index)] : [],
            ({ Value: { } wanted }, List<object?> list) => list.Select((_, i) => Item(list, i)).Where(i => i.Item2 is Dictionary<string, object?> t && t.TryGetValue(step.Key, out var is_) && GoFormat.Value(is_) == Fill(wanted)),
            ({ All: false, Index: null, Value: null }, Dictionary<string, object?> table) => Fill(step.Key) is var key && table.TryGetValue(key, out var below) ? [(key, below)] : [],
            // "env.0.name", as values are written elsewhere.
            ({ All: false, Index: null, Value: null }, List<object?> list) => int.TryParse(step.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && i < list.Count ? [Item(list, i)] : [],
            _ => [],
        };
    }

    // "{values.storage.class}" in a name is what the values say there; nothing when they say nothing.
    private string Fill(string text) => text.Contains('{', StringComparison.Ordinal)
        ? Hole().Replace(text, m => ValuesPath.TryFind(_values, m.Groups[1].Value, out var value) && value is not (null or Dictionary<string, object?> or List<object?>) && !_hidden.Contains(m.Groups[1].Value) && !SecretFinder.IsSecret(m.Groups[1].Value, value, _secrets) ? GoFormat.Value(value) : "")
        : text;

    // A negated operator is met when its opposite is not, and so by what is not there.
    private static Outcome Compare(CheckCondition condition, IReadOnlyList<object?> found, bool shown = true, bool isVersion = false, bool isAmount = false)
    {
        var (opposite, negated) = condition.Operator switch
        {
            CheckOperator.NotEqual => (CheckOperator.Equal, true),
            CheckOperator.NotIn => (CheckOperator.In, true),
            CheckOperator.NotContains => (CheckOperator.Contains, true),
            CheckOperator.NotMatches => (CheckOperator.Matches, true),
            CheckOperator.Absent => (CheckOperator.Exists, true),
            var same => (same, false),
        };
        var met = found.Any(f => Holds(opposite, f, condition.Value, isVersion, isAmount)) != negated;
        var of = condition.Target is { } target ? $" of {target.Kind}/{target.Name}" : "";
        return new Outcome(met, met ? "" : found.Count == 0 ? $"{condition.Field.Text}{of} is not there." : shown && found is [not (Dictionary<string, object?> or List<object?>)] ? $"{condition.Field.Text} is {(isAmount ? Amount(condition.Field, (double)found[0]!) : GoFormat.Value(found[0]))}." : "");
    }

    private static string Amount(CheckField field, double amount) =>
        field.Path[0].Key is "memory" or "ephemeral-storage" ? (amount / (1L << 30)).ToString("0.##", CultureInfo.InvariantCulture) + "Gi" : amount.ToString("0.###", CultureInfo.InvariantCulture);

    private static bool Holds(CheckOperator verb, object? found, object? wanted, bool isVersion, bool isAmount) => verb switch
    {
        // An empty text, table or list is what charts write for "not set".
        CheckOperator.Exists => found is not ("" or Dictionary<string, object?> { Count: 0 } or List<object?> { Count: 0 }),
        CheckOperator.Equal => IsSame(found, wanted, isVersion, isAmount),
        CheckOperator.In => ((List<object?>)wanted!).Any(w => IsSame(found, w, isVersion, isAmount)),
        CheckOperator.Contains => found switch
        {
            List<object?> list => list.Any(i => IsSame(i, wanted, false, false)),
            Dictionary<string, object?> table => table.ContainsKey(GoFormat.Value(wanted)),
            var text => GoFormat.Value(text).Contains(GoFormat.Value(wanted), StringComparison.Ordinal),
        },
        CheckOperator.Matches => found is not (Dictionary<string, object?> or List<object?>) && VendorChecks.Pattern((string)wanted!)!.IsMatch(GoFormat.Value(found)),
        CheckOperator.Satisfies => Version(found) is { } version && SemConstraint.TryParse((string)wanted!) is { } range && range.Matches(version),
        _ => Order(found, wanted, isVersion, isAmount) is { } order && verb switch { CheckOperator.Less => order < 0, CheckOperator.LessOrEqual => order <= 0, CheckOperator.Greater => order > 0, _ => order >= 0 },
    };

    private static bool IsSame(object? found, object? wanted, bool isVersion, bool isAmount) =>
        (isVersion || isAmount || (found is double && wanted is double)) && Order(found, wanted, isVersion, isAmount) is { } order ? order == 0
        : found is not (Dictionary<string, object?> or List<object?>) && GoFormat.Value(found) == GoFormat.Value(wanted);

    // As amounts ("8Gi", 3), else as versions ("v1.31.2-gke.100" is 1.31.2); null: they have no order.
    private static int? Order(object? found, object? wanted, bool isVersion, bool isAmount)
    {
        if (!isVersion && Amount(found) is { } a && Amount(wanted) is { } b)
        {
            return a.CompareTo(b);
        }

        return !isAmount && Version(found) is { } x && Version(wanted) is { } y ? x.CompareTo(y) : null;
    }

    private static decimal? Amount(object? value) => value switch
    {
        double number when Math.Abs(number) < 1e27 => (decimal)number,
        string text => Quantity.Of(text),
        _ => null,
    };

    private static SemVersion? Version(object? value) =>
        (value switch { string text => SemVersion.TryParse(text), double number => SemVersion.TryParse(number.ToString(CultureInfo.InvariantCulture)), _ => null }) is { } version ? version with { Prerelease = "", Metadata = "" } : null;

    [GeneratedRegex(@"\{values\.([^{}]+)\}")]
    private static partial Regex Hole();
}
