using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.Cli;
using Portal.Helm.Kube;
using Portal.Helm.Releases;

namespace Portal.Cluster.Tests;

/// <summary>
/// What Helm 3 and 4 were recorded doing, done by our own command: the same exit codes, the same release records but for times, ids and the words of a
/// failure, the same output as Helm 4, and no more requests than it. Where both took turns on one release, the records of Helm 3 are put in place of ours
/// after its turns.
/// </summary>
[Trait("Category", "Cluster")]
[Collection(AloneCollection.Name)]
public partial class RecordedRunTests(TestCluster cluster, ITestOutputHelper output)
{
    // Helm records a failed revision and then meets the conflict; we say the conflict before anything is written. Its record is put there to go on alike.
    private static readonly string[] RefusedBefore = ["upgrade-after-drift", "install-take-ownership"];

    // Helm asks for the log of a pod that a hook policy has deleted, and fails; we have read it.
    private static readonly string[] BetterThere = ["test-logs"];

    // With --dry-run=server we ask the API about every object, where Helm only reads; of objects that belong to others we name all, Helm the first.
    private static readonly string[] MoreAsked = ["install-dry-run-server", "upgrade-dry-run-server", "install-unowned-object"];

    // What is printed of a rollback that Helm leaves pending, of a log that it cannot read, and of releases elsewhere.
    private static readonly string[] PrintedOtherwise = ["get-all", "test-logs", "list-all-namespaces"];

    [Theory]
    [InlineData("helm4-simple", 56)]
    [InlineData("helm4-hooky", 19)]
    [InlineData("helm3-simple", 50)]
    [InlineData("helm3-hooky", 19)]
    [InlineData("alternate-343", 9)]
    [InlineData("alternate-434", 9)]
    public async Task Commands_leave_the_records_that_Helm_left(string run, int steps)
    {
        await cluster.NeedsPodsAsync();
        var ns = await cluster.NamespaceAsync();
        var problems = new List<string>();
        var (done, ours, helms) = (0, 0, 0);
        var theirs = Steps(run).SelectMany(s => s["records"]?.AsArray() ?? []).First()!["release"]!["namespace"]!.GetValue<string>();
        foreach (var step in Steps(run))
        {
            if (step["method"] is not null)
            {
                await OutsideAsync(step, ns);
                continue;
            }

            var label = step["label"]!.GetValue<string>();
            var allowed = step["requests"]!.GetValue<int>();
            var four = step["helm"]!.GetValue<string>() == "4";
            var before = TestCluster.IsSandbox ? (await cluster.RequestsAsync("Helm/4.2.4")).Count : 0;
            var (code, text, error) = await RunAsync(step, ns);
            done++;
            if (TestCluster.IsSandbox && four)
            {
                // A second page holds the releases of the tests beside this one, of which the recording knows nothing.
                var requests = (await cluster.RequestsAsync("Helm/4.2.4")).Skip(before).Where(r => !r.Contains("&continue=", StringComparison.Ordinal)).ToList();
                (ours, helms) = (ours + requests.Count, helms + allowed);
                output.WriteLine($"{label}: {requests.Count} of {allowed}");
                if (requests.Count > allowed && !MoreAsked.Contains(label))
                {
                    problems.Add($"{label}: {requests.Count} requests instead of {allowed}:\n  {string.Join("\n  ", requests)}");
                }
            }

            if (four && IsRepeatable(label) && !(run == "helm4-hooky" ? PrintedOtherwise : PrintedOtherwise[1..]).Contains(label) && FirstDifference(Printed(text, ns), Printed(step["stdout"]!.GetValue<string>(), theirs)) is { } line)
            {
                problems.Add($"{label} {line}");
            }

            if ((code == 0) != (step["exitCode"]!.GetValue<int>() == 0) && !BetterThere.Contains(label))
            {
                problems.Add($"{label}: exit code {code}: {error}");
            }

            if (four && RefusedBefore.Contains(label))
            {
                await PlantAsync(step, ns);
            }
            else if (!four && run.StartsWith("alternate", StringComparison.Ordinal))
            {
                await TakeRecordsAsync(step, ns);
            }
            else
            {
                problems.AddRange((await DifferencesAsync(step, ns)).Select(d => $"{label}: {d}"));
            }
        }

        output.WriteLine($"{done} commands; {ours} requests where Helm made {helms}");
        Assert.True(problems.Count == 0, string.Join("\n", problems));
        Assert.True(ours <= helms, $"{ours} requests where Helm made {helms}");
        Assert.True(done >= steps, $"{done} commands");
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(JsonObject step, string ns)
    {
        // A failure by time-out needs no minute to show, where time runs five times as fast.
        var fails = TestCluster.IsSandbox && step["exitCode"]!.GetValue<int>() != 0;
        var args = step["args"]!.AsArray().Select(a => a!.GetValue<string>()).ToList();
        for (var i = 0; i < args.Count; i++)
        {
            args[i] = args[i].StartsWith("./charts/", StringComparison.Ordinal) ? TestCharts.Recorded(args[i]["./charts/".Length..])
                : fails && i > 0 && args[i - 1] == "--timeout" ? "3s"
                : args[i] == "h4-created" ? cluster.Reserve(ns + "-made") : args[i];
        }

        if (step["helm"]!.GetValue<string>() == "3" && args[0] == "install")
        {
            // How Helm 3 applies; its upgrades follow from that.
            args.Add("--server-side=false");
        }

        if (!args.Contains("-n") && !args.Contains("-A"))
        {
            args.AddRange(["-n", ns]);
        }

        using var text = new StringWriter();
        using var error = new StringWriter();
        var code = await Commands.RunAsync([.. args, "--kubeconfig", cluster.Kubeconfig], TextReader.Null, text, error, TestContext.Current.CancellationToken);
        return (code, text.ToString(), error.ToString());
    }

    private async Task OutsideAsync(JsonObject step, string ns)
    {
        var collection = step["path"]!.GetValue<string>().Split('/');
        switch (step["method"]!.GetValue<string>())
        {
            case "PATCH":
                await cluster.Kube.PatchAsync(new ObjectRef("apps/v1", "Deployment", ns, collection[^1]), PatchKind.Merge, step["body"]!, "kubectl-edit", CancellationToken.None);
                break;
            case "DELETE":
                await cluster.Kube.DeleteAsync(new ObjectRef("v1", "Service", ns, collection[^1]), Propagation.Background, CancellationToken.None);
                break;
            default:
                var item = (JsonObject)step["body"]!.DeepClone();
                (item["apiVersion"], item["kind"], item["metadata"]!["namespace"]) = ("v1", "ConfigMap", ns);
                await cluster.Kube.CreateAsync(new KubeObject(item), "kubectl-create", CancellationToken.None);
                break;
        }
    }

    // Records of the step, and the state of every record after it.
    private async Task<List<string>> DifferencesAsync(JsonObject step, string ns)
    {
        var result = new List<string>();
        var secrets = (await cluster.Kube.ListAsync("v1", "Secret", ns, "owner=helm", CancellationToken.None)).ToDictionary(s => s.Name);
        var statuses = step["statuses"]!.AsObject().Select(s => $"{s.Key} {Settled(s.Value!.GetValue<string>())}").Order(StringComparer.Ordinal);
        var actual = secrets.Values.Select(s => $"{s.Name} {s.Label("status")}").Order(StringComparer.Ordinal);
        if (!statuses.SequenceEqual(actual))
        {
            result.Add($"records are [{string.Join(", ", actual)}] instead of [{string.Join(", ", statuses)}]");
            return result;
        }

        foreach (var record in step["records"]!.AsArray().Select(r => (JsonObject)r!))
        {
            if (secrets.TryGetValue(record["name"]!.GetValue<string>(), out var secret))
            {
                var labels = ((JsonObject)record["labels"]!.DeepClone()).Where(l => l.Key != "modifiedAt").ToDictionary(l => l.Key, l => Settled(l.Value!.GetValue<string>()));
                var expected = Plain((JsonObject)record["release"]!, step, "NS");
                var written = Plain(ReleaseCodec.ToJson(Decode(secret)), step, ns);
                if (record["labels"]!["status"]!.GetValue<string>() == ReleaseStatus.PendingRollback)
                {
                    // Left pending by Helm with the description of its beginning, ended as failed by us.
                    expected["info"]!["description"] = written["info"]!["description"]!.DeepClone();
                }

                if (!JsonNode.DeepEquals(expected, written))
                {
                    result.Add($"{secret.Name} {FirstDifference(written.ToJsonString(), expected.ToJsonString()) ?? "differs"}");
                }

                if (labels.Any(l => secret.Label(l.Key) != l.Value))
                {
                    result.Add($"{secret.Name} has labels {secret["metadata", "labels"]!.ToJsonString()}");
                }
            }
        }

        return result;
    }

    // Helm leaves a rollback pending whose hook fails; our rule is that nothing stays pending.
    private static string Settled(string status) => status == ReleaseStatus.PendingRollback ? ReleaseStatus.Failed : status;

    private static JsonObject Plain(JsonObject release, JsonObject step, string ns)
    {
        var recorded = step["records"]!.AsArray().Select(r => r!["release"]!["namespace"]!.GetValue<string>()).First();
        var copy = (JsonObject)JsonNode.Parse(release.ToJsonString().Replace(ns == "NS" ? recorded : ns, "NS", StringComparison.Ordinal))!;
        var info = (JsonObject)copy["info"]!;
        if (step["helm"]!.GetValue<string>() == "3")
        {
            // Helm 3 knows no apply method: nothing written means by the client.
            Assert.True(copy["apply_method"] is null || copy["apply_method"]!.GetValue<string>() == "csa");
            copy.Remove("apply_method");
            // Helm 3 takes the blank lines at the end of a template away.
            foreach (var text in (copy["hooks"]?.AsArray() ?? []).Append(copy).Select(t => (JsonObject)t!))
            {
                text["manifest"] = Ends().Replace(text["manifest"]!.GetValue<string>().TrimEnd('\n'), "\n");
            }
        }

        foreach (var time in new[] { "first_deployed", "last_deployed", "deleted" })
        {
            info.Remove(time);
        }

        var description = info["description"]?.GetValue<string>() ?? "";
        info["description"] = description.IndexOf(" failed:", StringComparison.Ordinal) is > 0 and var end ? description[..end] : description;
        info["status"] = Settled(info["status"]!.GetValue<string>());
        var chart = (JsonObject)copy["chart"]!;
        foreach (var part in chart.Where(c => c.Key is not ("metadata" or "lock")).Select(c => c.Key).ToList())
        {
            chart.Remove(part);
        }

        foreach (var run in (copy["hooks"]?.AsArray() ?? []).Select(h => h!["last_run"] as JsonObject).OfType<JsonObject>())
        {
            run.Remove("started_at");
            run.Remove("completed_at");
            // The hook of that pending rollback: Helm's record still says that it runs.
            run["phase"] = run["phase"]!.GetValue<string>() is "Running" ? "Failed" : run["phase"]!.DeepClone();
        }

        return copy;
    }

    // What a command prints, with one word for whatever differs from run to run: names that a cluster makes (and pods, which come in their order), times,
    // ages, addresses, and why something failed, which we say by its cause.
    private static string Printed(string text, string ns) =>
        Blanks().Replace(Varying().Replace(text.Replace(ns + "-made", "NS", StringComparison.Ordinal).Replace("h4-created", "NS", StringComparison.Ordinal).Replace(ns, "NS", StringComparison.Ordinal), "<any>"), " ");

    // How far a rollout is when it is looked at is a matter of time, and time is the sandbox's own.
    private static bool IsRepeatable(string label) => TestCluster.IsSandbox || !label.StartsWith("status", StringComparison.Ordinal);

    private static string? FirstDifference(string ours, string helms)
    {
        var (left, right) = (ours.Split('\n'), helms.Split('\n'));
        var at = Enumerable.Range(0, Math.Max(left.Length, right.Length)).FirstOrDefault(i => left.ElementAtOrDefault(i) != right.ElementAtOrDefault(i), -1);
        if (at < 0)
        {
            return null;
        }

        var (mine, theirs) = (left.ElementAtOrDefault(at) ?? "", right.ElementAtOrDefault(at) ?? "");
        var from = Math.Max(0, mine.Zip(theirs).TakeWhile(c => c.First == c.Second).Count() - 40);
        return $"has in line {at + 1} \"{mine[from..Math.Min(mine.Length, from + 200)]}\" instead of \"{theirs[from..Math.Min(theirs.Length, from + 200)]}\"";
    }

    [GeneratedRegex(@"[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d \d{4}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| \+0000 UTC)|(?<= )(\d+[smh])+(?=\n)|\d+\.\d+\.\d+\.\d+|(?<=v1/Pod\(related\))(.|\n)*?(?=""v1/Secret""|TEST SUITE)|(?<=rel-web-)[0-9a-z]+(-[0-9a-z]{5})?|(?<= failed: )[^\n]*?(\ncontext deadline exceeded)?(?=\n|""[,}])|(?<=""(modifiedAt|uid|resourceVersion|clusterIP|pod-template-hash|deployment.kubernetes.io/revision)"":"")[^""]*")]
    private static partial Regex Varying();

    [GeneratedRegex("\n+(?=---\n)")]
    private static partial Regex Ends();

    [GeneratedRegex("(?<=[^ \n]) +")]
    private static partial Regex Blanks();

    // The release goes on from what Helm 3 wrote, to the letter, but for the chart's files.
    private async Task TakeRecordsAsync(JsonObject step, string ns)
    {
        foreach (var record in step["records"]!.AsArray())
        {
            var secret = new ObjectRef("v1", "Secret", ns, record!["name"]!.GetValue<string>());
            var ours = ReleaseCodec.ToJson(Decode((await cluster.Kube.GetAsync(secret, CancellationToken.None))!));
            var json = (JsonObject)JsonNode.Parse(record["release"]!.ToJsonString().Replace(record["release"]!["namespace"]!.GetValue<string>(), ns, StringComparison.Ordinal))!;
            json["chart"] = ours["chart"]!.DeepClone();
            using var packed = new MemoryStream();
            using (var zip = new GZipStream(packed, CompressionLevel.Fastest))
            {
                zip.Write(Encoding.UTF8.GetBytes(json.ToJsonString()));
            }

            var release = Convert.ToBase64String(Encoding.ASCII.GetBytes(Convert.ToBase64String(packed.ToArray())));
            await cluster.Kube.PatchAsync(secret, PatchKind.Merge, new JsonObject { ["data"] = new JsonObject { ["release"] = release } }, "Helm", CancellationToken.None);
        }
    }

    private async Task PlantAsync(JsonObject step, string ns)
    {
        var history = await cluster.Helm().HistoryAsync(ns, "rel", CancellationToken.None);
        var store = new SecretReleaseStore(cluster.Kube, TimeProvider.System);
        foreach (var record in step["records"]!.AsArray().Where(r => r!["labels"]!["status"]!.GetValue<string>() == "failed"))
        {
            var json = (JsonObject)JsonNode.Parse(record!["release"]!.ToJsonString().Replace(record["release"]!["namespace"]!.GetValue<string>(), ns, StringComparison.Ordinal))!;
            await store.CreateAsync(ReleaseCodec.FromJson(json) with { Chart = history[^1].Chart }, new Dictionary<string, string>(), CancellationToken.None);
        }
    }

    private static Release Decode(KubeObject secret) => ReleaseCodec.Decode(Encoding.ASCII.GetString(Convert.FromBase64String(secret.Text("data", "release"))));

    private static IEnumerable<JsonObject> Steps(string run) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Recordings", run + ".json")))!.AsArray().Select(s => (JsonObject)s!);
}

/// <summary>Tests that count requests or make the cluster fail: one after the other, with nothing beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
