using System.Text.Json.Nodes;
using Portal.Helm.Kube;
using Portal.Helm.Yaml;

namespace Portal.Cluster.Tests;

/// <summary>The patch of client-side apply from (manifest before, manifest now, live object). The first ones were recorded from Helm.</summary>
public class ThreeWayMergeTests
{
    private const string Before = "{containers: [{name: web, image: \"app:1\", env: [{name: A, value: \"1\"}, {name: B, value: \"2\"}]}]}";
    private const string Live = "{containers: [{name: injected, image: mesh}, {name: web, image: \"app:1\", imagePullPolicy: Always, env: [{name: A, value: \"1\"}, {name: B, value: \"2\"}]}]}";

    [Theory]
    [InlineData("a new image leaves what others put in", Before, "{containers: [{name: web, image: \"app:2\", env: [{name: A, value: \"1\"}, {name: B, value: \"2\"}]}]}", Live,
        """{"containers":[{"image":"app:2","name":"web"}],"$setElementOrder/containers":[{"name":"web"}]}""")]
    [InlineData("nothing to do is no patch", Before, Before, Live, "{}")]
    [InlineData("an element that the chart drops is deleted by its key", Before, "{containers: [{name: web, image: \"app:1\", env: [{name: A, value: \"1\"}]}]}", Live,
        """{"containers":[{"env":[{"$patch":"delete","name":"B"}],"$setElementOrder/env":[{"name":"A"}],"name":"web"}],"$setElementOrder/containers":[{"name":"web"}]}""")]
    [InlineData("a field that the chart drops is cleared", "{nodeSelector: {a: b}, hostname: x}", "{hostname: x}", "{nodeSelector: {a: b}, hostname: x, dnsPolicy: ClusterFirst}", """{"nodeSelector":null}""")]
    [InlineData("another source of a volume clears the old one", "{volumes: [{name: v, emptyDir: {}}]}", "{volumes: [{name: v, configMap: {name: c}}]}", "{volumes: [{name: v, emptyDir: {}}]}",
        """{"volumes":[{"emptyDir":null,"$retainKeys":["configMap","name"],"name":"v","configMap":{"name":"c"}}],"$setElementOrder/volumes":[{"name":"v"}]}""")]
    [InlineData("a list without a key is sent whole", "{tolerations: [{key: a}]}", "{tolerations: [{key: b}]}", "{tolerations: [{key: a}]}", """{"tolerations":[{"key":"b"}]}""")]
    public void Pods_are_merged_by_the_keys_of_their_lists(string story, string before, string wanted, string live, string patch)
    {
        var (kind, actual) = Merge("apps/v1", "DaemonSet", PodOf(before), PodOf(wanted), PodOf(live));
        Assert.Equal(PatchKind.StrategicMerge, kind);
        var expected = patch == "{}" ? "{}" : "{\"spec\":{\"template\":{\"spec\":" + patch + "}}}";
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"{story}: {actual.ToJsonString()}");
    }

    [Fact]
    public void What_somebody_changed_by_hand_is_put_back()
    {
        var (_, patch) = Merge("apps/v1", "Deployment", "spec: {replicas: 2}", "spec: {replicas: 2}", "spec: {replicas: 7, progressDeadlineSeconds: 600}");
        Assert.Equal("""{"spec":{"replicas":2}}""", patch.ToJsonString());
    }

    [Fact]
    public void A_change_to_Recreate_clears_the_parameters_of_a_rolling_update()
    {
        var (_, patch) = Merge("apps/v1", "Deployment", "spec: {}", "spec: {strategy: {type: Recreate}}", "spec: {strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}}");
        Assert.Equal("""{"spec":{"strategy":{"type":"Recreate","$retainKeys":["type"]}}}""", patch.ToJsonString());
    }

    [Fact]
    public void Finalizers_are_a_set()
    {
        var (_, patch) = Merge("v1", "ConfigMap", "metadata: {finalizers: [a, b]}", "metadata: {finalizers: [b]}", "metadata: {finalizers: [a, b, theirs]}");
        Assert.Equal("""{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"$setElementOrder/finalizers":["b"]}}""", patch.ToJsonString());
    }

    // The merge key of a Service's ports is the number alone: one for TCP and one for UDP were mixed up (kubernetes/kubernetes#39188).
    [Fact]
    public void Two_ports_of_one_number_are_left_alone_when_both_are_there_and_sent_whole_when_not()
    {
        const string Dns = "spec: {ports: [{port: 53, protocol: TCP, name: t}, {port: 53, protocol: UDP, name: u}]}";
        Assert.Empty(Merge("v1", "Service", Dns, Dns, "spec: {ports: [{port: 53, protocol: TCP, name: t, nodePort: 30001}, {port: 53, protocol: UDP, name: u, nodePort: 30002}]}").Patch);
        var (_, patch) = Merge("v1", "Service", Dns, Dns, "spec: {ports: [{port: 53, protocol: TCP, name: t}]}");
        Assert.Equal("""{"spec":{"ports":[{"$patch":"replace"},{"name":"t","port":53,"protocol":"TCP"},{"name":"u","port":53,"protocol":"UDP"}]}}""", patch.ToJsonString());
    }

    [Fact]
    public void Custom_resources_are_compared_manifest_to_manifest_as_Helm_does()
    {
        var (kind, patch) = Merge("example.com/v1", "Widget", "spec: {size: 1, old: x, list: [1, 2]}", "spec: {size: 2, list: [1, 3]}", "spec: {size: 9, theirs: y}");
        Assert.Equal(PatchKind.Merge, kind);
        Assert.Equal("""{"spec":{"list":[1,3],"size":2,"old":null}}""", patch.ToJsonString());
    }

    private static (PatchKind Kind, JsonObject Patch) Merge(string apiVersion, string kind, string before, string wanted, string live) =>
        ThreeWayMerge.Patch(Object(apiVersion, kind, before), Object(apiVersion, kind, wanted), Object(apiVersion, kind, live));

    private static string PodOf(string spec) => $"spec: {{template: {{spec: {spec}}}}}";

    private static KubeObject Object(string apiVersion, string kind, string yaml) => new((JsonObject)JsonNode.Parse(GoJson.Write(GoYaml.Read($"apiVersion: {apiVersion}\nkind: {kind}\n{yaml}\n")))!);
}
