namespace Portal.Core.Plans;

/// <summary>
/// GET /api/v1/plans/{id}/differences: what a plan would do otherwise than the one that it replaces. Reason says why that one is not used any more (null while it could be); the rest is empty
/// when both do the same.
/// </summary>
/// <param name="ReplacesId">The other plan.</param>
/// <param name="Reason">Why it is void, in words.</param>
/// <param name="Inputs">What the two were made of, where it differs.</param>
/// <param name="Objects">Objects that one of them changes otherwise.</param>
/// <param name="NewFindings">Findings that the other one did not have.</param>
/// <param name="GoneFindings">Findings that this one has no more.</param>
public sealed record PlanDifferences(
    string ReplacesId, string? Reason, IReadOnlyList<InputDifference> Inputs, IReadOnlyList<ObjectChange> Objects, IReadOnlyList<Finding> NewFindings, IReadOnlyList<Finding> GoneFindings);

/// <summary>One thing that plans are made of ("Values revision"), in the plan that is replaced and in this one; null: it has none.</summary>
public sealed record InputDifference(string What, string? Was, string? Now);
