namespace Portal.Helm.Charts;

/// <summary>One failed keyword, and what failed inside it; or the several failures of one schema as a group. Path is a JSON pointer.</summary>
internal sealed record SchemaFailure(string Path, string Message, IReadOnlyList<SchemaFailure> Causes, bool IsGroup = false)
{
    /// <summary>A group's members, or the failure itself.</summary>
    public IReadOnlyList<SchemaFailure> Members => IsGroup ? Causes : [this];

    /// <summary>The failure and its causes as lines, each as deep as the complaint it belongs to.</summary>
    public IEnumerable<SchemaError> Lines(int depth) => Causes.SelectMany(c => c.Lines(depth + 1)).Prepend(new SchemaError(Path, Message, depth));
}
