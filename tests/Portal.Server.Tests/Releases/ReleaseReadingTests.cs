using System.Net;
using Portal.Core;
using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Helm.Charts;
using Portal.Testing;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Releases;

/// <summary>What the portal reads of a release that others have a hand in.</summary>
public sealed class ReleaseReadingTests(PortalServer portal)
{
    private static readonly (string, string)[] Files = [("templates/one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n")];

    /// <summary>One record that could not be decoded ended the whole server, at every start anew.</summary>
    [Fact]
    public async Task A_record_that_cannot_be_decoded_is_said_and_disturbs_nothing_else()
    {
        var release = await TestRelease.InstallAsync(portal, "", Files);
        await release.ApplyAsync("somebody", $$"""
            apiVersion: v1
            kind: Secret
            metadata:
              name: sh.helm.release.v1.{{release.Name}}.v2
              namespace: {{release.Name}}
              labels: {owner: helm, name: {{release.Name}}, status: deployed, version: "2"}
            type: helm.sh/release.v1
            stringData: {release: "bm90IGEgcmVsZWFzZQ=="}
            """);
        var status = await GetAsync<ReleaseStatusReport>(portal.Viewer, $"releases/{release.Id}/status");
        Assert.Equal(Health.Unknown, status.Health.State);
        Assert.Contains($"sh.helm.release.v1.{release.Name}.v2", status.Health.Cause, StringComparison.Ordinal);
        var revisions = await portal.Viewer.GetAsync($"{Routes.Api}/releases/{release.Id}/revisions");
        await ProblemAsync(revisions, 422, "helm");
        Assert.Equal(HttpStatusCode.OK, (await portal.Viewer.GetAsync($"{Routes.Api}/releases")).StatusCode);
    }

    /// <summary>The pods of a release that is gone could not be named, so any pod of the namespace was shown.</summary>
    [Theory]
    [InlineData("other")]
    [InlineData("other%3Fpretty=true")]
    public async Task Without_its_objects_a_release_shows_no_pods_log(string pod)
    {
        var release = await TestRelease.InstallAsync(portal, "", Files);
        await release.ApplyAsync("somebody", $"apiVersion: v1\nkind: Pod\nmetadata: {{name: other, namespace: {release.Name}}}\nspec: {{containers: [{{name: main, image: registry.example.com/other:1}}]}}\n");
        await ProblemAsync(await portal.Viewer.GetAsync($"{Routes.Api}/releases/{release.Id}/pods/{pod}/log"), 404, "not-found");
        await RunAsync(portal.Admin, release.Id, new CreatePlanRequest(OperationKind.Uninstall));
        await ProblemAsync(await portal.Viewer.GetAsync($"{Routes.Api}/releases/{release.Id}/pods/{pod}/log"), 404, "not-found");
    }

    /// <summary>kubectl keeps the whole Secret in an annotation; a plan showed it.</summary>
    [Fact]
    public async Task What_kubectl_keeps_of_a_Secret_is_not_shown()
    {
        var release = await TestRelease.InstallAsync(portal, "", ("templates/s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {code: aaaa-1111}\n"));
        await release.ApplyAsync("kubectl", $$$"""
            apiVersion: v1
            kind: Secret
            metadata:
              name: s
              namespace: {{{release.Name}}}
              annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data":{"code":"c2VjcmV0LW9mLWt1YmVjdGw="}}'}
            """);
        await release.UploadAsync("2.0.0", ("templates/s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {code: bbbb-2222}\n"));
        var plan = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0"));
        var change = Assert.Single((await GetAsync<Page<ObjectChange>>(portal.Viewer, $"plans/{plan.Id}/changes")).Items);
        Assert.DoesNotContain("c2VjcmV0", change.From + change.To, StringComparison.Ordinal);
        Assert.Contains("code: (hidden ", change.From, StringComparison.Ordinal);
        // A changed secret is seen to change.
        Assert.NotEqual(change.From, change.To);
    }

    /// <summary>An index without digests: the chart that was read first was taken for every other version.</summary>
    [Fact]
    public async Task Versions_of_an_index_without_digests_are_not_mistaken_for_each_other()
    {
        var name = "n" + Guid.NewGuid().ToString("N")[..8];
        await using var web = new WebServer(request => request.Target.EndsWith("/index.yaml", StringComparison.Ordinal)
            ? WebAnswer.Text($"apiVersion: v1\nentries:\n  {name}:\n  - {{name: {name}, version: 1.0.0, urls: [a-1.0.0.tgz]}}\n  - {{name: {name}, version: 2.0.0, urls: [a-2.0.0.tgz]}}\n")
            : new WebAnswer(200, ChartArchive.Pack(TestChart.Make(name, request.Target.Contains("2.0.0", StringComparison.Ordinal) ? "2.0.0" : "1.0.0", [("values.yaml", $"from: {request.Target.TrimStart('/')}\n")]))));
        var source = await ReadAsync<ChartSource>(await PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest(name, ChartSourceKind.Http, web.Address.ToString())));
        Assert.Null(source.Error);
        foreach (var version in (string[])["1.0.0", "2.0.0", "1.0.0"])
        {
            Assert.Equal($"from: a-{version}.tgz\n", (await GetAsync<ChartVersion>(portal.Viewer, $"charts/{source.Id}/{name}/versions/{version}")).DefaultValues);
        }
    }
}
