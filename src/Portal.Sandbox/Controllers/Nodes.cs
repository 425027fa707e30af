using System.Globalization;
using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;

namespace Portal.Sandbox.Controllers;

/// <summary>The nodes of the cluster, and new ones that join.</summary>
internal sealed class Nodes(ObjectRegistry registry)
{
    public void Seed(int count)
    {
        for (var i = 1; i <= count; i++)
        {
            if (registry.Find(registry.Kinds.BuiltIn("", "nodes"), "", $"node-{i}") is null)
            {
                Add($"node-{i}", "8", "32Gi", i, []);
            }
        }
    }

    /// <summary>Lets a node join, now or later.</summary>
    public void Join(JsonMap wanted)
    {
        var number = registry.Store.List("/nodes").Count + 1;
        var name = wanted.Text("name") ?? $"node-{number}";
        void Now() => Add(name, wanted.Text("cpu") ?? "8", wanted.Text("memory") ?? "32Gi", number, wanted.Map("labels") ?? []);
        if (wanted.Int("afterSeconds") is { } seconds and > 0)
        {
            _ = registry.Clock.DelayAsync(TimeSpan.FromSeconds(seconds), CancellationToken.None).ContinueWith(_ => Now(), TaskScheduler.Default);
            return;
        }

        Now();
    }

    private void Add(string name, string cpu, string memory, int number, JsonMap labels)
    {
        var kind = registry.Kinds.BuiltIn("", "nodes");
        var context = new WriteContext("kubelet") { Internal = true };
        var all = new JsonMap
        {
            ["beta.kubernetes.io/arch"] = "amd64",
            ["beta.kubernetes.io/os"] = "linux",
            ["kubernetes.io/arch"] = "amd64",
            ["kubernetes.io/hostname"] = name,
            ["kubernetes.io/os"] = "linux",
            ["topology.kubernetes.io/region"] = "local",
            ["topology.kubernetes.io/zone"] = number % 2 == 1 ? "local-a" : "local-b",
        };
        foreach (var (key, value) in labels)
        {
            all[key] = value;
        }

        registry.Create(kind, "", new JsonMap { ["metadata"] = new JsonMap { ["name"] = name, ["labels"] = all }, ["spec"] = new JsonMap { ["podCIDR"] = $"10.244.{number}.0/24", ["podCIDRs"] = JsonTree.ListOf($"10.244.{number}.0/24") } }, context);
        var now = registry.Clock.NowText;
        var capacity = new JsonMap { ["cpu"] = cpu, ["memory"] = memory, ["pods"] = "250", ["ephemeral-storage"] = "100Gi" };
        JsonMap Condition(string type, string status, string reason, string message) => new()
        {
            ["type"] = type,
            ["status"] = status,
            ["lastHeartbeatTime"] = now,
            ["lastTransitionTime"] = now,
            ["reason"] = reason,
            ["message"] = message,
        };
        registry.Update(kind, "", name, n =>
        {
            var next = JsonTree.Clone(n);
            next["status"] = new JsonMap
            {
                ["capacity"] = capacity,
                ["allocatable"] = JsonTree.Clone(capacity),
                ["conditions"] = JsonTree.ListOf(
                    Condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                    Condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                    Condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                    Condition("Ready", "True", "KubeletReady", "kubelet is posting ready status")),
                ["addresses"] = JsonTree.ListOf(
                    new JsonMap { ["type"] = "InternalIP", ["address"] = "192.168.10." + number.ToString(CultureInfo.InvariantCulture) },
                    new JsonMap { ["type"] = "Hostname", ["address"] = name }),
                ["nodeInfo"] = new JsonMap
                {
                    ["machineID"] = name,
                    ["systemUUID"] = name,
                    ["bootID"] = name,
                    ["kernelVersion"] = "6.1.0-sandbox (amd64)",
                    ["osImage"] = "sandbox (no containers run)",
                    ["containerRuntimeVersion"] = "containerd://2.1.0",
                    ["kubeletVersion"] = Api.Discovery.GitVersion,
                    ["kubeProxyVersion"] = "",
                    ["operatingSystem"] = "linux",
                    ["architecture"] = "amd64",
                },
            };
            return next;
        }, context with { Subresource = "status" });
    }
}
