using System.Buffers;
using System.Globalization;
using System.Text;
using Portal.Sandbox.Api;
using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>pods/log: what a container's script has said so far, and with follow what it says next.</summary>
internal sealed class PodLogs(ObjectRegistry registry)
{
    public async Task WriteAsync(ApiRequest request, JsonMap pod)
    {
        var containers = pod.Maps("spec", "containers").Concat(pod.Maps("spec", "initContainers")).ToList();
        var name = request.Query("container");
        if (string.IsNullOrEmpty(name))
        {
            var main = pod.Maps("spec", "containers").ToList();
            var standard = pod.Text("metadata", "annotations", "kubectl.kubernetes.io/default-container");
            if (standard is null && containers.Count > 1)
            {
                var inits = string.Join(' ', pod.Maps("spec", "initContainers").Select(c => c.Text("name")));
                throw ApiError.BadRequest($"a container name must be specified for pod {request.Name}, choose one of: [{string.Join(' ', main.Select(c => c.Text("name")))}]{(inits.Length > 0 ? $" or one of the init containers: [{inits}]" : "")}");
            }

            name = standard ?? main[0].Text("name")!;
        }

        if (containers.All(c => c.Text("name") != name))
        {
            throw ApiError.BadRequest($"container {name} is not valid for pod {request.Name}");
        }

        if (pod.Text("spec", "nodeName") is not { Length: > 0 })
        {
            request.Http.Response.StatusCode = 204;
            return;
        }

        foreach (var option in (string[])["tailLines", "limitBytes", "sinceSeconds"])
        {
            if (request.Number(option) is { } number && number < (option == "tailLines" ? 0 : 1))
            {
                var problems = new Problems();
                problems.Invalid(option, number, option == "tailLines" ? "must be greater than or equal to 0" : "must be greater than 0");
                throw problems.ToError("", "PodLogOptions", request.Name);
            }
        }

        var run = RunOf(pod, name, request.Flag("previous") && request.Query("previous") is not null);
        var follow = request.Query("follow") is "true" or "1";
        var timestamps = request.Query("timestamps") is "true" or "1";
        var since = Since(request);
        var response = request.Http.Response;
        response.StatusCode = 200;
        response.ContentType = "text/plain";
        await response.StartAsync(request.Aborted);
        var limit = request.Number("limitBytes") ?? long.MaxValue;
        var next = 0L;
        if (request.Number("tailLines") is { } tail)
        {
            next = Math.Max(0, Count(run, Until(run)) - tail);
        }

        using var wake = new SemaphoreSlim(0);
        var woken = wake.WaitAsync(request.Aborted);
        using var listening = follow ? registry.Store.Listen(c => Wake(c, request, wake)) : null;
        while (!request.Aborted.IsCancellationRequested)
        {
            var until = Until(run);
            while (run.Script.Line(next) is { } line && run.Start + line.At <= until)
            {
                next++;
                var at = run.Start + line.At;
                if (at < since)
                {
                    continue;
                }

                var text = timestamps ? $"{at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture)} {line.Text}\n" : line.Text + "\n";
                var bytes = Encoding.UTF8.GetBytes(text);
                if (bytes.Length > limit)
                {
                    response.BodyWriter.Write(bytes.AsSpan(0, (int)limit));
                    await response.BodyWriter.FlushAsync(request.Aborted);
                    return;
                }

                limit -= bytes.Length;
                response.BodyWriter.Write(bytes);
            }

            await response.BodyWriter.FlushAsync(request.Aborted);
            if (!follow || run.End is not null)
            {
                return;
            }

            var pause = run.Script.Line(next) is { } coming ? registry.Clock.Outside(run.Start + coming.At - registry.Clock.Now) : TimeSpan.FromHours(1);
            using (var timer = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted))
            {
                await Task.WhenAny(woken, Task.Delay(pause + TimeSpan.FromMilliseconds(1), registry.Clock.Provider, timer.Token));
                await timer.CancelAsync();
            }

            if (woken.IsCompleted)
            {
                woken = wake.WaitAsync(request.Aborted);
            }

            if (registry.Find(request.Kind, request.Namespace, request.Name) is not { } now || now.Text("metadata", "uid") != pod.Text("metadata", "uid"))
            {
                run = run with { End = run.End ?? registry.Clock.Now };
            }
            else if (Ended(now, name, run) is { } end)
            {
                run = run with { End = end };
            }
        }
    }

    private static void Wake(Change change, ApiRequest request, SemaphoreSlim wake)
    {
        if (change.Key.Bucket == "/pods" && change.Key.Path == $"{request.Namespace}/{request.Name}")
        {
            wake.Release();
        }
    }

    private DateTimeOffset Until(Run run) => run.End ?? registry.Clock.Now;

    private static long Count(Run run, DateTimeOffset until)
    {
        var n = 0L;
        while (run.Script.Line(n) is { } line && run.Start + line.At <= until)
        {
            n++;
        }

        return n;
    }

    private DateTimeOffset Since(ApiRequest request)
    {
        if (request.Number("sinceSeconds") is { } seconds)
        {
            return registry.Clock.Now.AddSeconds(-seconds);
        }

        return SandboxClock.Parse(request.Query("sinceTime")) ?? DateTimeOffset.MinValue;
    }

    private static JsonMap? StatusOf(JsonMap pod, string container) =>
        pod.Maps("status", "containerStatuses").Concat(pod.Maps("status", "initContainerStatuses")).FirstOrDefault(s => s.Text("name") == container);

    private static DateTimeOffset? Ended(JsonMap pod, string container, Run run)
    {
        var status = StatusOf(pod, container);
        foreach (var part in (string[])["state", "lastState"])
        {
            if (status?.Map(part, "terminated") is { } ended && SandboxClock.Parse(ended.Text("startedAt")) == run.Start)
            {
                return SandboxClock.Parse(ended.Text("finishedAt"));
            }
        }

        return SandboxClock.Parse(status?.Text("state", "running", "startedAt")) == run.Start ? null : DateTimeOffset.MaxValue;
    }

    private Run RunOf(JsonMap pod, string container, bool previous)
    {
        var status = StatusOf(pod, container);
        var ns = pod.Text("metadata", "namespace")!;
        var name = pod.Text("metadata", "name")!;
        if (previous && status?.Map("lastState", "terminated") is null)
        {
            throw ApiError.BadRequest($"previous terminated container \"{container}\" in pod \"{name}\" not found");
        }

        var restarts = status?.Int("restartCount") ?? 0;
        var ended = previous ? status!.Map("lastState", "terminated") : status?.Map("state", "terminated");
        var start = ended?.Text("startedAt") ?? (previous ? null : status?.Text("state", "running", "startedAt"));
        if (start is null && status?.Map("lastState", "terminated") is { } last)
        {
            // Between two runs the log of the last one is read.
            (ended, start) = (last, last.Text("startedAt"));
            previous = true;
        }

        if (SandboxClock.Parse(start) is not { } at)
        {
            var waiting = status?.Text("state", "waiting", "reason") ?? "ContainerCreating";
            var image = status?.Text("image") ?? "";
            throw ApiError.BadRequest(waiting is "ImagePullBackOff" or "ErrImagePull"
                ? $"container \"{container}\" in pod \"{name}\" is waiting to start: trying and failing to pull image"
                : $"container \"{container}\" in pod \"{name}\" is waiting to start: {(waiting.Length > 0 ? waiting : image)}");
        }

        var init = pod.Maps("spec", "initContainers").Any(c => c.Text("name") == container);
        var spec = pod.Maps("spec", "containers").Concat(pod.Maps("spec", "initContainers")).First(c => c.Text("name") == container);
        var script = ContainerScript.Of(pod, spec, Hooks.IsHook(registry.Store, ns, pod), init, previous ? Math.Max(0, restarts - 1) : restarts);
        return new Run(script, at, SandboxClock.Parse(ended?.Text("finishedAt")));
    }

    private sealed record Run(ContainerScript Script, DateTimeOffset Start, DateTimeOffset? End);
}
