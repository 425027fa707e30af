namespace Portal.Sandbox.Tests;

public sealed class DefinitionTests
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private const string Things = "/apis/example.com/v1/namespaces/default/things";

    [Fact]
    public async Task A_definition_is_served_validated_and_removed_with_its_objects()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync(Definitions, """
            {"metadata":{"name":"things.example.com"},"spec":{"group":"example.com","scope":"Namespaced","names":{"plural":"things","kind":"Thing"},
             "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object",
               "properties":{"size":{"type":"integer","minimum":1},"tier":{"type":"string","default":"small"}}}}}}}]}}
            """);
        await sandbox.UntilAsync(Things, b => b.Text("kind") == "ThingList");
        var (bad, why) = await sandbox.PostAsync(Things, """{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"t"},"spec":{"size":0}}""");
        Assert.Equal(422, bad);
        Assert.Contains("spec.size in body should be greater than or equal to 1", why.Text("message"), StringComparison.Ordinal);
        var (made, thing) = await sandbox.PostAsync(Things, """{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"t"},"spec":{"size":2}}""");
        Assert.Equal(201, made);
        Assert.Equal("small", thing.Text("spec", "tier"));
        await sandbox.SendAsync(HttpMethod.Delete, Definitions + "/things.example.com");
        await sandbox.UntilAsync(Definitions + "/things.example.com", b => b.Int("code") == 404);
        Assert.Equal(404, (await sandbox.GetAsync(Things)).Status);
    }
}
