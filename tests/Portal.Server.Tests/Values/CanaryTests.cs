using System.Net.Http.Json;
using System.Text;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Catalog;
using Portal.Core.Clusters;
using Portal.Core.Values;

namespace Portal.Server.Tests.Values;

public sealed class CanaryTests(PortalServer portal)
{
    [Fact]
    public async Task A_secret_that_went_in_comes_out_nowhere()
    {
        string[] canaries = [.. Enumerable.Range(0, 4).Select(_ => "canary-" + Guid.NewGuid().ToString("N"))];
        var id = await portal.PrepareAsync($"database:\n  password: {canaries[0]}\nauth:\n  clientSecret: \"{canaries[0]}\"\n");
        var cluster = await PortalServer.ReadAsync<Cluster>(await PortalServer.PostAsync(portal.Admin, "clusters", new AddClusterRequest(
            "canary-cluster", ClusterKind.Kubeconfig, ClusterEnvironment.Test,
            $"apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:1'}}}}]\nusers: [{{name: u, user: {{token: {canaries[1]}}}}}]\ncontexts: [{{name: x, context: {{cluster: c, user: u}}}}]\ncurrent-context: x\n")));
        await PortalServer.PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest("canary-source", ChartSourceKind.Http, "http://127.0.0.1:1", "user", canaries[2]));
        await portal.Operator.PutAsJsonAsync($"{Routes.Api}/releases/{id}/values/draft", new ValuesDraft($"database:\n  password: {canaries[3]}\n", 1), PortalServer.Json);

        var seen = new StringBuilder();
        string[] paths =
        [
            "clusters", $"clusters/{cluster.Id}", $"clusters/{cluster.Id}/releases", "chart-sources", "charts", "releases", $"releases/{id}", $"releases/{id}/values", $"releases/{id}/values/1",
            $"releases/{id}/values/diff?from=1&to=1", $"releases/{id}/revisions", $"releases/{id}/status", $"releases/{id}/policy", "operations", "audit", "users",
        ];
        foreach (var role in new[] { Role.Viewer, Role.Operator, Role.Admin })
        {
            foreach (var path in paths)
            {
                seen.AppendLine(await (await portal.As(role).GetAsync($"{Routes.Api}/{path}")).Content.ReadAsStringAsync());
            }
        }

        seen.AppendLine(await (await PortalServer.PostAsync(portal.Admin, $"clusters/{cluster.Id}/check", new { })).Content.ReadAsStringAsync());
        // A verdict must not quote what is hidden, not even to somebody who may edit.
        var masked = (await PortalServer.GetAsync<ValuesRevision>(portal.Viewer, $"releases/{id}/values/1")).Text;
        seen.AppendLine(await (await PortalServer.PostAsync(portal.Viewer, $"releases/{id}/values/preview", new PreviewValuesRequest(masked))).Content.ReadAsStringAsync());
        var text = seen.ToString();
        Assert.Contains("__portal_secret:", text, StringComparison.Ordinal);
        foreach (var canary in canaries)
        {
            Assert.DoesNotContain(canary, text, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(canary)), text, StringComparison.Ordinal);
        }

        foreach (var file in Directory.EnumerateFiles(portal.DataDirectory, "portal.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy);
            Assert.All(canaries, c => Assert.True(copy.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(c)) < 0, $"a secret stands in {Path.GetFileName(file)}"));
        }
    }
}
