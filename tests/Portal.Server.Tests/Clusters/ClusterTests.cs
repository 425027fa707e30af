using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core;
using Portal.Core.Clusters;
using Portal.Server.Data;
using Portal.Server.Features.Clusters;
using Portal.Testing;

namespace Portal.Server.Tests.Clusters;

public sealed class ClusterTests(PortalServer portal)
{
    private static string Kubeconfig(string user, string server = "https://127.0.0.1:1") => $"""
        apiVersion: v1
        kind: Config
        clusters:
        - name: c
          cluster:
            server: {server}
        users:
        - name: u
          user:
        {user}
        contexts:
        - name: x
          context: {"{"}cluster: c, user: u{"}"}
        current-context: x
        """;

    [Theory]
    [InlineData("    exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: ['-c', 'touch /tmp/owned']}")]
    [InlineData("    tokenFile: /etc/passwd")]
    [InlineData("    client-certificate: /etc/passwd\n    client-key: /etc/passwd")]
    [InlineData("    client-certificate-data: Q05SWQ==\n    client-key-data: Q05SWQ==")]
    public async Task A_kubeconfig_that_runs_programs_or_reads_files_is_refused(string user)
    {
        var name = "bad-" + Guid.NewGuid().ToString("N")[..8];
        var answer = await PortalServer.PostAsync(portal.Admin, "clusters", new AddClusterRequest(name, ClusterKind.Kubeconfig, ClusterEnvironment.Test, Kubeconfig(user)));
        var problem = await PortalServer.ProblemAsync(answer, 422, "invalid");
        Assert.Equal("kubeconfig", problem.GetProperty("field").GetString());
        Assert.DoesNotContain((await PortalServer.GetAsync<Page<Cluster>>(portal.Admin, "clusters")).Items, c => c.Name == name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not: a kubeconfig")]
    [InlineData("{{{")]
    [InlineData("apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\nclusters: [{name: a, cluster: {server: 'ftp://x'}}]\nusers: [{name: a, user: {token: t}}]\n")]
    public async Task What_is_no_kubeconfig_is_refused(string text)
    {
        var answer = await PortalServer.PostAsync(portal.Admin, "clusters", new AddClusterRequest("no-config", ClusterKind.Kubeconfig, ClusterEnvironment.Test, text));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
    }

    /// <summary>The address is shown to everybody, and the password was in it.</summary>
    [Theory]
    [InlineData("u:hush-hush@127.0.0.1:6443")]
    [InlineData("127.0.0.1:6443/?token=hush-hush")]
    [InlineData("127.0.0.1:6443/#hush-hush")]
    public async Task An_address_with_a_password_is_refused(string address)
    {
        var kubeconfig = Kubeconfig("    token: t", "https://" + address);
        var problem = await PortalServer.ProblemAsync(await PortalServer.PostAsync(portal.Admin, "clusters", new AddClusterRequest("loud", ClusterKind.Kubeconfig, ClusterEnvironment.Test, kubeconfig)), 422, "invalid");
        Assert.DoesNotContain("hush-hush", problem.GetRawText(), StringComparison.Ordinal);
    }

    /// <summary>A proxy that repeats what it was sent put the token into the cluster's error, for everybody to read.</summary>
    [Fact]
    public async Task What_a_server_repeats_of_the_sign_in_is_not_shown()
    {
        using var echo = new HttpListener();
        var url = $"http://127.0.0.1:{PortalProcess.FreePort()}/";
        echo.Prefixes.Add(url);
        echo.Start();
        var answering = Task.Run(async () =>
        {
            while (echo.IsListening)
            {
                var context = await echo.GetContextAsync();
                context.Response.StatusCode = 401;
                await using var writer = new StreamWriter(context.Response.OutputStream);
                await writer.WriteAsync($"you sent {context.Request.Headers["Authorization"]}");
            }
        }, TestContext.Current.CancellationToken);
        var kubeconfig = $"apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: '{url}'}}}}]\nusers: [{{name: u, user: {{token: hush-hush-token}}}}]\ncontexts: [{{name: x, context: {{cluster: c, user: u}}}}]\ncurrent-context: x\n";
        var added = await PortalServer.ReadAsync<Cluster>(await PortalServer.PostAsync(portal.Admin, "clusters", new AddClusterRequest("echo", ClusterKind.Kubeconfig, ClusterEnvironment.Test, kubeconfig)));
        var check = await PortalServer.ReadAsync<ClusterCheck>(await PortalServer.PostAsync(portal.Admin, $"clusters/{added.Id}/check", new { }));
        Assert.Contains("you sent Bearer [hidden]", check.Cluster.Error, StringComparison.Ordinal);
        echo.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => answering);
    }

    /// <summary>An expired token could not be replaced, and a cluster added by mistake stayed for ever.</summary>
    [Fact]
    public async Task A_cluster_gets_another_kubeconfig_and_goes_when_nothing_is_there()
    {
        var (door, cluster) = await TcpDoor.ToSandboxAsync(portal);
        await using var opened = door;
        var release = await TestRelease.PrepareAsync(portal, cluster.Id, "", [("templates/one.yaml", "")]);
        var changed = await PortalServer.ReadAsync<Cluster>(await portal.Admin.PatchAsJsonAsync($"{Routes.Api}/clusters/{cluster.Id}", new UpdateClusterRequest(ClusterEnvironment.Production, Kubeconfig("    token: t")), PortalServer.Json));
        Assert.Equal(ClusterEnvironment.Production, changed.Environment);
        Assert.NotEqual(cluster.Server, changed.Server);
        await PortalServer.ProblemAsync(await portal.Viewer.GetAsync($"{Routes.Api}/clusters/{cluster.Id}/releases"), 503, "cluster-unreachable");
        var problem = await PortalServer.ProblemAsync(await portal.Admin.DeleteAsync($"{Routes.Api}/clusters/{cluster.Id}"), 409, "in-use");
        Assert.Contains(release.Name, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);

        var (other, empty) = await TcpDoor.ToSandboxAsync(portal);
        await using var alsoOpened = other;
        (await portal.Admin.DeleteAsync($"{Routes.Api}/clusters/{empty.Id}")).EnsureSuccessStatusCode();
        await PortalServer.ProblemAsync(await portal.Viewer.GetAsync($"{Routes.Api}/clusters/{empty.Id}"), 404, "not-found");
    }

    [Fact]
    public async Task A_cluster_that_does_not_answer_is_told_as_unreachable()
    {
        var added = await PortalServer.ReadAsync<Cluster>(await PortalServer.PostAsync(portal.Admin, "clusters", new AddClusterRequest("gone", ClusterKind.Kubeconfig, ClusterEnvironment.Test, Kubeconfig("    token: t"))));
        var check = await PortalServer.ReadAsync<ClusterCheck>(await PortalServer.PostAsync(portal.Admin, $"clusters/{added.Id}/check", new { }));
        Assert.Equal(Reachability.Unreachable, check.Cluster.Reachability);
        Assert.NotNull(check.Cluster.Error);
        await PortalServer.ProblemAsync(await portal.Viewer.GetAsync($"{Routes.Api}/clusters/{added.Id}/releases"), 503, "cluster-unreachable");
    }

    [Fact]
    public async Task The_sandbox_is_reachable_and_lets_the_portal_do_its_work()
    {
        var sandbox = await portal.SandboxAsync();
        var check = await PortalServer.ReadAsync<ClusterCheck>(await PortalServer.PostAsync(portal.Admin, $"clusters/{sandbox.Id}/check", new { }));
        Assert.Equal(Reachability.Reachable, check.Cluster.Reachability);
        Assert.StartsWith("v1.", check.Cluster.KubernetesVersion, StringComparison.Ordinal);
        Assert.NotEmpty(check.Rights);
        Assert.Null(check.MissingRole);
    }

    [Fact]
    public async Task A_name_is_taken_once()
    {
        var request = new AddClusterRequest("sandbox", ClusterKind.Kubeconfig, ClusterEnvironment.Test, Kubeconfig("    token: t"));
        await PortalServer.ProblemAsync(await PortalServer.PostAsync(portal.Admin, "clusters", request), 409, "exists");
    }

    /// <summary>It was taken, and then every question about it was a fault of the portal.</summary>
    [Fact]
    public async Task The_own_cluster_is_refused_outside_of_a_pod_and_one_from_before_cannot_be_reached()
    {
        var name = "inside-" + Guid.NewGuid().ToString("N")[..8];
        var refused = await PortalServer.ProblemAsync(await PortalServer.PostAsync(portal.Admin, "clusters", new AddClusterRequest(name, ClusterKind.InCluster, ClusterEnvironment.Production)), 422, "invalid");
        Assert.Contains("does not run in a pod", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);

        var row = new ClusterRow { Id = PortalDb.NewId(), Name = name, Kind = ClusterKind.InCluster, Server = "in-cluster", CreatedAt = DateTime.UtcNow };
        await using (var db = await portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync(TestContext.Current.CancellationToken))
        {
            db.Add(row);
            await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        var problem = await PortalServer.ProblemAsync(await portal.Admin.GetAsync($"{Routes.Api}/clusters/{row.Id}/releases"), 503, "cluster-unreachable");
        Assert.Equal("the portal does not run in a pod of this cluster", problem.GetProperty("detail").GetString());
        var check = await PortalServer.ReadAsync<ClusterCheck>(await PortalServer.PostAsync(portal.Admin, $"clusters/{row.Id}/check", new { }));
        Assert.Equal((Reachability.Unreachable, "the portal does not run in a pod of this cluster"), (check.Cluster.Reachability, check.Cluster.Error));
        (await portal.Admin.DeleteAsync($"{Routes.Api}/clusters/{row.Id}")).EnsureSuccessStatusCode();
    }
}
