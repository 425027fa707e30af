using System.Text.RegularExpressions;
using Portal.Cli;
using Portal.Helm.Kube;

namespace Portal.Cluster.Tests;

/// <summary>What the verbs of the command print and take.</summary>
[Trait("Category", "Cluster")]
public partial class CommandTests(TestCluster cluster)
{
    // As Helm 4 printed it of the same release; addresses, names of pods, ages and the width of what is before them stand for any.
    private const string Status = """
        NAME: rel
        LAST DEPLOYED: <time>
        NAMESPACE: <namespace>
        STATUS: deployed
        REVISION: 1
        DESCRIPTION: Install complete
        RESOURCES:
        ==> v1/ServiceAccount
        NAME AGE
        rel <age>

        ==> v1/Secret
        NAME TYPE DATA AGE
        rel-secret Opaque 1 <age>

        ==> v1/ConfigMap
        NAME DATA AGE
        rel-config 2 <age>
        rel-old 1 <age>

        ==> v1/Service
        NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE
        rel-web ClusterIP <ip> <none> 80/TCP <age>

        ==> v1/Deployment
        NAME READY UP-TO-DATE AVAILABLE AGE
        rel-web 2/2 2 2 <age>

        ==> v1/Pod(related)
        NAME READY STATUS RESTARTS AGE
        rel-web-<pod> 1/1 Running 0 <age>
        rel-web-<pod> 1/1 Running 0 <age>


        TEST SUITE: None
        NOTES:
        Release rel revision 1 in <namespace>: hello
        This was an install.

        """;

    [Fact]
    public async Task Status_prints_the_tables_of_the_cluster_as_Helm_does()
    {
        await cluster.NeedsPodsAsync();
        var ns = await cluster.NamespaceAsync();
        Assert.Equal(0, (await RunAsync("install", "rel", TestCharts.Recorded("simple"), "-n", ns, "--wait")).Code);
        var (code, text, _) = await RunAsync("status", "rel", "-n", ns);
        Assert.Equal(0, code);
        // Each object is set by itself, six wide at least and three blanks after: the second ConfigMap stands under no header of its own.
        Assert.Contains("NAME         DATA   AGE\nrel-config   2      ", text, StringComparison.Ordinal);
        Assert.Contains("\nrel-old   1     ", text, StringComparison.Ordinal);
        var plain = Times().Replace(text.Replace(ns, "<namespace>", StringComparison.Ordinal), "LAST DEPLOYED: <time>\n");
        plain = Pods().Replace(Addresses().Replace(Ages().Replace(plain, " <age>\n"), " <ip> "), "rel-web-<pod>");
        Assert.Equal(Status.ReplaceLineEndings("\n").Trim(), Blanks().Replace(plain, " ").Trim());
    }

    [Fact]
    public async Task Test_runs_only_what_the_filter_names()
    {
        await cluster.NeedsPodsAsync();
        var ns = await cluster.NamespaceAsync();
        Assert.Equal(0, (await RunAsync("install", "rel", TestCharts.Recorded("hooky"), "-n", ns)).Code);
        var (code, text, error) = await RunAsync("test", "rel", "-n", ns, "--filter", "name=rel-test");
        Assert.True(code == 0, error);
        Assert.Contains("TEST SUITE:     rel-test\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("rel-test-job", text, StringComparison.Ordinal);
        (code, text, error) = await RunAsync("test", "rel", "-n", ns, "--filter", "!name=rel-test");
        Assert.True(code == 0, error);
        Assert.Contains("TEST SUITE:     rel-test-job\n", text, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("test", "rel", "-n", ns, "--filter", "kind=Pod")).Code);
    }

    [Fact]
    public async Task A_forced_replacement_takes_away_what_others_added()
    {
        var ns = await cluster.NamespaceAsync();
        Assert.Equal(0, (await RunAsync("install", "rel", TestCharts.Recorded("simple"), "-n", ns, "--server-side=false")).Code);
        var config = new ObjectRef("v1", "ConfigMap", ns, "rel-config");
        await cluster.Kube.PatchAsync(config, PatchKind.Merge, System.Text.Json.Nodes.JsonNode.Parse("""{"data":{"theirs":"1"}}""")!, "somebody", default);
        var (code, _, error) = await RunAsync("upgrade", "rel", TestCharts.Recorded("simple"), "-n", ns, "--set", "message=forced", "--force-replace", "--server-side=false");
        Assert.True(code == 0, error);
        var after = (await cluster.Kube.GetAsync(config, default))!;
        Assert.Equal(("forced", ""), (after.Text("data", "message"), after.Text("data", "theirs")));
        Assert.Equal(1, (await RunAsync("upgrade", "rel", TestCharts.Recorded("simple"), "-n", ns, "--force-replace", "--server-side=true")).Code);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var text = new StringWriter();
        using var error = new StringWriter();
        var code = await Commands.RunAsync([.. args, "--kubeconfig", cluster.Kubeconfig], TextReader.Null, text, error, TestContext.Current.CancellationToken);
        return (code, text.ToString(), error.ToString());
    }

    [GeneratedRegex("LAST DEPLOYED: .*\n")]
    private static partial Regex Times();

    [GeneratedRegex(" [0-9]+[sm][0-9s]*\n")]
    private static partial Regex Ages();

    [GeneratedRegex(@" [0-9]+\.[0-9]+\.[0-9]+\.[0-9]+ ")]
    private static partial Regex Addresses();

    [GeneratedRegex("rel-web-[0-9a-z]+-[0-9a-z]{5}")]
    private static partial Regex Pods();

    [GeneratedRegex("(?<=[^ \n]) +")]
    private static partial Regex Blanks();
}
