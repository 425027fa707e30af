namespace Portal.Sandbox.Tests;

public sealed class ServiceTests
{
    private const string Services = "/api/v1/namespaces/default/services";

    [Theory]
    [InlineData("""{"clusterIP":"10.0.77.10","ports":[{"port":80}]}""", "provided IP is already allocated")]
    [InlineData("""{"clusterIP":"192.168.1.1","ports":[{"port":80}]}""", "the provided network does not match the current range")]
    [InlineData("""{"type":"NodePort","ports":[{"port":80,"nodePort":31234}]}""", "provided port is already allocated")]
    public async Task An_address_or_port_that_is_taken_or_foreign_is_refused(string spec, string why)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        Assert.Equal(201, (await sandbox.PostAsync(Services, """{"metadata":{"name":"first"},"spec":{"type":"NodePort","clusterIP":"10.0.77.10","ports":[{"port":80,"nodePort":31234}]}}""")).Status);
        var (status, body) = await sandbox.PostAsync(Services, $$$"""{"metadata":{"name":"second"},"spec":{{{spec}}}}""");
        Assert.Equal(422, status);
        Assert.EndsWith(why, body.Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_no_longer_open_on_the_nodes_gives_its_port_back()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync(Services, """{"metadata":{"name":"web"},"spec":{"type":"NodePort","ports":[{"port":80}]}}""");
        var (_, after) = await sandbox.SendAsync(HttpMethod.Patch, Services + "/web", """{"spec":{"type":"ClusterIP"}}""", "application/merge-patch+json");
        Assert.Null(after.Maps("spec", "ports").Single().Int("nodePort"));
        Assert.Null(after.Text("spec", "externalTrafficPolicy"));
    }
}
