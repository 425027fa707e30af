using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Values;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Releases;
using Portal.Server.Features.Values;

namespace Portal.Server.Features.Plans;

/// <summary>A plan to take along: a Markdown runbook, JSON, and the helm command that does the same with its values file. Nothing secret is in any of them. Pure.</summary>
internal static partial class PlanExport
{
    /// <summary>The command for a shell, one argument after the other quoted where it has to be.</summary>
    public static string Command(ReleaseRow release, ChartSourceRow? source, Plan plan)
    {
        var words = new List<string> { "helm" };
        var options = plan.Options;
        switch (plan.Kind)
        {
            case OperationKind.Install or OperationKind.Upgrade:
                words.AddRange([plan.Kind == OperationKind.Install ? "install" : "upgrade", release.Name]);
                words.AddRange(Chart(release, source, plan.ToChartVersion ?? ""));
                words.AddRange(["--namespace", release.Namespace, "--values", "values.yaml"]);
                words.AddRange(plan.Kind == OperationKind.Install ? Flag(options.CreateNamespace, "--create-namespace") : ["--reset-values", "--history-max", Text(options.HistoryMax)]);
                words.AddRange([.. Flag(options.RollbackOnFailure, "--rollback-on-failure"), .. Flag(options.SkipCrds, "--skip-crds"), .. Flag(options.ForceConflicts, "--force-conflicts")]);
                break;
            case OperationKind.Rollback:
                words.AddRange(["rollback", release.Name, Text(plan.ToRevision ?? 0), "--namespace", release.Namespace, "--history-max", Text(options.HistoryMax), .. Flag(options.ForceConflicts, "--force-conflicts")]);
                break;
            case OperationKind.Uninstall:
                words.AddRange(["uninstall", release.Name, "--namespace", release.Namespace, .. Flag(options.KeepHistory, "--keep-history")]);
                break;
            default:
                words.AddRange(["test", release.Name, "--namespace", release.Namespace]);
                break;
        }

        words.AddRange(plan.Kind == OperationKind.Test ? [] : [.. Flag(options.Wait, "--wait"), .. Flag(options.NoHooks, "--no-hooks")]);
        words.AddRange(["--timeout", Text(options.TimeoutSeconds) + "s"]);
        var line = string.Join(' ', words.Select(Quote));
        return options.RunTests && plan.Kind is OperationKind.Install or OperationKind.Upgrade ? $"{line}\nhelm test {Quote(release.Name)} --namespace {Quote(release.Namespace)}" : line;
    }

    /// <summary>What a person follows by hand, in the order in which it is done.</summary>
    public static string Runbook(ReleaseRow release, ChartSourceRow? source, Plan plan, IReadOnlyList<ObjectChange> changes, OverrideReport? overrides, ExportedValues? values, DateTimeOffset now)
    {
        var text = new StringBuilder();
        void Line(string line = "") => text.Append(line).Append('\n');
        void Section(string title)
        {
            Line();
            Line($"## {title}");
            Line();
        }

        // Longer than any fence inside it.
        void Fence(string yaml)
        {
            var fence = new string('`', Math.Max(3, Backticks().Matches(yaml).Select(m => m.Length + 1).DefaultIfEmpty(3).Max()));
            Line(fence + "yaml");
            Line(yaml.TrimEnd('\n'));
            Line(fence);
        }

        Line($"# {plan.Kind} of {release.Name} in {release.Namespace}");
        Line();
        Line($"- Chart: {release.Chart} {plan.FromChartVersion ?? "(none)"} -> {plan.ToChartVersion ?? "(none)"}");
        if (plan.Kind is OperationKind.Rollback)
        {
            Line($"- Revision: {Text(plan.FromRevision)} -> {Text(plan.ToRevision)}");
        }
        else
        {
            Line($"- Values revision: {Text(plan.FromValuesRevision)} -> {Text(plan.ValuesRevision)}");
        }

        Line($"- Plan: {plan.Id}, made by {Inline(plan.CreatedBy)} at {plan.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC, digest `{plan.Digest}`");
        Line($"- State of this text: {now.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
        if (plan.Summary is { } s)
        {
            Line($"- Objects: {s.Added} added, {s.Changed} changed, {s.Removed} removed; {s.Restarts} restart, {s.Refused} would be refused, {s.Conflicts} in conflict");
        }

        Section("1. Before");
        void Steps(GuideStepTime when)
        {
            foreach (var step in (plan.Steps ?? []).Where(s => s.Step.When == when))
            {
                Line($"- [{(step.Outcome == StepOutcome.Met ? "x" : " ")}] **{Words(step.Step.Kind)}** ({step.Step.Version}) {Inline(step.Step.Text)} {Inline(step.Detail)}".TrimEnd());
                if (step.Step.Manifest is { Length: > 0 } manifest)
                {
                    Fence(manifest);
                }
            }
        }

        // Steps have lines of their own below.
        foreach (var finding in plan.Findings.Where(f => f is { Level: not FindingLevel.Note, Code: not "step" }))
        {
            Line($"- [ ] **{finding.Level}** {Inline(finding.Message)} {Inline(finding.Remedy)}");
        }

        Steps(GuideStepTime.Before);
        if (plan.Verdict is { } verdict)
        {
            Line($"- [ ] Going back: {verdict.Safety}. {Inline(string.Join(" ", verdict.Reasons))}");
        }

        Line("- [ ] A backup of what the release stores exists and is not older than you can afford to lose.");
        foreach (var key in overrides?.Keys.Where(k => k is { Id: not null, IsAlarm: true }) ?? [])
        {
            Line(key.NewPath is { } to ? $"- [ ] Move `{key.Path}` to `{to}` in the values." : $"- [ ] Delete `{key.Path}` from the values.");
        }

        Section("2. What changes");
        Line("| object | change | effect | why |");
        Line("|---|---|---|---|");
        foreach (var change in changes.Where(c => c.Kind != ObjectChangeKind.Unchanged))
        {
            Line($"| {Cell(change.Object)} | {change.Kind} | {change.Effect} | {Cell(change.EffectReason)} |");
        }

        if (plan.Images.Count > 0)
        {
            Line();
            Line("| image of | from | to |");
            Line("|---|---|---|");
            foreach (var image in plan.Images)
            {
                Line($"| {Cell($"{image.Object} {image.Container}")} | {Cell(image.From ?? "(new)")} | {Cell(image.To ?? "(gone)")} |");
            }
        }

        if (plan.Hooks.Count > 0)
        {
            Line();
            foreach (var hook in plan.Hooks)
            {
                Line($"- Hook {Inline(hook.Object)} runs at {string.Join(", ", hook.Events)} (weight {Text(hook.Weight)}).");
            }
        }

        Section("3. Do it");
        Line("```sh");
        Line(Command(release, source, plan));
        Line("```");
        if (values is not null)
        {
            Line();
            Line("with `values.yaml`:");
            Line();
            Fence(values.Text);
            foreach (var secret in values.LeftOut)
            {
                Line(secret.From is { } from ? $"- [ ] `{secret.Path}`: take it from Secret {Inline(from)} in {release.Namespace}." : $"- [ ] `{secret.Path}`: fill it in.");
            }
        }

        Section("4. After");
        foreach (var change in changes.Where(c => c.Effect is Effect.RollingRestart or Effect.Recreate && c.Kind != ObjectChangeKind.Removed && c.Object.Split('/')[0] is "Deployment" or "StatefulSet" or "DaemonSet"))
        {
            Line($"- [ ] `kubectl rollout status {change.Object.ToLowerInvariant()} --namespace {change.Namespace}`");
        }

        Steps(GuideStepTime.After);
        foreach (var change in changes.Where(c => c.Effect == Effect.ConfigReload))
        {
            Line($"- [ ] {Inline(change.Object)}: {Inline(change.EffectReason)}.");
        }

        Line($"- [ ] `helm status {Quote(release.Name)} --namespace {Quote(release.Namespace)}` says deployed.");
        if (plan is { Kind: OperationKind.Upgrade, FromRevision: { } back })
        {
            Section("5. If it goes wrong");
            foreach (var way in plan.Findings.Where(f => f.Code == "way-back"))
            {
                Line($"**{Inline(way.Message)}** {Inline(way.Remedy)}");
                Line();
            }

            Line("```sh");
            Line($"helm rollback {Quote(release.Name)} {Text(back)} --namespace {Quote(release.Namespace)} --wait");
            Line("```");
            Line();
            Line("This brings manifests back, not data: what jobs did to databases stays, and CRDs stay as they are.");
        }

        return text.ToString();
    }

    private static string[] Chart(ReleaseRow release, ChartSourceRow? source, string version) => source switch
    {
        { Kind: ChartSourceKind.Oci, Url: { } url } => [url.TrimEnd('/'), "--version", version],
        { Kind: ChartSourceKind.Http, Url: { } url } => [release.Chart, "--repo", url, "--version", version],
        // Uploaded and built-in charts are files: the catalog hands them out.
        _ => [$"./{release.Chart}-{version}.tgz"],
    };

    private static string Words(GuideStepKind kind) => kind switch { GuideStepKind.AdminOnly => "cluster admin", GuideStepKind.Restart => "restart", GuideStepKind.Job => "job", GuideStepKind.Wait => "wait", _ => "by hand" };

    private static string[] Flag(bool on, string name) => on ? [name] : [];

    private static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "(none)";

    private static string Quote(string word) => Plain().IsMatch(word) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    // Messages quote what charts and clusters say: they stay on their line and start no markup.
    private static string Inline(string text) => Markup().Replace(text.ReplaceLineEndings(" "), "\\$0");

    private static string Cell(string text) => Inline(text).Replace("|", "\\|", StringComparison.Ordinal);

    [GeneratedRegex(@"^[A-Za-z0-9_./:@%+=,-]+$")]
    private static partial Regex Plain();

    [GeneratedRegex(@"[<>\[\]*_`\\]")]
    private static partial Regex Markup();

    [GeneratedRegex("`{3,}")]
    private static partial Regex Backticks();
}

/// <summary>GET /api/v1/plans/{id}/export?format=json.</summary>
internal sealed record PlanDocument(string Release, string Namespace, string Chart, string? ChartDigest, string Command, string? Values, Plan Plan, IReadOnlyList<ObjectChange> Changes, OverrideReport? Overrides, DateTimeOffset ExportedAt);
