using Portal.Sandbox.Json;

namespace Portal.Sandbox.Tests;

public sealed class ApiTests
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task A_request_without_the_token_is_401()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        sandbox.Http.DefaultRequestHeaders.Authorization = null;
        var (status, body) = await sandbox.GetAsync(Maps);
        Assert.Equal(401, status);
        Assert.Equal("Unauthorized", body.Text("reason"));
    }

    [Fact]
    public async Task The_kubeconfig_names_the_server_over_https_with_its_authority()
    {
        await using var server = await SandboxServer.StartAsync(new SandboxOptions(), TestContext.Current.CancellationToken);
        Assert.Equal("https", server.Url.Scheme);
        Assert.Contains($"server: https://127.0.0.1:{server.Url.Port}", server.Kubeconfig, StringComparison.Ordinal);
        Assert.Contains("certificate-authority-data: ", server.Kubeconfig, StringComparison.Ordinal);
        Assert.Contains($"token: {server.Token}", server.Kubeconfig, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_update_with_an_old_resource_version_is_409_and_changes_nothing()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (_, made) = await sandbox.PostAsync(Maps, """{"metadata":{"name":"a"},"data":{"k":"1"}}""");
        await sandbox.SendAsync(HttpMethod.Patch, Maps + "/a", """{"data":{"k":"2"}}""", "application/merge-patch+json");
        var (status, body) = await sandbox.SendAsync(HttpMethod.Put, Maps + "/a", JsonTree.Text(made));
        Assert.Equal(409, status);
        Assert.Equal("Conflict", body.Text("reason"));
        Assert.Equal("2", (await sandbox.GetAsync(Maps + "/a")).Body.Text("data", "k"));
    }

    /// <summary>kubectl wait hung for as long as nothing changed: its watch was not answered before the first event.</summary>
    [Fact]
    public async Task A_watch_is_answered_before_anything_changes()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (_, list) = await sandbox.GetAsync(Maps);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        using var response = await sandbox.Http.GetAsync($"{Maps}?watch=true&resourceVersion={list.Text("metadata", "resourceVersion")}&timeoutSeconds=3600", HttpCompletionOption.ResponseHeadersRead, patience.Token);
        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_table_describes_its_columns_and_refuses_an_unknown_form()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        sandbox.Http.DefaultRequestHeaders.Accept.ParseAdd("application/json;as=Table;v=v1;g=meta.k8s.io");
        var (_, table) = await sandbox.GetAsync(Maps + "?includeObject=None");
        Assert.All(table.Maps("columnDefinitions"), c => Assert.NotEmpty(c.Text("description")!));
        Assert.All(table.Maps("rows"), r => Assert.Null(r["object"]));
        var (status, why) = await sandbox.GetAsync(Maps + "?includeObject=Nope");
        Assert.Equal(400, status);
        Assert.Contains("must be 'Metadata', 'Object', 'None', or empty", why.Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_of_a_selection_go_on_until_nothing_is_left()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await sandbox.PostAsync(Maps, $$$$"""{"metadata":{"name":"m{{{{i}}}}","labels":{"odd":"{{{{i % 2}}}}"}}}""");
        }

        var names = new List<string>();
        var token = "";
        do
        {
            var (_, page) = await sandbox.GetAsync($"{Maps}?labelSelector=odd%3D0&limit=2&continue={Uri.EscapeDataString(token)}");
            names.AddRange(page.Maps("items").Select(m => m.Text("metadata", "name")!));
            token = page.Text("metadata", "continue") ?? "";
        }
        while (token.Length > 0);
        Assert.Equal(["m0", "m2", "m4"], names);
    }

    [Fact]
    public async Task A_patch_that_changes_nothing_keeps_the_resource_version()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (_, made) = await sandbox.PostAsync(Maps, """{"metadata":{"name":"a"},"data":{"k":"1"}}""");
        var (_, same) = await sandbox.SendAsync(HttpMethod.Patch, Maps + "/a", """{"data":{"k":"1"}}""", "application/merge-patch+json");
        Assert.Equal(made.Text("metadata", "resourceVersion"), same.Text("metadata", "resourceVersion"));
    }

    [Fact]
    public async Task Apply_names_the_owner_of_a_field_it_would_change()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        string Map(string value) => $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"{{{value}}}"}}""";
        Assert.Equal(201, (await sandbox.ApplyAsync(Maps + "/a", Map("1"), "one")).Status);
        var (status, body) = await sandbox.ApplyAsync(Maps + "/a", Map("2"), "two");
        Assert.Equal(409, status);
        Assert.Equal("Apply failed with 1 conflict: conflict with \"one\": .data.k", body.Text("message"));
        var (forced, after) = await sandbox.ApplyAsync(Maps + "/a", Map("2"), "two", force: true);
        Assert.Equal(200, forced);
        Assert.Equal(["two"], after.Maps("metadata", "managedFields").Select(f => f.Text("manager")));
    }

    [Fact]
    public async Task Apply_removes_a_field_that_nobody_else_owns()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.ApplyAsync(Maps + "/a", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"1","l":"1"}}""", "one");
        var (_, after) = await sandbox.ApplyAsync(Maps + "/a", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"1"}}""", "one");
        Assert.Equal(["k"], after.Map("data")!.Keys);
    }

    [Fact]
    public async Task A_dry_run_creates_nothing()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (status, body) = await sandbox.PostAsync(Maps + "?dryRun=All", """{"metadata":{"name":"a"}}""");
        Assert.Equal(201, status);
        Assert.Null(body.Text("metadata", "resourceVersion"));
        Assert.Equal(404, (await sandbox.GetAsync(Maps + "/a")).Status);
    }

    [Fact]
    public async Task A_protobuf_config_map_is_read()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        // ConfigMap {metadata {name: "p"}, data {"k": "v"}} in runtime.Unknown {typeMeta {v1, ConfigMap}}.
        byte[] raw = [0x0A, 0x03, 0x0A, 0x01, (byte)'p', 0x12, 0x06, 0x0A, 0x01, (byte)'k', 0x12, 0x01, (byte)'v'];
        byte[] envelope = [.. "k8s\0"u8, 0x0A, 0x0F, 0x0A, 0x02, .. "v1"u8, 0x12, 0x09, .. "ConfigMap"u8, 0x12, (byte)raw.Length, .. raw];
        using var content = new ByteArrayContent(envelope);
        content.Headers.ContentType = new("application/vnd.kubernetes.protobuf");
        using var response = await sandbox.Http.PostAsync(Maps, content, TestContext.Current.CancellationToken);
        Assert.Equal(201, (int)response.StatusCode);
        Assert.Equal("v", (await sandbox.GetAsync(Maps + "/p")).Body.Text("data", "k"));
    }

    [Fact]
    public async Task A_watch_shows_what_happens_after_its_resource_version()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (_, made) = await sandbox.PostAsync(Maps, """{"metadata":{"name":"a"}}""");
        await sandbox.SendAsync(HttpMethod.Patch, Maps + "/a", """{"data":{"k":"2"}}""", "application/merge-patch+json");
        await sandbox.SendAsync(HttpMethod.Delete, Maps + "/a");
        var text = await sandbox.Http.GetStringAsync($"{Maps}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Da&resourceVersion={made.Text("metadata", "resourceVersion")}", TestContext.Current.CancellationToken);
        var types = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => ((JsonMap)JsonTree.Parse(l)!).Text("type"));
        Assert.Equal(["MODIFIED", "DELETED"], types);
    }

    [Fact]
    public async Task A_watch_from_a_forgotten_resource_version_gets_410()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync(Maps, """{"metadata":{"name":"a"}}""");
        await sandbox.PostAsync("/sandbox/compact", "{}");
        var text = await sandbox.Http.GetStringAsync($"{Maps}?watch=true&timeoutSeconds=1&resourceVersion=1", TestContext.Current.CancellationToken);
        var line = (JsonMap)JsonTree.Parse(text.Split('\n')[0])!;
        Assert.Equal("ERROR", line.Text("type"));
        Assert.Equal(410, line.Int("object", "code"));
    }

    [Fact]
    public async Task A_namespace_that_ends_takes_its_objects_along()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync("/api/v1/namespaces", """{"metadata":{"name":"n"}}""");
        await sandbox.PostAsync("/api/v1/namespaces/n/configmaps", """{"metadata":{"name":"a"}}""");
        await sandbox.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/n");
        await sandbox.UntilAsync("/api/v1/namespaces/n", b => b.Int("code") == 404);
        Assert.Equal(404, (await sandbox.GetAsync("/api/v1/namespaces/n/configmaps/a")).Status);
    }

    [Fact]
    public async Task A_refusal_set_by_an_admin_is_403_with_its_message()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync("/sandbox/faults/refusals", """{"kind":"ConfigMap","message":"admission webhook \"policy\" denied the request: no"}""");
        var (status, body) = await sandbox.PostAsync(Maps, """{"metadata":{"name":"a"}}""");
        Assert.Equal(403, status);
        Assert.Equal("configmaps \"a\" is forbidden: admission webhook \"policy\" denied the request: no", body.Text("message"));
        await sandbox.SendAsync(HttpMethod.Delete, "/sandbox/faults");
        Assert.Equal(201, (await sandbox.PostAsync(Maps, """{"metadata":{"name":"a"}}""")).Status);
    }

    [Fact]
    public async Task A_429_fault_carries_retry_after_and_ends_after_its_times()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync("/sandbox/faults/requests", """{"kind":"status","status":429,"retryAfter":3,"path":"configmaps","times":1}""");
        using var first = await sandbox.Http.GetAsync(Maps, TestContext.Current.CancellationToken);
        Assert.Equal(429, (int)first.StatusCode);
        Assert.Equal(3, first.Headers.RetryAfter?.Delta?.TotalSeconds);
        Assert.Equal(200, (await sandbox.GetAsync(Maps)).Status);
    }

    // kubectl 1.29 asks for v2beta1 alone; given v2 it found no resources at all.
    [Theory]
    [InlineData("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json", "APIGroupDiscoveryList")]
    [InlineData("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json", "APIGroupList")]
    public async Task Discovery_comes_in_a_version_that_was_asked_for(string accept, string kind)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/apis");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await sandbox.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(kind, ((JsonMap)JsonTree.Parse(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken))!).Text("kind"));
    }
}
