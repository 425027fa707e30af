using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Charts;
using Portal.Server.Features.Catalog;

namespace Portal.Server.Features.Plans;

/// <summary>What a plan notices. Pure. Ids are stable for the same matter, so that acknowledging names it.</summary>
internal static class PlanFindings
{
    public static IReadOnlyList<Finding> Of(
        PlanRow plan, PlanOptions options, PreparedAction action, Chart? chart, Helm.Releases.Release? current, IReadOnlyList<ObjectChange> changes, IReadOnlyList<PlannedHook> hooks, RollbackVerdict? verdict)
    {
        var result = new List<Finding>();
        void Add(string code, FindingLevel level, string? item, string? key, string message, string remedy) =>
            result.Add(new Finding($"{code}{(item ?? key) switch { null => "", var x => ":" + x }}", code, level, item, key, message, remedy));

        foreach (var change in changes)
        {
            switch (change.Effect)
            {
                case Effect.Refused:
                    Add("refused", FindingLevel.Blocker, change.Object, null, $"{change.Object}: {change.EffectReason}", "Change the value behind this field, or remove the object first if it may be made anew.");
                    break;
                case Effect.Conflict:
                    Add("conflict", FindingLevel.Blocker, change.Object, null, $"{change.Object}: {change.EffectReason}", "Take the change by hand back, or plan again with \"take fields over\".");
                    break;
                case Effect.DataAtRisk:
                    Add("data", FindingLevel.Warning, change.Object, null, $"{change.Object}: {change.EffectReason}. Data may be at risk.", "Make sure that a backup of the data exists.");
                    break;
                case Effect.Recreate when change.Kind == ObjectChangeKind.Changed:
                    Add("downtime", FindingLevel.Warning, change.Object, null, $"{change.Object} is down while its pods are replaced.", "Choose a time when this may be so.");
                    break;
            }
        }

        if (plan.Kind == OperationKind.Upgrade && current is not null && chart is not null)
        {
            var kind = VersionClasses.Of(current.Chart.Metadata.Version, chart.Metadata.Version);
            if (kind == VersionClass.Major)
            {
                Add("major", FindingLevel.Warning, null, null, $"{chart.Metadata.Version} is a major version: significant changes are to be expected.", "Read the upgrade guide and the changelog.");
            }

            if (kind == VersionClass.Older)
            {
                Add("downgrade", FindingLevel.Warning, null, null, $"{chart.Metadata.Version} is older than the installed {current.Chart.Metadata.Version}.", "Prefer a rollback, or check that data written by the newer version can be read.");
            }

            foreach (var key in DeadKeys(action.Target.Config, current.Chart.Values, chart.Values, ""))
            {
                Add("dead-key", FindingLevel.Warning, null, key, $"{key} has no meaning in {chart.Metadata.Version} any more: Helm ignores it without a word.", "Look for its new name in the changelog and move your value there, or delete it.");
            }
        }

        if (!options.Wait)
        {
            Add("no-wait", FindingLevel.Note, null, null, "The operation ends before the pods are ready.", "Choose to wait if you want to know whether it worked.");
        }

        if (!options.RollbackOnFailure && plan.Kind == OperationKind.Upgrade)
        {
            Add("no-rollback", FindingLevel.Note, null, null, "After a failure the release stays as it is.", "Choose to roll back on failure if that is not what you want.");
        }

        foreach (var hook in hooks)
        {
            Add("hook", FindingLevel.Note, hook.Object, null, $"{hook.Object} runs ({string.Join(", ", hook.Events)}).", "If it fails, the operation fails.");
        }

        if (verdict?.Safety is RollbackSafety.SafeWithSteps or RollbackSafety.Unknown or RollbackSafety.NeedsRestore)
        {
            Add("rollback", FindingLevel.Warning, null, null, string.Join(" ", verdict.Reasons), "Check the databases, and have their backup at hand.");
        }

        if (chart is not null && chart.Metadata.Deprecated)
        {
            Add("deprecated", FindingLevel.Warning, null, null, $"The chart {chart.Name} is deprecated.", "Ask the vendor for its successor.");
        }

        var size = Helm.Releases.SecretReleaseStore.Size(action.Target);
        if (plan.Kind is not (OperationKind.Uninstall or OperationKind.Test) && size > Helm.Releases.SecretReleaseStore.MaximumBytes * 8 / 10)
        {
            Add("record-size", size >= Helm.Releases.SecretReleaseStore.MaximumBytes ? FindingLevel.Blocker : FindingLevel.Warning, null, null, $"The release record has {size} bytes of {Helm.Releases.SecretReleaseStore.MaximumBytes} that a Secret takes.", "Take files out of the chart, or shorten the values.");
        }

        return [.. result.OrderBy(f => f.Level)];
    }

    // Keys of the user's values that the old chart's defaults had and the new one's have not.
    private static IEnumerable<string> DeadKeys(Dictionary<string, object?> user, Dictionary<string, object?> old, Dictionary<string, object?> now, string path)
    {
        foreach (var (key, value) in user)
        {
            var at = path.Length == 0 ? key : $"{path}.{key}";
            if (old.ContainsKey(key) && !now.ContainsKey(key))
            {
                yield return at;
            }
            else if (value is Dictionary<string, object?> inner && old.GetValueOrDefault(key) is Dictionary<string, object?> { Count: > 0 } a && now.GetValueOrDefault(key) is Dictionary<string, object?> { Count: > 0 } b)
            {
                foreach (var dead in DeadKeys(inner, a, b, at))
                {
                    yield return dead;
                }
            }
        }
    }
}
