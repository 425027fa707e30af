using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Portal.Core.Plans;
using Portal.Testing;
using Portal.Helm.Actions;
using Portal.Helm.Charts;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Helm.Yaml;
using Portal.Sandbox;
using Portal.Server.Features.Plans;

namespace Portal.Server.Tests.Plans;

/// <summary>Each change is planned, then made for real in a sandbox, or in the cluster whose kubeconfig PORTAL_TEST_KUBECONFIG names, and what happens to pods, claims and rules is compared with what was said.</summary>
public sealed class ObjectEffectsTests(ITestOutputHelper output)
{
    private static readonly string? RealKubeconfig = Environment.GetEnvironmentVariable("PORTAL_TEST_KUBECONFIG");

    // A sandbox ten times as fast needs a tenth of the time.
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(RealKubeconfig is null ? 60 : 400);

    private sealed record Seen(string Case, string Object, Effect Said, Effect Happened);

    [Fact]
    public async Task Effects_are_never_milder_than_what_happens()
    {
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Speed = 10, Tls = false }, TestContext.Current.CancellationToken);
        using var client = RealKubeconfig is { } file ? KubeClient.FromKubeconfigFile(file) : KubeClient.FromKubeconfig(sandbox.Kubeconfig);
        var seen = new ConcurrentBag<Seen>();
        var cases = EffectCases.Single.Concat(EffectCases.Combined).Select((c, i) => (Case: c, Namespace: string.Create(CultureInfo.InvariantCulture, $"case-{i}"))).ToArray();
        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, async (c, cancellation) =>
        {
            foreach (var one in await RunAsync(client, c.Case, c.Namespace, cancellation))
            {
                seen.Add(one);
            }
        });

        var effects = Enum.GetValues<Effect>();
        output.WriteLine("said \\ happened".PadRight(18) + string.Concat(effects.Select(e => e.ToString().PadLeft(16))));
        foreach (var said in effects)
        {
            output.WriteLine(said.ToString().PadRight(18) + string.Concat(effects.Select(e => seen.Count(s => s.Said == said && s.Happened == e).ToString(CultureInfo.InvariantCulture).PadLeft(16))));
        }

        var milder = seen.Where(s => s.Said < s.Happened).ToArray();
        var severer = seen.Where(s => s.Said > s.Happened).ToArray();
        output.WriteLine($"{cases.Length} changes, {seen.Count} objects: {milder.Length} said milder than it was, {severer.Length} severer ({(double)severer.Length / seen.Count:P1})");
        foreach (var one in milder.Concat(severer))
        {
            output.WriteLine($"  {one.Case}: {one.Object} said {one.Said}, happened {one.Happened}");
        }

        Assert.Empty(milder);
        Assert.True(severer.Length * 10 <= seen.Count);
        // Each class must have been seen to happen, else the matrix proves nothing.
        Assert.All(effects, e => Assert.True(seen.Count(s => s.Happened == e) >= 5, $"{e} happened {seen.Count(s => s.Happened == e)} times only"));
        Assert.True(EffectCases.Combined.Count >= 15);
    }

    private static async Task<IReadOnlyList<Seen>> RunAsync(KubeClient client, EffectCase change, string ns, CancellationToken cancellation)
    {
        var helm = new HelmClient(client, new SecretReleaseStore(client, TimeProvider.System), TimeProvider.System);
        var options = new ActionOptions { Wait = false, CreateNamespace = true };
        await helm.PerformAsync(await helm.PrepareInstallAsync(new DeployRequest(ns, "r", ChartOf(change.Before, "1.0.0"), [], options), cancellation), new Nobody(), null, cancellation);
        await SettledAsync(client, ns, cancellation);
        if (change.Meanwhile is { } meanwhile)
        {
            var target = Objects(change.Before, ns).Single(o => o.Ref.ToString() == meanwhile.Split(' ')[0]);
            await client.PatchAsync(target.Ref, PatchKind.StrategicMerge, JsonNode.Parse(meanwhile[meanwhile.IndexOf('{', StringComparison.Ordinal)..])!, "somebody", cancellation);
            await SettledAsync(client, ns, cancellation);
        }

        var action = await helm.PrepareUpgradeAsync(new DeployRequest(ns, "r", ChartOf(change.After, "1.1.0"), [], options), cancellation);
        var outcomes = await helm.DryRunAsync(action, cancellation);
        var said = ObjectEffects.Of(outcomes);

        var before = await StateAsync(client, outcomes, cancellation);
        var errors = new Dictionary<string, Effect>(StringComparer.Ordinal);
        using var watch = new PodWatch(client, ns);
        foreach (var item in Objects(change.After, ns))
        {
            try
            {
                // Under Helm's name and with its marks, as the upgrade would.
                Mark(item, ns);
                await client.ApplyAsync(item, "helm", force: false, dryRun: false, cancellation);
            }
            catch (KubeException error)
            {
                errors[item.Ref.ToString()] = error.Code == 409 ? Effect.Conflict : Effect.Refused;
            }
        }

        foreach (var gone in outcomes.Where(o => o.Result == DryRunResult.Removed))
        {
            await client.DeleteAsync(gone.Object, Propagation.Background, cancellation);
        }

        await SettledAsync(client, ns, cancellation);
        await watch.StopAsync();
        var after = await StateAsync(client, outcomes, cancellation);
        var told = change.Told.Select(t => t.Split('=')).ToDictionary(t => t[0], t => Enum.Parse<Effect>(t[1]));
        return [.. outcomes.Select((o, i) => new Seen(change.Name, o.Object.ToString(), said[i].Effect, errors.TryGetValue(o.Object.ToString(), out var error) ? error : told.TryGetValue(o.Object.ToString(), out var word) ? word : Happened(o.Object, before[i], after[i], watch)))];
    }

    // What an observer sees who knows nothing of the plan.
    private static Effect Happened(ObjectRef item, KubeObject? before, KubeObject? after, PodWatch pods)
    {
        switch (item.Kind)
        {
            case "Deployment" or "StatefulSet" or "DaemonSet":
                var old = pods.First(item.Name);
                var now = pods.Last(item.Name);
                return old.Count == 0 ? Effect.None
                    : pods.EverNoneReady(item.Name) ? Effect.Recreate
                    : old.Any(u => !now.ContainsKey(u.Key)) && now.Any(u => !old.ContainsKey(u.Key)) ? Effect.RollingRestart
                    // The pods are those of the old template.
                    : before is not null && after is not null && Text(before["spec", "template"]) != Text(after["spec", "template"]) ? Effect.ConfigReload
                    : Effect.None;
            case "ConfigMap" or "Secret":
                return Text(before?["data"]) != Text(after?["data"]) && pods.StillUsing(item) ? Effect.ConfigReload : Effect.None;
            case "PersistentVolumeClaim" or "Namespace":
                return before is not null && after is null ? Effect.DataAtRisk : Effect.None;
            case "CustomResourceDefinition":
                return after is null || Lost(before!, after) ? Effect.DataAtRisk : Effect.None;
            case "Role" or "RoleBinding" or "Ingress" or "NetworkPolicy" or "Service":
                return Rules(before) != Rules(after) && !(item.Kind == "Service" && before is null) ? Effect.AccessChange : Effect.None;
            default:
                return Effect.None;
        }
    }

    // A version that clients or stored objects rely on, or a field of theirs, is not there any more.
    private static bool Lost(KubeObject before, KubeObject after)
    {
        static IEnumerable<string> Promises(KubeObject crd) => crd.List("spec", "versions").SelectMany(v => new[]
        {
            v["served"]!.ToJsonString() == "true" ? $"serves {v.Text("name")}" : "",
            v["storage"]!.ToJsonString() == "true" ? $"stores {v.Text("name")}" : "",
        }.Concat(((JsonObject)v["schema", "openAPIV3Schema", "properties", "spec", "properties"]!).Select(p => $"{v.Text("name")} has {p.Key}")));
        return Promises(before).Except(Promises(after)).Any();
    }

    private static string Rules(KubeObject? item) => item is null ? "" : string.Concat(new[] { "rules", "subjects", "spec" }.Select(k => Text(item[k])));

    private static string Text(JsonNode? node) => node is null ? "" : GoJson.Write(GoJson.Read(node.ToJsonString()));

    private static async Task<KubeObject?[]> StateAsync(KubeClient client, IReadOnlyList<DryRunOutcome> outcomes, CancellationToken cancellation)
    {
        var result = new KubeObject?[outcomes.Count];
        for (var i = 0; i < outcomes.Count; i++)
        {
            var found = await client.GetAsync(outcomes[i].Object, cancellation);
            result[i] = found is not null && found.Text("metadata", "deletionTimestamp").Length > 0 ? null : found;
        }

        return result;
    }

    // Until three looks in a row see the same pods, all of them ready.
    private static async Task SettledAsync(KubeClient client, string ns, CancellationToken cancellation)
    {
        var same = 0;
        var last = "";
        for (var i = 0; i < 400 && same < 8; i++)
        {
            var pods = await client.ListAsync("v1", "Pod", ns, cancellation: cancellation);
            var rest = (await client.ListAsync("apps/v1", "Deployment", ns, cancellation: cancellation)).Concat(await client.ListAsync("apps/v1", "StatefulSet", ns, cancellation: cancellation)).All(w => w.Int("metadata", "generation") == w.Int("status", "observedGeneration"));
            var now = string.Join(',', pods.Select(p => $"{p.Uid} {PodWatch.IsReady(p)}").Order(StringComparer.Ordinal));
            same = now == last && rest && pods.All(p => PodWatch.IsReady(p) || p.Text("status", "phase") == "Succeeded") ? same + 1 : 0;
            last = now;
            await Task.Delay(Look, cancellation);
        }

        Assert.True(same >= 8, $"{ns} does not settle: {last}");
    }

    private static void Mark(KubeObject item, string ns)
    {
        var metadata = (JsonObject)item["metadata"]!;
        var labels = metadata["labels"] as JsonObject ?? [];
        labels["app.kubernetes.io/managed-by"] = "Helm";
        metadata["labels"] = labels;
        var annotations = metadata["annotations"] as JsonObject ?? [];
        annotations["meta.helm.sh/release-name"] = "r";
        annotations["meta.helm.sh/release-namespace"] = ns;
        metadata["annotations"] = annotations;
    }

    private static IReadOnlyList<KubeObject> Objects(string manifest, string ns) =>
    [
        .. GoYaml.ReadAll(manifest).OfType<Dictionary<string, object?>>().Select(t => (JsonObject)JsonNode.Parse(GoJson.Write(t))!).Select(j =>
        {
            if (j["kind"]!.GetValue<string>() is not ("CustomResourceDefinition" or "Namespace"))
            {
                j["metadata"]!["namespace"] = ns;
            }

            return new KubeObject(j);
        }),
    ];

    private static Chart ChartOf(string manifest, string version) => TestChart.Make("c", version, ("templates/all.yaml", manifest));

    /// <summary>Looks at the pods of a namespace all the time.</summary>
    private sealed class PodWatch : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly List<List<KubeObject>> _looks = [];
        private readonly Task _run;

        public PodWatch(KubeClient client, string ns)
        {
            _looks.Add(client.ListAsync("v1", "Pod", ns).GetAwaiter().GetResult());
            _run = Task.Run(async () =>
            {
                while (!_stop.IsCancellationRequested)
                {
                    _looks.Add(await client.ListAsync("v1", "Pod", ns));
                    await Task.Delay(15);
                }
            });
        }

        public static bool IsReady(KubeObject pod) => pod.Condition("Ready")?.Text("status") == "True";

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _run;
        }

        public Dictionary<string, KubeObject> First(string app) => Of(_looks[0], app);

        public Dictionary<string, KubeObject> Last(string app) => Of(_looks[^1], app);

        public bool EverNoneReady(string app) => First(app).Count > 0 && _looks.Any(l => !Of(l, app).Values.Any(p => IsReady(p) && p.Text("metadata", "deletionTimestamp").Length == 0));

        // A pod from before that holds the object.
        public bool StillUsing(ObjectRef item) => _looks[^1].Any(p => _looks[0].Any(o => o.Uid == p.Uid) && Text(p["spec"]).Contains($"\"name\":\"{item.Name}\"", StringComparison.Ordinal));

        private static Dictionary<string, KubeObject> Of(List<KubeObject> pods, string app) => pods.Where(p => p.Label("app") == app).ToDictionary(p => p.Uid);

        public void Dispose() => _stop.Dispose();
    }
}
