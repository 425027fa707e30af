using Portal.Helm.Kube;

namespace Portal.Helm.Actions;

/// <summary>
/// Asks the server, before anything is written, about the objects that may be refused: those of whose fields other managers own some, and those whose
/// immutable fields change. All others are not asked about: a dry run of every object would double the requests.
/// </summary>
internal sealed class ConflictCheck(ObjectWriter writer)
{
    /// <exception cref="HelmException">Names every conflicting field with its owner, and every refusal. Nothing was changed.</exception>
    public async Task RunAsync(IReadOnlyList<KubeObject> objects, IReadOnlyDictionary<ObjectRef, KubeObject> before, LiveObjects live, CancellationToken cancellation)
    {
        var doubtful = objects.Where(o => live[o.Ref] is { } known
            && (FieldOwners.Others(known, o, ObjectWriter.Manager) || (before.TryGetValue(o.Ref, out var old) && ImmutableFields.Changed(old, o).Count > 0))).ToList();
        var problems = new string?[doubtful.Count];
        await Parallel.ForEachAsync(Enumerable.Range(0, doubtful.Count), new ParallelOptions { MaxDegreeOfParallelism = LiveObjects.Width, CancellationToken = cancellation }, async (at, stop) =>
        {
            var item = doubtful[at];
            try
            {
                await writer.WriteAsync(item, before.GetValueOrDefault(item.Ref), live[item.Ref], dryRun: true, stop);
            }
            catch (KubeException error) when (error.Code is 409 or 422 || (error.Code == 403 && error.Message.Contains("immutable", StringComparison.Ordinal)))
            {
                problems[at] = error.Code == 409 ? Conflicts(item, error) : Immutable(item, before, error);
            }
        });
        var found = problems.OfType<string>().ToList();
        if (found.Count > 0)
        {
            throw new HelmException(string.Join("; ", found));
        }
    }

    /// <summary>"field .spec.replicas of Deployment/web is owned by kubectl-edit"; null when the only other owner is Helm itself.</summary>
    public static string? Conflicts(KubeObject item, KubeException error)
    {
        var fields = new KubeObject(error.Status ?? []).List("details", "causes")
            .Where(c => c.Text("reason") == "FieldManagerConflict")
            .Select(c => (Field: c.Text("field"), Owner: Owner(c.Text("message"))))
            .Where(c => c.Owner != ObjectWriter.Manager)
            .Select(c => $"field {c.Field} of {item.Ref} is owned by {c.Owner}").ToList();
        return fields.Count > 0 ? string.Join("; ", fields) : error.Status?["details"]?["causes"] is null ? $"{item.Ref}: {error.Message}" : null;
    }

    private static string Immutable(KubeObject item, IReadOnlyDictionary<ObjectRef, KubeObject> before, KubeException error)
    {
        var fields = before.TryGetValue(item.Ref, out var old) ? ImmutableFields.Changed(old, item) : [];
        return fields.Count > 0
            ? $"{item.Ref} cannot be changed in place: {string.Join(", ", fields)} {(fields.Count == 1 ? "is" : "are")} immutable ({error.Message})"
            : $"{item.Ref} would be refused by the cluster: {error.Message}";
    }

    // conflict with "kubectl-edit" using apps/v1
    private static string Owner(string message)
    {
        var start = message.IndexOf('"', StringComparison.Ordinal);
        var end = start < 0 ? -1 : message.IndexOf('"', start + 1);
        return end < 0 ? message : message[(start + 1)..end];
    }
}
