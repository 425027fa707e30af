using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Portal.Core.Plans;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans;

/// <summary>The Job that tries addresses and images from where it counts, and what its Pod says. Pure.</summary>
/// <param name="Name">Its name and that of its Pod's label.</param>
/// <param name="Namespace">The release's.</param>
/// <param name="Image">What has nc.</param>
/// <param name="Addresses">"host:port" each.</param>
/// <param name="Images">Images to pull.</param>
/// <param name="PullSecrets">What the release's own pods pull with.</param>
internal sealed partial record ReachabilityJob(string Name, string Namespace, string Image, IReadOnlyList<string> Addresses, IReadOnlyList<string> Images, IReadOnlyList<string> PullSecrets)
{
    /// <summary>How long it may take, in seconds.</summary>
    public const int Seconds = 60;

    public const string Label = "batch.kubernetes.io/job-name";

    public ObjectRef Ref => new("batch/v1", "Job", Namespace, Name);

    /// <summary>A host and a port, or why the text is none: what is passed to the container is nothing else.</summary>
    public static (string Host, string Port)? Parse(string address) =>
        Address().Match(address) is { Success: true } m && int.TryParse(m.Groups[2].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
            ? (m.Groups[1].Value.Trim('[', ']'), m.Groups[2].Value) : null;

    /// <summary>As restricted as pods can be; it removes itself, also when nobody is left to do so.</summary>
    public KubeObject ToObject()
    {
        JsonObject Container(string name, string image, params IEnumerable<string> command) => new()
        {
            ["name"] = name, ["image"] = image, ["command"] = new JsonArray([.. command.Select(c => (JsonNode)c)]),
            ["resources"] = new JsonObject
            {
                ["requests"] = new JsonObject { ["cpu"] = "10m", ["memory"] = "16Mi" },
                ["limits"] = new JsonObject { ["cpu"] = "100m", ["memory"] = "64Mi" },
            },
            ["securityContext"] = new JsonObject { ["allowPrivilegeEscalation"] = false, ["readOnlyRootFilesystem"] = true, ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") } },
        };
        var containers = Addresses.Select((a, i) => Parse(a) is var (host, port) ? Container($"address-{i}", Image, "nc", "-z", "-w", "5", host, port) : throw new ArgumentException($"{a} is no address"))
            // Whether it can run this does not matter: it was pulled.
            .Concat(Images.Select((image, i) => Container($"image-{i}", image, "true")));
        return new KubeObject(new JsonObject
        {
            ["apiVersion"] = "batch/v1", ["kind"] = "Job",
            ["metadata"] = new JsonObject { ["name"] = Name, ["namespace"] = Namespace, ["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = "iomete-portal" } },
            ["spec"] = new JsonObject
            {
                ["backoffLimit"] = 0, ["activeDeadlineSeconds"] = Seconds + 30, ["ttlSecondsAfterFinished"] = 60,
                ["template"] = new JsonObject
                {
                    ["spec"] = new JsonObject
                    {
                        ["restartPolicy"] = "Never", ["automountServiceAccountToken"] = false, ["terminationGracePeriodSeconds"] = 1,
                        ["securityContext"] = new JsonObject { ["runAsNonRoot"] = true, ["runAsUser"] = 65534, ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" } },
                        ["imagePullSecrets"] = new JsonArray([.. PullSecrets.Select(s => (JsonNode)new JsonObject { ["name"] = s })]),
                        ["containers"] = new JsonArray([.. containers]),
                    },
                },
            },
        });
    }

    /// <summary>What is known by now, in the order asked; null where nothing is yet.</summary>
    public IReadOnlyList<ReachabilityCheck?> Read(KubeObject? pod)
    {
        var states = pod?.List("status", "containerStatuses").ToDictionary(s => s.Text("name"), StringComparer.Ordinal) ?? [];
        return [.. Addresses.Select((a, i) => OfAddress(a, states.GetValueOrDefault($"address-{i}"))), .. Images.Select((image, i) => OfImage(image, states.GetValueOrDefault($"image-{i}")))];
    }

    /// <summary>Why there is no answer: what the Pod, or the Job that could not make one, says.</summary>
    public static string Reason(KubeObject? pod, KubeObject? job) =>
        pod?.List("status", "conditions").Where(c => c.Text("status") == "False" && c.Text("message").Length > 0).Select(c => $"{c.Text("reason")}: {c.Text("message")}").FirstOrDefault()
        ?? job?.List("status", "conditions").Where(c => c.Text("type") == "Failed").Select(c => $"{c.Text("reason")}: {c.Text("message")}").FirstOrDefault()
        ?? $"No answer within {Seconds} s.";

    private ReachabilityCheck? OfAddress(string address, KubeObject? state) =>
        state?.Int("state", "terminated", "exitCode") is { } exit
            ? state.Text("state", "terminated", "reason") is "ContainerCannotRun" or "StartError" ? new(address, ReachabilityOutcome.Unknown, $"{Image} cannot run nc: {state.Text("state", "terminated", "message")}")
            : exit == 0 ? new(address, ReachabilityOutcome.Reached, "") : new(address, ReachabilityOutcome.NotReached, "No connection within 5 s, or it was refused.")
        : Pulling(state) is { } reason ? new(address, ReachabilityOutcome.Unknown, $"{Image} cannot be pulled, so that nothing could be tried. {reason}") : null;

    private static ReachabilityCheck? OfImage(string image, KubeObject? state) =>
        Pulling(state) is { } reason ? new(image, ReachabilityOutcome.NotReached, reason)
        : state is not null && (state["state", "terminated"] is not null || state["state", "running"] is not null || state.Text("state", "waiting", "reason") is "CreateContainerConfigError" or "CreateContainerError" or "RunContainerError")
            ? new(image, ReachabilityOutcome.Reached, "") : null;

    private static string? Pulling(KubeObject? state) => state?.Text("state", "waiting", "reason") is "ErrImagePull" or "ImagePullBackOff" or "InvalidImageName" or "ErrImageNeverPull" or "RegistryUnavailable"
        ? $"{state.Text("state", "waiting", "reason")}: {state.Text("state", "waiting", "message")}" : null;

    [GeneratedRegex(@"^([A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]):([0-9]{1,5})$")]
    private static partial Regex Address();
}
