using System.Net.Http.Json;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Core.Values;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Plans;

/// <summary>A void plan gets a new one in its place with one click, and what the two do otherwise is said.</summary>
public sealed class PlanSuccessorTests(PortalServer portal)
{
    private const string Values = "text: one\npassword: canary-one\n";

    private static readonly (string, string)[] Chart =
    [
        ("values.yaml", "text: none\npassword: \"\"\n"),
        ("templates/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {text: {{ .Values.text | quote }}}\n"),
        ("templates/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: secret}\nstringData: {password: {{ .Values.password | quote }}}\n"),
        ("templates/steady.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: steady}\ndata: {a: b}\n"),
    ];

    [Fact]
    public async Task Values_that_were_saved_meanwhile_are_in_the_new_plan_and_what_ends_otherwise_is_told()
    {
        var release = await TestRelease.InstallAsync(portal, Values, Chart);
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, Options: TestRelease.Quick));
        await SaveAsync(release.Id, 1, "text: two\npassword: canary-two\n");
        await ProblemAsync(await release.AskAsync(plan), 409, "plan-void");

        var next = await SucceedAsync(plan);

        Assert.Equal((plan.Id, 2, plan.Options), (next.ReplacesId, next.ValuesRevision, next.Options));
        var differences = await GetAsync<PlanDifferences>(portal.Viewer, $"plans/{next.Id}/differences");
        Assert.Contains("values changed by", differences.Reason, StringComparison.Ordinal);
        Assert.Equal([new InputDifference("Values revision", "1", "2")], differences.Inputs);
        Assert.Equal(["ConfigMap/settings", "Secret/secret"], differences.Objects.Select(o => o.Object).Order());
        var settings = differences.Objects.Single(o => o.Object == "ConfigMap/settings");
        Assert.Contains("text: one", settings.From, StringComparison.Ordinal);
        Assert.Contains("text: two", settings.To, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", await portal.Viewer.GetStringAsync(new Uri($"{Routes.Api}/plans/{next.Id}/differences", UriKind.Relative)), StringComparison.Ordinal);
        Assert.Equal(System.Net.HttpStatusCode.Created, (await release.AskAsync(next)).StatusCode);
    }

    [Fact]
    public async Task Older_values_that_were_chosen_on_purpose_stay_chosen_and_the_policy_counts_as_it_is_now()
    {
        var release = await TestRelease.InstallAsync(portal, Values, Chart);
        await SaveAsync(release.Id, 1, "text: two\n");
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, ValuesRevision: 1));
        await release.SetPolicyAsync(new ReleasePolicy(false, plan.Options.RollbackOnFailure, plan.Options.TimeoutSeconds + 60, plan.Options.GraceSeconds));

        var next = await SucceedAsync(plan);

        Assert.Equal((1, plan.Options.TimeoutSeconds + 60), (next.ValuesRevision, next.Options.TimeoutSeconds));
        var differences = await GetAsync<PlanDifferences>(portal.Viewer, $"plans/{next.Id}/differences");
        Assert.Equal([("Time-out in seconds", $"{plan.Options.TimeoutSeconds}", $"{next.Options.TimeoutSeconds}")], differences.Inputs.Select(i => (i.What, i.Was, i.Now)));
        Assert.Empty(differences.Objects);
    }

    // The story: a script that chose one option got defaults for all others, also where the release's policy said something else.
    [Fact]
    public async Task An_option_that_is_not_chosen_is_as_the_policy_has_it()
    {
        var release = await TestRelease.InstallAsync(portal, Values, Chart);
        await release.SetPolicyAsync(new ReleasePolicy(false, RollbackOnFailure: false, TimeoutSeconds: 777, GraceSeconds: 7));

        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, Options: new PlanOptionsRequest(GraceSeconds: 8)));

        Assert.Equal((false, 777, 8), (plan.Options.RollbackOnFailure, plan.Options.TimeoutSeconds, plan.Options.GraceSeconds));
    }

    [Fact]
    public async Task What_somebody_changed_in_the_cluster_is_told_too()
    {
        var release = await TestRelease.InstallAsync(portal, Values, Chart);
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, Options: TestRelease.Quick));
        await release.ApplyAsync("somebody", $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: {release.Name}}}\ndata: {{text: theirs}}\n");

        var next = await SucceedAsync(plan);

        var told = Assert.Single((await GetAsync<PlanDifferences>(portal.Viewer, $"plans/{next.Id}/differences")).Objects);
        Assert.Equal("ConfigMap/settings", told.Object);
        Assert.NotEqual("", told.EffectReason);
    }

    [Fact]
    public async Task A_plan_that_replaces_nothing_has_no_differences_and_a_viewer_makes_none()
    {
        var release = await TestRelease.InstallAsync(portal, Values, Chart);
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, Options: TestRelease.Quick));
        await ProblemAsync(await portal.Viewer.GetAsync(new Uri($"{Routes.Api}/plans/{plan.Id}/differences", UriKind.Relative)), 404, "not-found");
        await ProblemAsync(await PostAsync(portal.As(Role.Viewer), $"plans/{plan.Id}/successor", new { }), 403, "not-allowed");
    }

    private async Task<Plan> SucceedAsync(Plan plan)
    {
        var next = await ReadAsync<Plan>(await PostAsync(portal.Operator, $"plans/{plan.Id}/successor", new { }));
        await UntilAsync(async () => (next = await GetAsync<Plan>(portal.Viewer, $"plans/{next.Id}")).State != PlanState.Pending);
        Assert.True(next.State == PlanState.Ready, next.Error);
        return next;
    }

    private async Task SaveAsync(string releaseId, int edited, string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Routes.Api}/releases/{releaseId}/values") { Content = JsonContent.Create(new SaveValuesRequest(text, "a test changes it"), options: Json) };
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{edited}\"");
        (await portal.Operator.SendAsync(request)).EnsureSuccessStatusCode();
    }
}
