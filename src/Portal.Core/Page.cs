namespace Portal.Core;

/// <summary>One page of a list. <paramref name="Next"/> is the key for ?after=, or null on the last page.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next = null);
