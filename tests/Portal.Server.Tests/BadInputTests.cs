using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Core.Values;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests;

/// <summary>What cannot be done is answered clearly, and changes nothing: neither in the portal nor in the cluster.</summary>
public sealed class BadInputTests(PortalServer portal)
{
    private static readonly (string, string)[] Files = [("values.yaml", "level: info\n"), ("templates/one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {level: \"{{ .Values.level }}\"}\n")];

    [Theory]
    [InlineData("level: [warn\n", 2)]
    [InlineData("level: warn\nother:\n\t- x\n", 3)]
    [InlineData("level: warn\nother: \"open\n", 3)]
    [InlineData("just a text\n", 1)]
    [InlineData("- a\n- b\n", 1)]
    public async Task A_yaml_error_is_422_with_its_line(string text, int line)
    {
        var release = await TestRelease.InstallAsync(portal, "level: warn\n", Files);
        var before = await StateAsync(release);
        var problem = await ProblemAsync(await SaveAsync(release, text), 422, "yaml");
        Assert.InRange(problem.GetProperty("line").GetInt32(), 1, line);
        Assert.Equal(before, await StateAsync(release));
    }

    [Fact]
    public async Task An_unknown_version_is_404()
    {
        var release = await TestRelease.InstallAsync(portal, "level: warn\n", Files);
        var before = await StateAsync(release);
        var problem = await ProblemAsync(await PostAsync(portal.Operator, $"releases/{release.Id}/plans", new CreatePlanRequest(OperationKind.Upgrade, "9.9.9")), 404, "unknown-version");
        Assert.Contains("9.9.9", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, await StateAsync(release));
    }

    /// <summary>The plan was accepted, and failed a moment later where nobody looked.</summary>
    [Fact]
    public async Task A_revision_that_is_not_there_is_404()
    {
        var release = await TestRelease.InstallAsync(portal, "level: warn\n", Files);
        var before = await StateAsync(release);
        var problem = await ProblemAsync(await PostAsync(portal.Operator, $"releases/{release.Id}/plans", new CreatePlanRequest(OperationKind.Rollback, ToRevision: 7)), 404, "not-found");
        Assert.Contains("7", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, await StateAsync(release));
    }

    [Fact]
    public async Task A_time_without_an_offset_is_no_time()
    {
        var release = await TestRelease.InstallAsync(portal, "level: warn\n", Files);
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.0.0"));
        await ProblemAsync(await PostAsync(portal.Operator, $"plans/{plan.Id}/operations", new { Reason = "at night", ScheduleAt = "2030-01-01T22:00:00" }), 400, "bad-request");
        Assert.Single(await release.OperationsAsync());
    }

    /// <summary>The key of an earlier request answered with that one's operation, and the second plan was never performed.</summary>
    [Fact]
    public async Task An_idempotency_key_stands_for_one_plan()
    {
        var release = await TestRelease.InstallAsync(portal, "level: warn\n", Files);
        var first = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.0.0"));
        var second = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.0.0"));
        var key = Guid.NewGuid().ToString();
        var started = await ReadAsync<Operation>(await AskWithKeyAsync(first, key));
        Assert.Equal(started.Id, (await ReadAsync<Operation>(await AskWithKeyAsync(first, key))).Id);
        var problem = await ProblemAsync(await AskWithKeyAsync(second, key), 422, "invalid");
        await ProblemAsync(await AskWithKeyAsync(second, new string('k', 101)), 422, "invalid");
        Assert.Contains(started.Id, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await EndAsync(portal.Viewer, started.Id);
    }

    [Fact]
    public async Task A_second_upgrade_is_409_and_names_the_first()
    {
        var release = await TestRelease.InstallAsync(portal, "level: warn\n", Files);
        await release.UploadAsync("2.0.0", [.. Files, ("templates/slow.yaml", """
            apiVersion: batch/v1
            kind: Job
            metadata: { name: slow, annotations: { helm.sh/hook: pre-upgrade } }
            spec: { template: { spec: { restartPolicy: Never, containers: [{ name: main, image: registry.example.com/slow:1, env: [{ name: SANDBOX_DURATION, value: "5" }] }] } } }
            """)]);
        var other = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.0.0"));
        var first = await StartAsync(portal.Operator, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0")));
        var problem = await ProblemAsync(await release.AskAsync(other), 409, "busy");
        Assert.Equal(first.Id, problem.GetProperty("operationId").GetString());
        // A plan that is made meanwhile fails; asking for it named no operation.
        await UntilAsync(async () => (await GetAsync<Page<Revision>>(portal.Viewer, $"releases/{release.Id}/revisions")).Items.Any(r => r.Status == "pending-upgrade"));
        var late = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.0.0"));
        Assert.Equal(PlanState.Failed, late.State);
        Assert.EndsWith("Make the plan again when it has ended", late.Error, StringComparison.Ordinal);
        Assert.Equal(first.Id, (await ProblemAsync(await release.AskAsync(late), 409, "busy")).GetProperty("operationId").GetString());
        Assert.Equal(2, (await release.OperationsAsync()).Count);
        Assert.Equal(OperationState.Succeeded, (await EndAsync(portal.Viewer, first.Id)).State);
        Assert.Equal(["deployed 2.0.0", "superseded 1.0.0"], (await GetAsync<Page<Revision>>(portal.Viewer, $"releases/{release.Id}/revisions")).Items.Select(r => $"{r.Status} {r.ChartVersion}"));
    }

    /// <summary>Two clicks, or two people, made two requests of one plan; an approver had both in the inbox.</summary>
    [Fact]
    public async Task A_plan_that_waits_for_approval_is_not_asked_for_again()
    {
        var release = await TestRelease.InstallAsync(portal, "level: warn\n", Files);
        await release.SetPolicyAsync(new ReleasePolicy(ApprovalRequired: true, RollbackOnFailure: false));
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.0.0"));
        var first = await StartAsync(portal.Operator, plan);
        var problem = await ProblemAsync(await release.AskAsync(plan), 409, "asked");
        Assert.Equal(first.Id, problem.GetProperty("operationId").GetString());
        await PostAsync(portal.Operator, $"operations/{first.Id}/cancel", new CancelRequest());
        await ReadAsync<Operation>(await release.AskAsync(plan));
    }

    /// <summary>An approval whose decision was misspelt was a yes, a policy without its switches turned the approval off, and a cluster of no environment was one for tests.</summary>
    [Theory]
    [InlineData("operations/{waiting}/approval", """{"descision":"Reject","comment":"no"}""", "decision")]
    [InlineData("operations/{waiting}/approval", "{}", "decision")]
    [InlineData("operations/{waiting}/resolve", """{"comment":"x"}""", "choice")]
    [InlineData("releases/{release}/plans", """{"chartVersion":"1.0.0"}""", "kind")]
    [InlineData("releases", """{"clusterId":"c","namespace":"n","name":"n","sourceId":"s","chart":"c"}""", "mode")]
    [InlineData("clusters", """{"name":"somewhere","kind":"Kubeconfig","kubeconfig":"x"}""", "environment")]
    [InlineData("chart-sources", """{"name":"somewhere","url":"https://charts.example.com"}""", "kind")]
    public async Task What_is_left_out_is_not_taken_for_the_first_word_of_its_kind(string path, string body, string field)
    {
        var release = await TestRelease.InstallAsync(portal, "level: warn\n", Files);
        await release.SetPolicyAsync(new ReleasePolicy(ApprovalRequired: true, RollbackOnFailure: false));
        var waiting = await StartAsync(portal.Operator, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.0.0")));
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        var answer = await portal.Admin.PostAsync($"{Routes.Api}/{path.Replace("{waiting}", waiting.Id, StringComparison.Ordinal).Replace("{release}", release.Id, StringComparison.Ordinal)}", content);
        Assert.Equal(field, (await ProblemAsync(answer, 400, "bad-request")).GetProperty("field").GetString());
        Assert.Equal(OperationState.AwaitingApproval, (await GetAsync<Operation>(portal.Viewer, $"operations/{waiting.Id}")).State);
    }

    [Fact]
    public async Task What_a_policy_does_not_say_stays_as_it_is()
    {
        var release = await TestRelease.InstallAsync(portal, "level: warn\n", Files);
        await release.SetPolicyAsync(new ReleasePolicy(true, true, 400, 30, true, 5));
        using var content = new StringContent("""{"timeoutSeconds":301}""", System.Text.Encoding.UTF8, "application/json");
        Assert.Equal(new ReleasePolicy(true, true, 301, 30, true, 5), await ReadAsync<ReleasePolicy>(await portal.Admin.PutAsync($"{Routes.Api}/releases/{release.Id}/policy", content)));
    }

    [Fact]
    public async Task A_form_that_cannot_be_read_and_an_address_of_nothing_are_named()
    {
        var release = await TestRelease.InstallAsync(portal, "level: warn\n", Files);
        using var form = new StringContent("x");
        form.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse("multipart/form-data");
        await ProblemAsync(await portal.Admin.PostAsync($"{Routes.Api}/charts/uploads", form), 400, "bad-request");
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.0.0"));
        await ProblemAsync(await PostAsync(portal.Operator, $"plans/{plan.Id}/reachability", new { addresses = new string?[] { null }, images = false }), 422, "invalid");
    }

    [Fact]
    public async Task A_user_keeps_a_role()
    {
        var name = "u" + Guid.NewGuid().ToString("N")[..8];
        await portal.CreateUserAsync(name, Role.Viewer);
        var user = (await GetAsync<Page<User>>(portal.Admin, "users")).Items.Single(u => u.UserName == name);
        await ProblemAsync(await portal.Admin.PatchAsJsonAsync($"{Routes.Api}/users/{user.Id}", new UpdateUserRequest(Roles: []), Json), 422, "invalid");
        Assert.Equal([Role.Viewer], (await GetAsync<Page<User>>(portal.Admin, "users")).Items.Single(u => u.UserName == name).Roles);
    }

    [Fact]
    public async Task A_wrong_password_is_401_and_opens_nothing()
    {
        // Somebody of this test alone: wrong passwords lock a name.
        var name = "u" + Guid.NewGuid().ToString("N")[..8];
        await portal.CreateUserAsync(name, Role.Viewer);
        using var nobody = portal.Anonymous();
        await ProblemAsync(await nobody.PostAsJsonAsync($"{Routes.Api}/session", new SignInRequest(name, "wrong-password"), Json), 401, "wrong-password");
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync($"{Routes.Api}/releases")).StatusCode);
        using var somebody = await portal.SignInAsync(name, Password);
        Assert.Equal(HttpStatusCode.OK, (await somebody.GetAsync($"{Routes.Api}/session")).StatusCode);
    }

    [Fact]
    public async Task A_cluster_that_is_down_is_503_and_what_was_planned_runs_when_it_is_back()
    {
        var (door, cluster) = await TcpDoor.ToSandboxAsync(portal);
        await using var opened = door;
        var release = await TestRelease.PrepareAsync(portal, cluster.Id, "level: warn\n", Files);
        await RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Install, Options: TestRelease.Quick));
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.0.0", Options: TestRelease.Quick));
        var before = await StateAsync(release);

        await door.ShutAsync();
        await ProblemAsync(await release.AskAsync(plan), 503, "cluster-unreachable");
        await ProblemAsync(await portal.Viewer.GetAsync($"{Routes.Api}/releases/{release.Id}/revisions"), 503, "cluster-unreachable");
        await ProblemAsync(await PostAsync(portal.Operator, "releases", new AddReleaseRequest(AddReleaseMode.Adopt, cluster.Id, "elsewhere", "elsewhere", (await portal.SampleAsync()).SourceId, "iomete-dataplane")), 503, "cluster-unreachable");
        await ProblemAsync(await PostAsync(portal.Operator, $"releases/{release.Id}/plans", new CreatePlanRequest(OperationKind.Upgrade, "1.0.0")), 503, "cluster-unreachable");

        door.Open();
        Assert.Equal(before, await StateAsync(release));
        Assert.Equal(PlanState.Ready, (await GetAsync<Plan>(portal.Viewer, $"plans/{plan.Id}")).State);
        Assert.Equal(OperationState.Succeeded, (await EndAsync(portal.Viewer, (await StartAsync(portal.Operator, plan)).Id)).State);
    }

    private async Task<HttpResponseMessage> AskWithKeyAsync(Plan plan, string key)
    {
        var asked = new StartOperationRequest("a test asks", [.. plan.Findings.Where(f => f.Level == FindingLevel.Warning).Select(f => f.Id)]);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Routes.Api}/plans/{plan.Id}/operations") { Content = JsonContent.Create(asked, options: Json) };
        request.Headers.Add("Idempotency-Key", key);
        return await portal.Operator.SendAsync(request);
    }

    private async Task<HttpResponseMessage> SaveAsync(TestRelease release, string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Routes.Api}/releases/{release.Id}/values") { Content = JsonContent.Create(new SaveValuesRequest(text, "a test tries it"), options: Json) };
        request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
        return await portal.Operator.SendAsync(request);
    }

    // What somebody would see who looks at the release from all sides.
    private async Task<string> StateAsync(TestRelease release)
    {
        var live = await release.LiveAsync("v1", "ConfigMap", "one");
        return JsonSerializer.Serialize(new
        {
            Values = (await GetAsync<Page<ValuesRevisionSummary>>(portal.Viewer, $"releases/{release.Id}/values")).Items.Select(v => v.Number),
            Operations = (await release.OperationsAsync()).Select(o => $"{o.Id} {o.State}"),
            Revisions = (await GetAsync<Page<Revision>>(portal.Viewer, $"releases/{release.Id}/revisions")).Items.Select(r => $"{r.Number} {r.Status} {r.ChartVersion}"),
            Live = live!.ResourceVersion,
        });
    }
}
