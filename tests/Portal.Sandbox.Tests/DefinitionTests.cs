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

    /// <summary>Most definitions show a condition so; only plain paths of names were followed, and the column stayed empty.</summary>
    [Theory]
    [InlineData(".status.conditions[?(@.type==\\\"Ready\\\")].status", "string", "True")]
    [InlineData(".spec.list[1]", "string", "y")]
    [InlineData(".metadata.labels.app\\\\.example\\\\.com/tier", "string", "gold")]
    [InlineData(".spec.labels['a.b']", "string", "c")]
    [InlineData(".spec.list[*]", "string", "x")]
    [InlineData(".spec.list", "string", "[\"x\",\"y\"]")]
    [InlineData(".spec.size", "integer", "3")]
    [InlineData(".spec.size", "boolean", null)]
    [InlineData(".spec.nosuch[0].x", "string", null)]
    public async Task A_column_shows_what_its_path_finds_first(string path, string type, string? cell)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync(Definitions, """
            {"metadata":{"name":"things.example.com"},"spec":{"group":"example.com","scope":"Namespaced","names":{"plural":"things","kind":"Thing"},
             "versions":[{"name":"v1","served":true,"storage":true,"additionalPrinterColumns":[{"name":"Col","type":"TYPE","jsonPath":"PATH"}],
              "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
            """.Replace("TYPE", type, StringComparison.Ordinal).Replace("PATH", path, StringComparison.Ordinal));
        await sandbox.UntilAsync(Things, b => b.Text("kind") == "ThingList");
        await sandbox.PostAsync(Things, """
            {"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"t","labels":{"app.example.com/tier":"gold"}},"spec":{"size":3,"list":["x","y"],"labels":{"a.b":"c"}},
             "status":{"conditions":[{"type":"Synced","status":"False"},{"type":"Ready","status":"True"}]}}
            """);
        var table = await sandbox.TableAsync(Things);
        Assert.Equal(cell, table.Maps("rows").Single().List("cells")![1]?.ToString());
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
