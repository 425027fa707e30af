namespace Portal.Sandbox.Tests;

public sealed class DefinitionTests
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private const string Things = "/apis/example.com/v1/namespaces/default/things";

    /// <summary>A definition that became stricter must not lock the objects that are there already.</summary>
    [Fact]
    public async Task What_was_stored_before_a_rule_stays_writable_and_shows_new_defaults()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        static string Definition(string properties) => """
            {"metadata":{"name":"things.example.com"},"spec":{"group":"example.com","scope":"Namespaced","names":{"plural":"things","kind":"Thing"},
             "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":PROPERTIES}}}}}]}}
            """.Replace("PROPERTIES", properties, StringComparison.Ordinal);
        await sandbox.PostAsync(Definitions, Definition("""{"size":{"type":"integer"}}"""));
        await sandbox.UntilAsync(Things, b => b.Text("kind") == "ThingList");
        await sandbox.PostAsync(Things, """{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"t"},"spec":{"size":1}}""");
        await sandbox.SendAsync(HttpMethod.Patch, Definitions + "/things.example.com", Definition("""{"size":{"type":"integer","minimum":5},"tier":{"type":"string","default":"small"}}"""), "application/merge-patch+json");
        await sandbox.UntilAsync(Things + "/t", t => t.Text("spec", "tier") == "small");
        Assert.Equal(200, (await sandbox.SendAsync(HttpMethod.Patch, Things + "/t", """{"metadata":{"labels":{"a":"b"}}}""", "application/merge-patch+json")).Status);
        Assert.Equal(422, (await sandbox.SendAsync(HttpMethod.Patch, Things + "/t", """{"spec":{"size":2}}""", "application/merge-patch+json")).Status);
    }

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
