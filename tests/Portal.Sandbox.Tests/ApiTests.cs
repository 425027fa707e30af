using System.Text;
using Portal.Sandbox.Json;
using Portal.Sandbox.Schema;

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

    /// <summary>kubectl creates an Ingress as protobuf, where the rule's value is one message deeper than in JSON; the paths arrived empty.</summary>
    [Fact]
    public void The_paths_of_a_protobuf_ingress_are_read()
    {
        static byte[] Field(int number, params byte[][] parts) => [(byte)((number << 3) | 2), (byte)parts.Sum(p => p.Length), .. parts.SelectMany(p => p)];
        static byte[] Text(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));
        var path = Field(1, Text(1, "/shop"), Text(3, "Prefix"), Field(2, Field(4, Text(1, "web"))));
        var ingress = Field(2, Field(3, Text(1, "shop.example.com"), Field(2, Field(1, path))));
        var read = ProtobufReader.ReadMessage(ingress, SchemaFile.Types["Ingress"]).Maps("spec", "rules").Single();
        var rule = read.Maps("http", "paths").Single();
        Assert.Equal(("shop.example.com", "/shop", "Prefix", "web"), (read.Text("host"), rule.Text("path"), rule.Text("pathType"), rule.Text("backend", "service", "name")));
    }

    /// <summary>kubectl asks this document for a kind that no v3 document has; in JSON it could not read it, and never said that there is no such kind.</summary>
    [Fact]
    public async Task OpenApi_v2_comes_as_protobuf_and_names_the_namespaces()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi/v2");
        request.Headers.TryAddWithoutValidation("Accept", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf");
        using var response = await sandbox.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("application/com.github.proto-openapi.spec.v2.v1.0+protobuf", response.Content.Headers.ContentType?.MediaType);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal("\n\u00032.0"u8, bytes.AsSpan(0, 5));
        Assert.True(bytes.AsSpan().IndexOf("group: \"\"\nkind: Namespace\nversion: v1\n"u8) > bytes.AsSpan().IndexOf("/api/v1/namespaces/{name}"u8));
    }

    /// <summary>A release's record that is too large was stored here, and refused by every cluster.</summary>
    [Theory]
    [InlineData("secrets", 1048576, 201, null)]
    [InlineData("secrets", 1048577, 422, "Secret \"big\" is invalid: data: Too long: may not be more than 1048576 bytes")]
    [InlineData("configmaps", 1048577, 422, "ConfigMap \"big\" is invalid: []: Too long: may not be more than 1048576 bytes")]
    public async Task Data_of_more_than_a_mebibyte_is_refused(string plural, int size, int status, string? message)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var data = plural == "secrets" ? Convert.ToBase64String(new byte[size]) : new string('x', size);
        var (code, body) = await sandbox.PostAsync($"/api/v1/namespaces/default/{plural}", "{\"metadata\":{\"name\":\"big\"},\"data\":{\"a\":\"" + data + "\"}}");
        Assert.Equal((status, message), (code, body.Text("message")));
    }

    [Theory]
    [InlineData("policy/v1", "poddisruptionbudgets", """{"metadata":{"name":"x"},"spec":{"minAvailable":1,"maxUnavailable":1,"selector":{}}}""", "minAvailable and maxUnavailable cannot be both set")]
    [InlineData("autoscaling/v2", "horizontalpodautoscalers", """{"metadata":{"name":"x"},"spec":{"minReplicas":3,"maxReplicas":2,"scaleTargetRef":{"kind":"Deployment","name":"d"}}}""", "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`")]
    [InlineData("rbac.authorization.k8s.io/v1", "rolebindings", """{"metadata":{"name":"x"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"},"subjects":[{"kind":"User","name":""}]}""", "subjects[0].name: Required value")]
    [InlineData("v1", "persistentvolumeclaims", """{"metadata":{"name":"x"},"spec":{"accessModes":["Once"],"resources":{"requests":{"storage":"1Gi"}}}}""", "spec.accessModes: Unsupported value: \"Once\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"")]
    public async Task What_no_cluster_takes_is_refused_with_its_words(string version, string plural, string body, string why)
    {
        await using var sandbox = await SandboxClient.StartAsync();
        var (status, answer) = await sandbox.PostAsync($"/{(version == "v1" ? "api" : "apis")}/{version}/namespaces/default/{plural}", body);
        Assert.Equal(422, status);
        Assert.Contains(why, answer.Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_takes_no_pods_says_so_in_its_table()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.SendAsync(HttpMethod.Patch, "/api/v1/nodes/node-1", """{"metadata":{"labels":{"node-role.kubernetes.io/db":""}},"spec":{"unschedulable":true}}""", "application/merge-patch+json");
        var cells = (await sandbox.TableAsync("/api/v1/nodes")).Maps("rows").First().List("cells")!;
        Assert.Equal(("Ready,SchedulingDisabled", "db"), (cells[1], cells[2]));
    }

    [Fact]
    public async Task A_quota_shows_what_is_used_of_it_in_its_table()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync("/api/v1/namespaces/default/resourcequotas", """{"metadata":{"name":"q"},"spec":{"hard":{"pods":"3","limits.cpu":"2"}}}""");
        await sandbox.UntilAsync("/api/v1/namespaces/default/resourcequotas/q", q => q.Text("status", "used", "pods") == "0");
        var cells = (await sandbox.TableAsync("/api/v1/namespaces/default/resourcequotas")).Maps("rows").Single().List("cells")!;
        Assert.Equal(("pods: 0/3", "limits.cpu: 0/2"), (cells[1], cells[2]));
    }

    /// <summary>With a time to wait in the answer kubectl's library waits inside of the call, and a drain outlives its own --timeout.</summary>
    [Fact]
    public async Task An_eviction_that_a_budget_forbids_is_429_and_names_no_time()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync("/apis/policy/v1/namespaces/default/poddisruptionbudgets", """{"metadata":{"name":"one"},"spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"a"}}}}""");
        await sandbox.PostAsync("/api/v1/namespaces/default/pods", """{"metadata":{"name":"p","labels":{"app":"a"}},"spec":{"containers":[{"name":"c","image":"app"}]}}""");
        await sandbox.UntilAsync("/api/v1/namespaces/default/pods/p", p => p.Text("status", "phase") == "Running");
        await sandbox.UntilAsync("/apis/policy/v1/namespaces/default/poddisruptionbudgets/one", b => b.Int("status", "currentHealthy") == 1);
        var (status, body) = await sandbox.PostAsync("/api/v1/namespaces/default/pods/p/eviction", """{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"}}""");
        Assert.Equal((429, "The disruption budget one needs 1 healthy pods and has 1 currently"), (status, body.Maps("details", "causes").Single().Text("message")));
        Assert.Null(body.Int("details", "retryAfterSeconds"));
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
