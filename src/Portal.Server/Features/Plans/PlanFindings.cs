using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Values;
using Portal.Helm.Actions;
using Portal.Helm.Charts;
using Portal.Server.Features.Catalog;

namespace Portal.Server.Features.Plans;

/// <summary>What a plan notices. Pure. Ids are stable for the same matter, so that acknowledging names it.</summary>
internal static class PlanFindings
{
    // Who is down is not always the object that changes.
    internal static string Downtime(ObjectChange change) => change.Object[..change.Object.IndexOf('/', StringComparison.Ordinal)] switch
    {
        "Secret" or "ConfigMap" or "ExternalSecret" => $"{change.Object} changes: {change.EffectReason}. Pods are down meanwhile.",
        "Deployment" or "StatefulSet" or "DaemonSet" or "ReplicaSet" or "Pod" when !change.EffectReason.StartsWith("it is scaled to none", StringComparison.Ordinal) => $"{change.Object} is down while its pods are replaced.",
        _ => $"{change.Object}: {change.EffectReason}.",
    };

    public static IReadOnlyList<Finding> Of(
        PlanRow plan, PlanOptions options, PreparedAction action, Chart? chart, Helm.Releases.Release? current, IReadOnlyList<ObjectChange> changes, IReadOnlyList<PlannedHook> hooks, RollbackVerdict? verdict, OverrideReport? overrides,
        bool overridesLate, UpgradeBriefing? briefing, IReadOnlyList<PlannedStep> steps, IReadOnlyList<Finding> checks, DateTime? goneAt = null, IReadOnlyList<WayBack>? waysBack = null)
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
                    Add("downtime", FindingLevel.Warning, change.Object, null, Downtime(change), "Choose a time when this may be so.");
                    break;
            }
        }

        if (changes.Where(c => c.Kind == ObjectChangeKind.Kept).Select(c => c.Object).ToArray() is { Length: > 0 } kept)
        {
            Add("kept", FindingLevel.Note, null, null, $"{string.Join(", ", kept.Take(8))}{(kept.Length > 8 ? $" and {kept.Length - 8} more" : "")} {(kept.Length == 1 ? "is" : "are")} no longer part of the release and {(kept.Length == 1 ? "stays" : "stay")} in the cluster: helm.sh/resource-policy says keep.", "Delete what you do not need any more yourself.");
        }

        var renamed = current is not null && current.Chart.Name != action.Target.Chart.Name;
        if (renamed)
        {
            Add("other-chart", FindingLevel.Warning, null, null, $"The release was made of the chart {current!.Chart.Name} and goes to {action.Target.Chart.Name}.", "Make sure that it is the same software under another name; objects that only the old chart has are removed.");
        }

        // Numbers of two charts say nothing about each other.
        if (plan.Kind == OperationKind.Upgrade && current is not null && chart is not null && !renamed)
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
        }

        foreach (var way in waysBack ?? [])
        {
            var after = way.Safety switch
            {
                RollbackSafety.NeedsRestore => "it can be left again only by restoring a backup from before",
                RollbackSafety.Impossible => "it cannot be left again",
                RollbackSafety.SafeWithSteps => "leaving it again takes steps",
                _ => "nothing is known about leaving it again",
            };
            Add(
                "way-back", way.Safety is RollbackSafety.NeedsRestore or RollbackSafety.Impossible ? FindingLevel.Warning : FindingLevel.Note, null, way.Version, $"{way.Version}: {way.Text.TrimEnd('.')}. After it, {after}.",
                way.Safety is RollbackSafety.NeedsRestore or RollbackSafety.Impossible ? "Make sure that a backup of the data exists, made just before." : "Read it before you start.");
        }

        if (goneAt is { } gone)
        {
            Add(
                "version-gone", plan.ToChartVersion == plan.FromChartVersion ? FindingLevel.Note : FindingLevel.Warning, null, null,
                string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Its source no longer has {plan.ToChartVersion} since {gone:yyyy-MM-dd}; the portal's own copy is used."), "Ask the vendor why it was taken back.");
        }

        if (overridesLate)
        {
            Add("overrides-late", FindingLevel.Note, null, null, "Which of your overrides the new version still knows could not be said in time.", "Open the values and check them against this version; it may take a while.");
        }

        var path = briefing?.Path;
        if (path is { Problem: { } problem })
        {
            Add("path", FindingLevel.Blocker, null, null, problem, "Get the versions on the way into the source, or take another target.");
        }
        else if (path is { Versions.Count: > 1 })
        {
            var notes = string.Join(" ", path.Stops.Select(s => s.Note).Where(n => n.Length > 0));
            Add("path", FindingLevel.Blocker, null, null, $"The way to {path.Versions[^1]} leads over {string.Join(", ", path.Versions.SkipLast(1))}. {notes}".TrimEnd(), $"Upgrade to {path.Versions[0]} first.");
        }

        foreach (var (step, i) in steps.Select((s, i) => (s, i)).Where(s => s.s.Step.When == GuideStepTime.Before && s.s.Outcome != StepOutcome.Met))
        {
            Add("step", FindingLevel.Warning, null, $"{step.Step.Version}/{i + 1}", $"Before {step.Step.Version}: {step.Step.Text} {step.Detail}".TrimEnd(), step.Step.Kind == GuideStepKind.AdminOnly ? "Have a cluster admin do it, then plan again." : "Do it, then acknowledge it.");
        }

        foreach (var key in overrides?.Keys.Where(k => k.IsAlarm) ?? [])
        {
            var (code, level, remedy) = key.Verdict switch
            {
                OverrideVerdict.Renamed => ("renamed-key", FindingLevel.Warning, "Apply the proposal of the override report, then plan again."),
                OverrideVerdict.Dead => ("dead-key", FindingLevel.Warning, "Look for its new name in the changelog and move your value there, or delete it."),
                OverrideVerdict.TypeChanged => ("key-type", FindingLevel.Warning, "Write the value as the new version wants it."),
                OverrideVerdict.MeaningChanged => ("key-meaning", FindingLevel.Warning, "Read what it does now before you keep it."),
                OverrideVerdict.NewlyRequired => ("required-key", FindingLevel.Blocker, "Set it in your values."),
                _ => ("default-changed", FindingLevel.Note, "Keep it if you want it as it is."),
            };
            Add(code, level, null, key.Path, key.Message, remedy);
        }

        foreach (var note in overrides?.ChartNotes ?? [])
        {
            Add("chart-note", FindingLevel.Warning, null, note.Split(' ')[0].TrimEnd(':'), note, "Read the upgrade guide.");
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

        if (verdict?.Safety is RollbackSafety.Impossible)
        {
            Add("rollback", FindingLevel.Blocker, null, null, string.Join(" ", verdict.Reasons), "Restore a backup of the data and of the cluster from before, or go on to a newer version.");
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

        return [.. result.Concat(checks).OrderBy(f => f.Level)];
    }
}
