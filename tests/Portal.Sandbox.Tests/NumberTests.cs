using Portal.Sandbox.Json;

namespace Portal.Sandbox.Tests;

public sealed class NumberTests
{
    [Fact]
    public void Whole_numbers_stay_whole() => Assert.Equal(8081L, JsonTree.Parse("8081"));

    [Fact]
    public async Task A_port_may_be_a_number_or_a_name()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (status, made) = await sandbox.PostAsync("/api/v1/namespaces/default/services", """{"metadata":{"name":"s"},"spec":{"ports":[{"name":"a","port":80,"targetPort":8081},{"name":"b","port":81,"targetPort":"web"}]}}""");
        Assert.Equal(201, status);
        Assert.Equal([8081L, "web"], made.Maps("spec", "ports").Select(p => p["targetPort"]));
    }
}
