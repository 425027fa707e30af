using Portal.Core.Operations;
using Portal.Core.Plans;

namespace Portal.Server.Features.Catalog;

/// <summary>How a check compares what it finds. The words are in <see cref="VendorChecks.Operators"/>.</summary>
public enum CheckOperator { Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, In, NotIn, Contains, NotContains, Matches, NotMatches, Satisfies, Exists, Absent }

/// <summary>One step of a field's path: a key, or a choice among the items of a list (all of them; the one of a number; those in which a key says something).</summary>
public sealed record CheckStep(string Key, string? Value = null, int? Index = null, bool All = false);

/// <summary>What a check looks at: its root ("values", "cluster", "nodes", "node", "storageClass", "api", "object", "chart", "release") and the way below. Text is as it was written.</summary>
public sealed record CheckField(string Text, string Root, IReadOnlyList<CheckStep> Path);

/// <summary>The object that a field of the root "object" is in. Namespace null: the release's. Name and namespace may hold "{values.x}".</summary>
public sealed record CheckTarget(string ApiVersion, string Kind, string Name, string? Namespace);

/// <summary>Something that is so or not.</summary>
public sealed record CheckCondition(CheckField Field, CheckOperator Operator, object? Value, CheckTarget? Target);

/// <summary>
/// What a vendor wants to be so before a chart is installed or upgraded, as data (docs/formats/release-packs.md): when <see cref="Wanted"/> is not so, the plan says <see cref="Message"/> with its
/// level. Versions: a range of the versions that are gone to, null for all. Passed: it counts for ways that pass this version. When: it counts only where all of these are so.
/// </summary>
public sealed record VendorCheck(
    string? Versions, string? Passed, IReadOnlyList<OperationKind> On, CheckCondition Wanted, IReadOnlyList<CheckCondition> When, FindingLevel Level, string Message, string Remedy);

/// <summary>The checks that count for a chart, who declares them ("the chart acme (Acme Inc.)"), and what of the chart's own files cannot be used, with file and line.</summary>
public sealed record DeclaredChecks(IReadOnlyList<VendorCheck> Checks, string By, IReadOnlyList<string> Problems)
{
    /// <summary>Nobody says anything.</summary>
    public static DeclaredChecks None { get; } = new([], "", []);
}
