using Portal.Sandbox.Api;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Kinds;

/// <summary>The STATUS and RESTARTS columns of Pods.</summary>
internal static class PodStatusText
{
    public static string Of(JsonMap pod)
    {
        var phase = pod.Text("status", "phase") ?? "Unknown";
        var text = pod.Text("status", "reason") is { Length: > 0 } reason ? reason : phase;
        if (pod.Maps("status", "conditions").Any(c => c.Text("type") == "PodScheduled" && c.Text("reason") == "SchedulingGated"))
        {
            text = "SchedulingGated";
        }

        var inits = pod.Maps("status", "initContainerStatuses").ToList();
        for (var i = 0; i < inits.Count; i++)
        {
            if (inits[i].Map("state", "terminated") is { } ended && ended.Int("exitCode") == 0)
            {
                continue;
            }

            text = inits[i].Map("state", "terminated") is { } failed
                ? "Init:" + (failed.Text("reason") is { Length: > 0 } why ? why : $"ExitCode:{failed.Int("exitCode")}")
                : inits[i].Text("state", "waiting", "reason") is { Length: > 0 } waiting and not "PodInitializing" ? "Init:" + waiting : $"Init:{i}/{inits.Count}";
            return pod.Text("metadata", "deletionTimestamp") is null ? text : "Terminating";
        }

        var running = false;
        foreach (var container in pod.Maps("status", "containerStatuses").Reverse())
        {
            if (container.Text("state", "waiting", "reason") is { Length: > 0 } waiting)
            {
                text = waiting;
            }
            else if (container.Map("state", "terminated") is { } ended)
            {
                text = ended.Text("reason") is { Length: > 0 } why ? why : $"ExitCode:{ended.Int("exitCode")}";
            }
            else if (container.Flag("ready") is true && container.Map("state", "running") is not null)
            {
                running = true;
            }
        }

        if (text == "Completed" && running)
        {
            text = "Running";
        }

        return pod.Text("metadata", "deletionTimestamp") is null ? text : "Terminating";
    }

    public static string Restarts(JsonMap pod, DateTimeOffset now)
    {
        var statuses = pod.Maps("status", "containerStatuses").ToList();
        var count = statuses.Sum(s => s.Int("restartCount") ?? 0);
        var last = statuses.Select(s => SandboxClock.Parse(s.Text("lastState", "terminated", "finishedAt"))).Max();
        return count > 0 && last is { } at ? $"{count} ({TableView.Span(now - at)} ago)" : $"{count}";
    }
}
