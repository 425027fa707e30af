using System.Diagnostics;
using k8s;
using k8s.Models;
using Portal.Core;
using Portal.Core.Operations;
using Portal.Core.Plans;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Operations;

/// <summary>
/// Upgrades that cannot succeed. The object and the reason are shown within 15 seconds, stay readable after the rollback, and the release is back where it was.
/// </summary>
public sealed class FailureCauseTests(PortalServer portal)
{
    private static readonly TimeSpan Shown = TimeSpan.FromSeconds(15);

    private const string Good = """
        apiVersion: v1
        kind: Secret
        metadata: {name: NAME}
        stringData: {password: x}
        ---

        """ + Workload;

    private const string Workload = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: NAME}
        spec:
          selector: {matchLabels: {app: NAME}}
          template:
            metadata: {labels: {app: NAME}}
            spec:
              containers:
              - name: main
                image: registry.example/main:1
        """;

    private static string Job(string hook, string image) => $$"""
        apiVersion: batch/v1
        kind: Job
        metadata: {name: NAME-migrate, annotations: {helm.sh/hook: {{hook}}, helm.sh/hook-delete-policy: before-hook-creation} }
        spec:
          backoffLimit: 0
          template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "{{image}}"}] } }
        """;

    /// <summary>What the second version adds to the first, the object that is at fault, and words that say why.</summary>
    public static TheoryData<string, string, string, string[]> Faults => new()
    {
        { "broken image", Good.Replace("main:1", "broken:1", StringComparison.Ordinal), "Pod/NAME-", ["Deployment/NAME", "cannot pull image registry.example/broken:1: not found"] },
        { "wrong Secret key", Good + "\n        env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: NAME, key: pasword}}}]\n", "Pod/NAME-", ["couldn't find key pasword in Secret NAME/NAME"] },
        { "missing ConfigMap", Good + "\n        envFrom: [{configMapRef: {name: NAME-settings}}]\n", "Pod/NAME-", ["configmap \"NAME-settings\" not found"] },
        { "missing volume", Good + "\n      volumes: [{name: tls, secret: {secretName: NAME-tls}}]\n", "Pod/NAME-", ["cannot be mounted", "NAME-tls"] },
        { "crash loop", Good.Replace("main:1", "crash:1", StringComparison.Ordinal), "Pod/NAME-", ["exit code 1"] },
        { "unschedulable", Good + "\n        resources: {requests: {cpu: 1000}}\n", "Pod/NAME-", ["cannot be scheduled", "Insufficient cpu"] },
        { "claim pending", Good + "\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: NAME}\nspec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}}\n", "PersistentVolumeClaim/NAME", ["stays Pending", "storageclass.storage.k8s.io \"fast\" not found"] },
        { "quota", Good + "\n---\n" + Workload.Replace("NAME", "NAME-2", StringComparison.Ordinal) + "\n---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: NAME}\nspec: {hard: {pods: \"1\"}}\n", "Deployment/NAME-2", ["its pods cannot be created", "exceeded quota"] },
        { "failing hook", Good + "\n---\n" + Job("pre-upgrade", "registry.example/fail:1"), "Pod/NAME-migrate", ["Job/NAME-migrate", "container migrate", "exit code 1"] },
        { "hook's image", Good + "\n---\n" + Job("pre-upgrade", "registry.example/broken:1"), "Pod/NAME-migrate", ["cannot pull image registry.example/broken:1"] },
        { "refused object", Good + "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: NAME}\nspec: {ports: [{port: 99999}], selector: {app: NAME}}\n", "Service/NAME", ["Service/NAME", "99999"] },
        { "immutable field", Good.Replace("matchLabels: {app: NAME}", "matchLabels: {app: NAME, tier: web}", StringComparison.Ordinal).Replace("labels: {app: NAME}", "labels: {app: NAME, tier: web}", StringComparison.Ordinal), "Deployment/NAME", ["immutable"] },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task The_first_cause_is_shown_and_stays_readable(string fault, string templates, string culprit, string[] words)
    {
        var chart = new OwnChart(portal);
        await chart.UploadAsync("1.0.0", ("templates/all.yaml", Good));
        await chart.UploadAsync("1.1.0", ("templates/all.yaml", templates));
        await chart.InstallAsync("1.0.0");
        string Own(string text) => text.Replace("NAME", chart.Name, StringComparison.Ordinal);

        var plan = await chart.PlanUpgradeAsync("1.1.0", new PlanOptionsRequest(GraceSeconds: 4, TimeoutSeconds: 60));
        if (plan.State == PlanState.Ready && plan.Findings.FirstOrDefault(f => f.Level == FindingLevel.Blocker) is { } blocker)
        {
            // What the cluster refuses is known before the click.
            Assert.Contains(Own(culprit), blocker.Object, StringComparison.Ordinal);
            Assert.All(words, w => Assert.Contains(Own(w), blocker.Message, StringComparison.Ordinal));
            await ProblemAsync(await PostAsync(portal.Operator, $"plans/{plan.Id}/operations", new StartOperationRequest(fault, [.. plan.Findings.Select(f => f.Id)])), 422, "blocked");
            return;
        }

        var operation = await StartAsync(portal.Operator, plan);
        var since = Stopwatch.StartNew();
        await UntilAsync(async () => (await GetAsync<Operation>(portal.Viewer, $"operations/{operation.Id}")).Failure is not null);
        // A job has to run and end before anybody can know.
        Assert.True(since.Elapsed < Shown + (fault == "failing hook" ? TimeSpan.FromSeconds(5) : TimeSpan.Zero), $"shown only after {since.Elapsed.TotalSeconds:0.0} s");
        operation = await EndAsync(portal.Operator, operation.Id);
        Assert.True(operation.State == OperationState.RolledBack, $"{operation.State}: {operation.Failure?.Cause}");
        Assert.All(words, w => Assert.Contains(Own(w), operation.Failure!.Cause, StringComparison.OrdinalIgnoreCase));
        Assert.StartsWith(Own(culprit), operation.Failure!.Object, StringComparison.Ordinal);
        Assert.NotEmpty(operation.Failure.Evidence);
        if (fault is "crash loop" or "failing hook")
        {
            Assert.Contains(operation.Failure.Evidence, e => e.StartsWith("log: ", StringComparison.Ordinal));
        }

        Assert.Contains((await GetAsync<Page<LogLine>>(portal.Viewer, $"operations/{operation.Id}/log?limit=5000")).Items, l => l.Text.Contains(Own(words[0]), StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Causes that go away by themselves.</summary>
    public static TheoryData<string, string> Transients => new()
    {
        { "two crashes", Good + "\n        env: [{name: SANDBOX_CRASHES, value: \"2\"}]\n" },
        { "late Secret", Good + "\n        env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: NAME-late, key: password}}}]\n" },
    };

    [Theory]
    [MemberData(nameof(Transients))]
    public async Task What_gets_better_by_itself_succeeds(string trouble, string templates)
    {
        var chart = new OwnChart(portal);
        await chart.UploadAsync("1.0.0", ("templates/all.yaml", Good));
        await chart.UploadAsync("1.1.0", ("templates/all.yaml", templates));
        await chart.InstallAsync("1.0.0");
        var operation = await StartAsync(portal.Operator, await chart.PlanUpgradeAsync("1.1.0"));
        if (trouble == "late Secret")
        {
            await UntilAsync(async () => (await GetAsync<Operation>(portal.Viewer, $"operations/{operation.Id}")).Failure is not null);
            using var somebody = await chart.SomebodyElseAsync();
            await somebody.CreateNamespacedSecretAsync(new V1Secret { Metadata = new V1ObjectMeta { Name = chart.Name + "-late" }, StringData = new Dictionary<string, string> { ["password"] = "x" } }, chart.Name);
        }

        operation = await EndAsync(portal.Operator, operation.Id);
        Assert.True(operation.State == OperationState.Succeeded, $"{operation.State}: {operation.Failure?.Cause}");
        Assert.True(operation.Failure is { Cleared: true });
        Assert.Contains((await GetAsync<Page<LogLine>>(portal.Viewer, $"operations/{operation.Id}/log?limit=5000")).Items, l => l.Text.StartsWith("cleared: ", StringComparison.Ordinal));
    }
}
