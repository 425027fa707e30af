using Portal.Sandbox.Json;

namespace Portal.Sandbox.Tests;

public sealed class WorkloadTests
{
    private const string Deployments = "/apis/apps/v1/namespaces/default/deployments";
    private const string Pods = "/api/v1/namespaces/default/pods";
    private const string Jobs = "/apis/batch/v1/namespaces/default/jobs";

    private static string Deployment(string image, string extra = "", int replicas = 1) => $$$$$"""
        {"metadata":{"name":"web"},"spec":{"replicas":{{{{{replicas}}}}},"selector":{"matchLabels":{"app":"web"}},
         "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"main","image":"{{{{{image}}}}}"{{{{{extra}}}}}}]}}}}
        """;

    private static string Job(string image, string annotation = "") => $$$$$"""
        {"metadata":{"name":"job"{{{{{annotation}}}}}},"spec":{"backoffLimit":0,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"main","image":"{{{{{image}}}}}"}]}}}}
        """;

    private static bool Has(JsonMap obj, string condition) =>
        obj.Maps("status", "conditions").Any(c => c.Text("type") == condition && c.Text("status") == "True");

    private static bool AnyWaits(JsonMap pods, string reason) =>
        pods.Maps("items").SelectMany(p => p.Maps("status", "containerStatuses")).Any(c => c.Text("state", "waiting", "reason") == reason);

    [Fact]
    public async Task A_deployment_becomes_available_and_rolls_to_a_new_image()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync(Deployments, Deployment("app:1", replicas: 3));
        await sandbox.UntilAsync(Deployments + "/web", d => d.Int("status", "availableReplicas") == 3);
        await sandbox.SendAsync(HttpMethod.Patch, Deployments + "/web", """{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"app:2"}]}}}}""", "application/strategic-merge-patch+json");
        await sandbox.UntilAsync(Deployments + "/web", d => d.Int("status", "updatedReplicas") == 3 && d.Int("status", "replicas") == 3 && d.Int("status", "availableReplicas") == 3
            && d.Int("status", "observedGeneration") == 2);
        var pods = await sandbox.UntilAsync(Pods, p => p.Maps("items").Count() == 3);
        Assert.All(pods.Maps("items"), p => Assert.Equal("app:2", p.Maps("spec", "containers").Single().Text("image")));
        Assert.Equal("2", (await sandbox.GetAsync(Deployments + "/web")).Body.Text("metadata", "annotations", "deployment.kubernetes.io/revision"));
    }

    [Fact]
    public async Task A_broken_image_is_never_pulled()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync(Deployments, Deployment("app-broken:1"));
        await sandbox.UntilAsync(Pods, p => AnyWaits(p, "ImagePullBackOff"));
        var events = await sandbox.UntilAsync("/api/v1/namespaces/default/events", e => e.Maps("items").Any(i => i.Text("reason") == "Failed"));
        Assert.Contains(events.Maps("items"), e => e.Text("message")!.StartsWith("Failed to pull image \"app-broken:1\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_crashing_container_backs_off_and_keeps_its_last_log()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync(Deployments, Deployment("app-crash:1"));
        var pods = await sandbox.UntilAsync(Pods, p => AnyWaits(p, "CrashLoopBackOff"));
        var name = pods.Maps("items").Single().Text("metadata", "name");
        var log = await sandbox.Http.GetStringAsync($"{Pods}/{name}/log?previous=true", TestContext.Current.CancellationToken);
        Assert.EndsWith("main: fatal: cannot go on, exiting with code 1\n", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_secret_key_holds_the_container_until_it_is_there()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync(Deployments, Deployment("app:1", ",\"env\":[{\"name\":\"A\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"s\",\"key\":\"k\"}}}]"));
        var pods = await sandbox.UntilAsync(Pods, p => AnyWaits(p, "CreateContainerConfigError"));
        Assert.Equal("secret \"s\" not found", pods.Maps("items").Single().Maps("status", "containerStatuses").Single().Text("state", "waiting", "message"));
        await sandbox.PostAsync("/api/v1/namespaces/default/secrets", """{"metadata":{"name":"s"},"stringData":{"k":"v"}}""");
        await sandbox.UntilAsync(Deployments + "/web", d => d.Int("status", "availableReplicas") == 1);
    }

    [Fact]
    public async Task A_pod_that_fits_nowhere_is_unschedulable_until_a_node_joins()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync(Deployments, Deployment("app:1", ",\"resources\":{\"requests\":{\"cpu\":\"20\"}}"));
        var pods = await sandbox.UntilAsync(Pods, p => p.Maps("items").SelectMany(i => i.Maps("status", "conditions")).Any(c => c.Text("reason") == "Unschedulable"));
        Assert.Contains("2 Insufficient cpu", pods.Maps("items").Single().Maps("status", "conditions").Single(c => c.Text("type") == "PodScheduled").Text("message"), StringComparison.Ordinal);
        await sandbox.PostAsync("/sandbox/nodes", """{"cpu":"32"}""");
        await sandbox.UntilAsync(Deployments + "/web", d => d.Int("status", "availableReplicas") == 1);
    }

    [Fact]
    public async Task A_hook_job_logs_twenty_lines_a_second_and_completes()
    {
        await using var sandbox = await SandboxClient.StartAsync(new SandboxOptions { Speed = 2 });
        await sandbox.PostAsync(Jobs, Job("init:1", ",\"annotations\":{\"helm.sh/hook\":\"pre-install\"}"));
        var pods = await sandbox.UntilAsync(Pods, p => p.Maps("items").Any(i => i.Text("status", "phase") == "Running"));
        var name = pods.Maps("items").Single().Text("metadata", "name");
        var log = await sandbox.Http.GetStringAsync($"{Pods}/{name}/log?follow=true", TestContext.Current.CancellationToken);
        var lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(40, lines.Length);
        Assert.Equal(40, lines.Distinct().Count());
        await sandbox.UntilAsync(Jobs + "/job", j => Has(j, "Complete") && Has(j, "SuccessCriteriaMet"));
    }

    [Fact]
    public async Task A_name_in_a_pod_template_names_no_pod()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync(Jobs, """{"metadata":{"name":"job"},"spec":{"template":{"metadata":{"name":"fixed"},"spec":{"restartPolicy":"Never","containers":[{"name":"main","image":"app"}]}}}}""");
        var pods = await sandbox.UntilAsync(Pods, p => p.Maps("items").Any());
        Assert.StartsWith("job-", pods.Maps("items").Single().Text("metadata", "name"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_job_fails_with_backoff_limit_exceeded()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync(Jobs, Job("fail:1"));
        var job = await sandbox.UntilAsync(Jobs + "/job", j => Has(j, "Failed"));
        Assert.Equal("BackoffLimitExceeded", job.Maps("status", "conditions").Last().Text("reason"));
    }

    [Fact]
    public async Task A_stateful_set_gets_bound_claims_and_numbered_pods()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync("/apis/apps/v1/namespaces/default/statefulsets", """
            {"metadata":{"name":"db"},"spec":{"serviceName":"db","replicas":2,"selector":{"matchLabels":{"app":"db"}},
             "template":{"metadata":{"labels":{"app":"db"}},"spec":{"containers":[{"name":"db","image":"db:1","volumeMounts":[{"name":"data","mountPath":"/data"}]}]}},
             "volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}]}}
            """);
        await sandbox.UntilAsync("/apis/apps/v1/namespaces/default/statefulsets/db", s => s.Int("status", "readyReplicas") == 2);
        var claims = (await sandbox.GetAsync("/api/v1/namespaces/default/persistentvolumeclaims")).Body;
        Assert.Equal(["data-db-0", "data-db-1"], claims.Maps("items").Select(c => c.Text("metadata", "name")));
        Assert.All(claims.Maps("items"), c => Assert.Equal("Bound", c.Text("status", "phase")));
    }

    [Fact]
    public async Task A_claim_of_an_unknown_class_stays_pending_with_an_event()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync("/api/v1/namespaces/default/persistentvolumeclaims", """
            {"metadata":{"name":"c"},"spec":{"storageClassName":"nope","accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}
            """);
        await sandbox.UntilAsync("/api/v1/namespaces/default/events", e => e.Maps("items").Any(i => i.Text("message") == "storageclass.storage.k8s.io \"nope\" not found"));
        Assert.Equal("Pending", (await sandbox.GetAsync("/api/v1/namespaces/default/persistentvolumeclaims/c")).Body.Text("status", "phase"));
    }

    /// <summary>Each refusal names another pod; the status that told it woke its own controller, which wrote hundreds of events a second.</summary>
    [Fact]
    public async Task A_quota_that_allows_no_pod_is_told_now_and_then()
    {
        await using var sandbox = await SandboxClient.StartAsync(new SandboxOptions());
        await sandbox.PostAsync("/api/v1/namespaces/default/resourcequotas", """{"metadata":{"name":"none"},"spec":{"hard":{"pods":"0"}}}""");
        await sandbox.UntilAsync("/api/v1/namespaces/default/resourcequotas/none", q => q.Text("status", "hard", "pods") == "0");
        await sandbox.PostAsync(Deployments, Deployment("app:1"));
        await sandbox.UntilAsync(Deployments + "/web", d => Has(d, "ReplicaFailure"));
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        var events = (await sandbox.GetAsync("/api/v1/namespaces/default/events")).Body.Maps("items").Count(e => e.Text("reason") == "FailedCreate");
        Assert.InRange(events, 1, 4);
    }

    [Fact]
    public async Task Deleting_a_deployment_takes_its_pods_along()
    {
        await using var sandbox = await SandboxClient.StartAsync();
        await sandbox.PostAsync(Deployments, Deployment("app:1", replicas: 2));
        await sandbox.UntilAsync(Deployments + "/web", d => d.Int("status", "availableReplicas") == 2);
        await sandbox.SendAsync(HttpMethod.Delete, Deployments + "/web");
        await sandbox.UntilAsync(Pods, p => !p.Maps("items").Any());
    }
}
