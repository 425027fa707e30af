using Portal.Core;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Helm.Charts;
using Portal.Helm.Releases;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Plans;
using Portal.Testing;
using Record = Portal.Helm.Releases.Release;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Plans;

/// <summary>Going back: told from records alone, and never called safe because nobody says anything.</summary>
public sealed class RollbackVerdictTests(PortalServer portal)
{
    private const string Pack = """
        name: vendor
        charts: [demo]
        versions:
          - version: "1.1.0"
            wayBack: { safety: safe }
          - version: "1.2.0"
            wayBack: { safety: steps, text: Stop the workers first. }
          - version: "2.0.0"
            pointOfNoReturn: Tables are rewritten.
          - version: "3.0.0"
            wayBack: { safety: impossible, text: Keys are replaced. }
        """;

    [Fact]
    public void The_same_chart_version_goes_back_by_values_alone()
    {
        var verdict = Verdict("", Valued(1, "a: 1\nold: x\n"), Valued(2, "a: 2\nnew: y\n"));
        Assert.Equal(RollbackSafety.Safe, verdict.Safety);
        Assert.Equal(["The chart version stays the same: only values go back.", "Settings that were taken out since come back: old.", "Settings that came since are gone: new."], verdict.Reasons);
    }

    [Fact]
    public void Another_version_of_which_nobody_says_anything_is_unknown()
    {
        var verdict = Verdict("", Revision(1, "1.0.0"), Revision(2, "1.0.1"));
        Assert.Equal(RollbackSafety.Unknown, verdict.Safety);
        Assert.Contains("Nothing is said about going back from 1.0.1 to 1.0.0", Assert.Single(verdict.Reasons), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.1.0", RollbackSafety.Safe, "1.1.0 can be left for an earlier version")]
    [InlineData("1.2.0", RollbackSafety.SafeWithSteps, "1.2.0: Stop the workers first.")]
    [InlineData("2.0.0", RollbackSafety.NeedsRestore, "2.0.0: Tables are rewritten. Restore a backup from before revision 2 (2026-01-02 10:00 UTC).")]
    [InlineData("3.0.0", RollbackSafety.Impossible, "3.0.0: Keys are replaced.")]
    [InlineData("1.3.0", RollbackSafety.Unknown, "Nothing is said about going back from 1.3.0")]
    public void What_the_vendor_declares_counts(string version, RollbackSafety safety, string words)
    {
        var verdict = Verdict(Pack, Revision(1, "1.0.0"), Revision(2, version));
        Assert.Equal(safety, verdict.Safety);
        Assert.Contains(verdict.Reasons, r => r.StartsWith(words, StringComparison.Ordinal));
    }

    [Fact]
    public void A_point_of_no_return_that_was_jumped_over_was_passed()
    {
        var verdict = Verdict(Pack, Revision(1, "1.0.0"), Revision(2, "1.1.0"), Revision(3, "2.1.0"));
        Assert.Equal(RollbackSafety.NeedsRestore, verdict.Safety);
        Assert.Contains(verdict.Reasons, r => r.EndsWith("from before revision 3 (2026-01-03 10:00 UTC).", StringComparison.Ordinal));
        // From there to the version just below it the same holds, and only that.
        Assert.DoesNotContain(Verdict(Pack, Revision(1, "2.0.0"), Revision(2, "2.1.0")).Reasons, r => r.Contains("Tables", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("volumeClaimTemplates: [{metadata: {name: data}}]", "volumeClaimTemplates: [{metadata: {name: other}}]", RollbackSafety.Impossible, "spec.volumeClaimTemplates differs, and Kubernetes lets nobody change that")]
    [InlineData("replicas: 1", "replicas: 2", RollbackSafety.Safe, "Chart version and values stay the same")]
    public void Claim_templates_that_differ_are_refused(string then, string now, RollbackSafety safety, string words)
    {
        static string Set(string spec) => $"---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db}}\nspec: {{serviceName: db, {spec}}}\n";
        Expect(safety, words, Verdict("", Revision(1, "1.0.0", Set(then)), Revision(2, "1.0.0", Set(now))));
    }

    [Theory]
    [InlineData("1Gi", "2Gi", RollbackSafety.Impossible, "was made larger since")]
    [InlineData("1Gi", null, RollbackSafety.NeedsRestore, "comes back empty")]
    [InlineData(null, "1Gi", RollbackSafety.SafeWithSteps, "is deleted with its data")]
    public void A_claim_decides(string? then, string? now, RollbackSafety safety, string words)
    {
        static string Claim(string? size) => size is null ? "" : $"---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data}}\nspec: {{resources: {{requests: {{storage: {size}}}}}}}\n";
        Expect(safety, words, Verdict("", Revision(1, "1.0.0", Claim(then)), Revision(2, "1.0.0", Claim(now))));
    }

    /// <summary>Only claims and definitions counted: going back over a namespace or a StatefulSet with claims that came since was called safe.</summary>
    [Theory]
    [InlineData("apiVersion: v1\nkind: Namespace\nmetadata: {name: jobs}", RollbackSafety.SafeWithSteps, "everything in it is deleted with it")]
    [InlineData("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {volumeClaimTemplates: [{metadata: {name: data}}]}", RollbackSafety.SafeWithSteps, "its claims stay behind without an owner")]
    [InlineData("apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: disk}", RollbackSafety.SafeWithSteps, "data may be deleted with it")]
    [InlineData("apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: pg}", RollbackSafety.SafeWithSteps, "may remove what it made for it")]
    [InlineData("apiVersion: v1\nkind: Namespace\nmetadata: {name: jobs, annotations: {helm.sh/resource-policy: keep}}", RollbackSafety.Safe, "came since and stays")]
    [InlineData("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {}", RollbackSafety.Safe, "Chart version and values stay the same")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}", RollbackSafety.Safe, "Chart version and values stay the same")]
    public void What_came_since_and_holds_data_is_not_left_behind_in_silence(string manifest, RollbackSafety safety, string words) =>
        Expect(safety, words, Verdict("", Revision(1, "1.0.0"), Revision(2, "1.0.0", "---\n" + manifest + "\n")));

    /// <summary>What Helm keeps was called lost.</summary>
    [Fact]
    public void A_claim_that_is_kept_is_not_lost()
    {
        const string claim = "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, annotations: {helm.sh/resource-policy: keep}}\n";
        Expect(RollbackSafety.SafeWithSteps, "is kept by its annotation", Verdict("", Revision(1, "1.0.0", claim), Revision(2, "1.0.0")));
        Assert.Equal(RollbackSafety.Safe, Verdict("", Revision(1, "1.0.0"), Revision(2, "1.0.0", claim)).Safety);
    }

    /// <summary>Two claims of one name hid each other, and one that moved to another namespace was not seen to be lost.</summary>
    [Fact]
    public void Objects_of_two_namespaces_are_two()
    {
        static string Claim(string ns) => $"---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data, namespace: {ns}}}\n";
        Expect(RollbackSafety.NeedsRestore, "PersistentVolumeClaim/data was removed since", Verdict("", Revision(1, "1.0.0", Claim("one") + Claim("two")), Revision(2, "1.0.0", Claim("two"))));
    }

    [Theory]
    [InlineData("{name: v1, storage: true}", "{name: v1, storage: false}, {name: v2, storage: true}", RollbackSafety.Impossible, "objects are stored as v2 since, it was v1")]
    [InlineData("{name: v1, storage: true}, {name: v2, storage: false}", "{name: v1, storage: false}, {name: v2, storage: true}", RollbackSafety.SafeWithSteps, "must be converted")]
    public void A_stored_version_that_moved_does_not_move_back_by_itself(string then, string now, RollbackSafety safety, string words)
    {
        static string Definition(string versions) => $"---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: widgets.example.com}}\nspec: {{group: example.com, versions: [{versions}]}}\n";
        Expect(safety, words, Verdict("", Revision(1, "1.0.0", Definition(then)), Revision(2, "1.0.0", Definition(now))));
        // In crds/ Helm leaves it as it is.
        var (old, newer) = (Revision(1, "1.0.0", "", ("crds/w.yaml", Definition(then))), Revision(2, "1.1.0", "", ("crds/w.yaml", Definition(now))));
        Expect(RollbackSafety.SafeWithSteps, "The definition stays as it is", Verdict(Pack, old, newer));
    }

    [Fact]
    public void Hooks_that_would_run_and_jobs_that_ran_are_named()
    {
        var before = Revision(1, "1.0.0") with { Hooks = [Hook("back", "pre-rollback")] };
        var after = Revision(2, "1.1.0") with { Hooks = [Hook("migrate", "pre-upgrade")] };
        var verdict = Verdict(Pack, before, after);
        Assert.Equal(RollbackSafety.SafeWithSteps, verdict.Safety);
        Assert.Contains(verdict.Reasons, r => r.StartsWith("Job/back runs: it comes from the old chart, 1.0.0", StringComparison.Ordinal));
        Assert.Contains(verdict.Reasons, r => r.StartsWith("Job/migrate of 1.1.0 ran since (revision 2)", StringComparison.Ordinal));
        // The same job ran for the revision that is gone back to.
        Assert.Equal(RollbackSafety.Safe, Verdict(Pack, Revision(1, "1.0.0") with { Hooks = after.Hooks }, after).Safety);
    }

    [Fact]
    public void A_revision_that_failed_and_an_api_that_is_gone_are_said()
    {
        var failed = Revision(1, "1.0.0") with { Info = new ReleaseInfo { Status = ReleaseStatus.Failed } };
        Expect(RollbackSafety.Unknown, "it never ran as a whole", Verdict("", failed, Revision(2, "1.0.0")));
        var old = Revision(1, "1.0.0", "---\napiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n");
        Expect(RollbackSafety.Impossible, "PodDisruptionBudget/web: the cluster does not serve policy/v1beta1", Verdict("", old, Revision(2, "1.0.0")));
    }

    /// <summary>It named the newest revision: a backup from between has no data.</summary>
    [Fact]
    public void The_backup_of_a_claim_is_from_before_the_revision_that_left_it_out()
    {
        var claim = Revision(1, "1.0.0", "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n");
        Expect(RollbackSafety.NeedsRestore, "PersistentVolumeClaim/data was removed since: it comes back empty. Restore a backup of its data from before revision 2.", Verdict("", claim, Revision(2, "1.0.0"), Revision(3, "1.0.0")));
    }

    /// <summary>A point of no return was told when it had been passed: the plan of the upgrade said nothing, and its runbook offered to roll back.</summary>
    [Theory]
    [InlineData("pointOfNoReturn: The store is rewritten.", FindingLevel.Warning, "1.1.0: The store is rewritten. After it, it can be left again only by restoring a backup from before.")]
    [InlineData("wayBack: { safety: impossible, text: Keys are replaced. }", FindingLevel.Warning, "1.1.0: Keys are replaced. After it, it cannot be left again.")]
    [InlineData("wayBack: { safety: safe }", null, null)]
    public async Task A_point_of_no_return_is_told_before_it_is_passed(string declared, FindingLevel? level, string? message)
    {
        const string map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {v: {{ .Chart.Version | quote }}}\n";
        var release = await TestRelease.InstallAsync(portal, "level: info\n", ("templates/a.yaml", map));
        await release.UploadAsync("1.1.0", ("templates/a.yaml", map), (ReleasePack.FileName, $"name: own\ncharts: [{release.Name}]\nversions:\n- version: \"1.1.0\"\n  {declared}\n"));
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.1.0"));
        var finding = plan.Findings.SingleOrDefault(f => f.Code == "way-back");
        Assert.Equal((level, message), (finding?.Level, finding?.Message));
        var runbook = await (await portal.Viewer.GetAsync($"{Routes.Api}/plans/{plan.Id}/export?format=markdown")).Content.ReadAsStringAsync();
        Assert.Equal(message is not null, runbook[runbook.IndexOf("If it goes wrong", StringComparison.Ordinal)..].Contains("After it, it can", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_history_says_it_of_each_earlier_revision_and_the_plan_says_the_same()
    {
        var release = await TestRelease.InstallAsync(portal, "level: info\n", ("templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {v: {{ .Chart.Version | quote }}}\n"));
        await release.UploadAsync("1.1.0", ("templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {v: {{ .Chart.Version | quote }}}\n"), (ReleasePack.FileName, $"name: own\ncharts: [{release.Name}]\nversions:\n- version: \"1.1.0\"\n  pointOfNoReturn: The store is rewritten.\n"));
        await RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Upgrade, "1.1.0", Options: TestRelease.Quick));
        var history = (await GetAsync<Page<Revision>>(portal.Viewer, $"releases/{release.Id}/revisions")).Items;
        Assert.Null(history[0].GoingBack);
        Assert.Equal(RollbackSafety.NeedsRestore, history[1].GoingBack!.Safety);
        Assert.Contains("The store is rewritten. Restore a backup from before revision 2", history[1].GoingBack!.Reasons[0], StringComparison.Ordinal);
        Assert.Equal(1, history[1].ValuesRevision);
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Rollback, ToRevision: 1));
        Assert.True(plan.State == PlanState.Ready, plan.Error);
        Assert.Equal(history[1].GoingBack!.Reasons, plan.Verdict!.Reasons);
        Assert.Contains(plan.Findings, f => f is { Code: "rollback", Level: FindingLevel.Warning });
    }

    /// <summary>The pack said that there is no way back, and it began without a question; an upgrade to the old version said nothing.</summary>
    [Fact]
    public async Task What_is_impossible_does_not_begin_by_either_way()
    {
        const string map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {v: {{ .Chart.Version | quote }}}\n";
        var release = await TestRelease.InstallAsync(portal, "level: info\n", ("templates/a.yaml", map));
        await release.UploadAsync("1.1.0", ("templates/a.yaml", map), (ReleasePack.FileName, $"name: own\ncharts: [{release.Name}]\nversions:\n- version: \"1.1.0\"\n  wayBack: {{ safety: impossible, text: Keys are replaced. }}\n"));
        await RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Upgrade, "1.1.0", Options: TestRelease.Quick));
        foreach (var request in new[] { new CreatePlanRequest(OperationKind.Rollback, ToRevision: 1), new CreatePlanRequest(OperationKind.Upgrade, "1.0.0") })
        {
            var plan = await release.PlanAsync(request);
            Assert.Equal(RollbackSafety.Impossible, plan.Verdict!.Safety);
            Assert.Contains(plan.Findings, f => f is { Code: "rollback", Level: FindingLevel.Blocker } && f.Message.Contains("Keys are replaced.", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("pointOfNoReturn: true", "pointOfNoReturn says why in words")]
    [InlineData("pointOfNoReturn: \"\"", "pointOfNoReturn says why in words")]
    [InlineData("pointOfNoReturn:", "pointOfNoReturn says why in words")]
    [InlineData("pointOfNoReturn: Tables.\n  wayBack: { safety: safe }", "keep one of them")]
    [InlineData("wayBack: { safety: perhaps }", "one of safe, steps, restore, impossible")]
    [InlineData("wayBack: { safety: restore }", "says why in text")]
    public void A_pack_that_says_it_wrongly_is_refused(string line, string words) =>
        Assert.Contains(words, Assert.Throws<ChartException>(() => ReleasePack.Read($"name: x\ncharts: [x]\nversions:\n- version: \"1.0.0\"\n  {line}\n")).Message, StringComparison.Ordinal);

    private static void Expect(RollbackSafety safety, string words, RollbackVerdict verdict)
    {
        Assert.Equal(safety, verdict.Safety);
        Assert.Contains(verdict.Reasons, r => r.Contains(words, StringComparison.Ordinal));
    }

    private static RollbackVerdict Verdict(string pack, params Record[] history) =>
        RollbackVerdicts.Of(history[0], history, new ReleaseFacts(pack.Length == 0 ? [] : [ReleasePack.Read(pack)], [], []), ["v1/PersistentVolumeClaim", "apps/v1/StatefulSet", "apiextensions.k8s.io/v1/CustomResourceDefinition"]);

    private static Record Revision(int number, string version, string manifest = "", params (string Path, string Text)[] files) => new()
    {
        Name = "demo", Namespace = "demo", Version = number, Chart = TestChart.Make("demo", version, files), Manifest = manifest,
        Info = new ReleaseInfo { Status = ReleaseStatus.Superseded, LastDeployed = new DateTimeOffset(2026, 1, number, 10, 0, 0, TimeSpan.Zero) },
    };

    private static Record Valued(int number, string config) => Revision(number, "1.0.0") with { Config = Helm.Yaml.GoYaml.ReadTable(config) };

    private static Hook Hook(string name, string at) => new() { Name = name, Kind = "Job", Path = "x", Manifest = $"kind: Job\nmetadata: {{name: {name}}}\n", Events = [at] };
}
