using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Kube;
using Portal.Server.Features.Plans;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Plans;

/// <summary>Addresses and images are tried from the cluster, when somebody asks: what is offered, what is run, what is said.</summary>
public sealed class ReachabilityTests(PortalServer portal)
{
    private static (string, string)[] Files(string image) =>
        [("templates/web.yaml", $"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  imagePullSecrets: [{{name: pull}}]\n  containers: [{{name: web, image: {image}}}]\n")];

    [Fact]
    public async Task A_job_in_the_namespace_tries_them_and_goes_away()
    {
        var release = await TestRelease.InstallAsync(portal, "database: {host: db.example.com, port: 3306, password: hidden-word-1}\n", Files("registry.example.com/web:1"));
        await release.UploadAsync("1.1.0", Files("registry.example.com/web-broken:2"));
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.1.0"));
        var choice = await GetAsync<ReachabilityChoice>(portal.Viewer, $"plans/{plan.Id}/reachability");
        Assert.Equal(["db.example.com:3306"], choice.Addresses);
        Assert.Equal(["registry.example.com/web-broken:2"], choice.Images);

        var report = await ReadAsync<ReachabilityReport>(await PostAsync(portal.Operator, $"plans/{plan.Id}/reachability", new CheckReachabilityRequest(choice.Addresses, Images: true)));
        Assert.Equal([ReachabilityOutcome.Reached, ReachabilityOutcome.NotReached], report.Checks.Select(c => c.Outcome));
        Assert.Contains("web-broken:2", report.Checks[1].Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(await release.Kube.ListAsync("batch/v1", "Job", release.Name, null, TestContext.Current.CancellationToken), j => j.Name.StartsWith("iomete-portal-check-", StringComparison.Ordinal));
        await ProblemAsync(await PostAsync(portal.Viewer, $"plans/{plan.Id}/reachability", new CheckReachabilityRequest(choice.Addresses)), 403, "not-allowed");
    }

    [Theory]
    [InlineData("db.example.com")]
    [InlineData("db.example.com:0")]
    [InlineData("-e:80")]
    [InlineData("a;b:80")]
    public async Task What_is_no_address_is_refused_and_nothing_runs(string address)
    {
        var release = await TestRelease.InstallAsync(portal, "{}\n", Files("registry.example.com/web:1"));
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "1.0.0"));
        var problem = await ProblemAsync(await PostAsync(portal.Operator, $"plans/{plan.Id}/reachability", new CheckReachabilityRequest([address])), 422, "invalid");
        Assert.Equal("addresses", problem.GetProperty("field").GetString());
        Assert.Empty(await release.Kube.ListAsync("batch/v1", "Job", release.Name, null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Addresses_come_from_texts_and_from_host_and_port_beside_each_other()
    {
        const string values = """
            storage: {endpoint: "https://minio.example.com", other: "s3a://bucket/path"}
            jdbc: "jdbc:mysql://(secret)@db.example.com:3306/iceberg"
            brokers: ["kafka://[fd00::1]:9092"]
            database: {host: pg, port: 5432}
            hostOnly: {host: x}
            """;
        Assert.Equal(["pg:5432", "minio.example.com:443", "db.example.com:3306"], ReachabilityAddresses.Of(values).Where(a => !a.StartsWith('[')));
        Assert.Equal(("fd00::1", "9092"), ReachabilityJob.Parse("[fd00::1]:9092"));
    }

    [Fact]
    public void What_the_pod_says_becomes_an_outcome()
    {
        var job = new ReachabilityJob("check", "ns", "busybox", ["a:1", "b:2", "c:3"], ["web:1"], ["pull"]);
        var pod = KubeObject.FromYaml("""
            status:
              conditions: [{type: Ready, status: "False", reason: ContainersNotReady, message: not ready}]
              containerStatuses:
              - {name: address-0, state: {terminated: {exitCode: 0, reason: Completed}}}
              - {name: address-1, state: {terminated: {exitCode: 1, reason: Error}}}
              - {name: address-2, state: {terminated: {exitCode: 128, reason: StartError, message: no nc}}}
              - {name: image-0, state: {waiting: {reason: ImagePullBackOff, message: unauthorized}}}
            """);
        Assert.Equal(
            [ReachabilityOutcome.Reached, ReachabilityOutcome.NotReached, ReachabilityOutcome.Unknown, ReachabilityOutcome.NotReached], job.Read(pod).Select(c => c!.Outcome));
        Assert.Equal("ContainersNotReady: not ready", ReachabilityJob.Reason(pod, null));
        Assert.All(job.Read(null), Assert.Null);
        var made = job.ToObject();
        Assert.Equal("pull", made.Json["spec"]!["template"]!["spec"]!["imagePullSecrets"]![0]!["name"]!.GetValue<string>());
        Assert.Equal("""["nc","-z","-w","5","a","1"]""", made.Json["spec"]!["template"]!["spec"]!["containers"]![0]!["command"]!.ToJsonString());
    }
}
