using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>Runs Jobs to their end: Pods until enough have succeeded, or too many have failed.</summary>
internal sealed class JobController(ObjectRegistry registry, EventRecorder events) : Controller(registry, "batch/jobs")
{
    private const string Tracking = "batch.kubernetes.io/job-tracking";

    public override IEnumerable<ObjectKey> Affected(Change change)
    {
        if (change.Key.Bucket == Bucket)
        {
            return [change.Key];
        }

        return change.Key.Bucket == "/pods" ? OwnersOf(change, "Job", Bucket) : [];
    }

    public override DateTimeOffset? Reconcile(ObjectKey key)
    {
        var job = Store.Get(key);
        if (job is null)
        {
            Untrack(key);
            return null;
        }

        var pods = PodTemplates.Of(Store, job);
        if (job.Text("metadata", "deletionTimestamp") is not null)
        {
            Release(pods);
            return null;
        }

        if (Condition(job, "Complete") || Condition(job, "Failed"))
        {
            Release(pods);
            return Expire(key, job);
        }

        var suspended = job.Flag("spec", "suspend") is true;
        var status = JsonTree.Clone(job.Map("status") ?? []);
        var wasSuspended = Condition(job, "Suspended");
        if (suspended)
        {
            foreach (var pod in pods.Where(PodTemplates.IsActive))
            {
                Registry.Delete(Kind("", "pods"), key.Namespace, pod.Text("metadata", "name")!, new DeleteRequest());
            }

            if (!wasSuspended)
            {
                AddCondition(status, "Suspended", "JobSuspended", "Job suspended");
                events.Record(job, "Normal", "Suspended", "Job suspended", "job-controller");
            }

            status.Remove("startTime");
            Counts(status, PodTemplates.Of(Store, job));
            SetStatus(Kind("batch", "jobs"), job, status);
            return null;
        }

        if (wasSuspended)
        {
            var condition = status.Maps("conditions").First(c => c.Text("type") == "Suspended");
            condition["status"] = "False";
            condition["reason"] = "JobResumed";
            condition["message"] = "Job resumed";
            condition["lastTransitionTime"] = Clock.NowText;
        }

        status.Default("startTime", Clock.NowText);
        // Pods that end while this runs are counted next time: only those counted now lose the finalizer.
        var counted = pods;
        Count(status, counted);
        var due = Decide(key, job, status, pods);
        pods = PodTemplates.Of(Store, job);
        Counts(status, pods);
        if (Store.Get(key) is { } current)
        {
            SetStatus(Kind("batch", "jobs"), current, status);
            Release(counted);
        }

        return due;
    }

    private static bool Condition(JsonMap job, string type) => job.Maps("status", "conditions").Any(c => c.Text("type") == type && c.Text("status") == "True");

    /// <summary>Counts Pods that ended, each once: one that is counted loses the tracking finalizer.</summary>
    private static void Count(JsonMap status, List<JsonMap> pods)
    {
        var ended = pods.Where(p => p.Texts("metadata", "finalizers").Contains(Tracking)).ToList();
        var succeeded = ended.Count(p => p.Text("status", "phase") == "Succeeded");
        var failed = ended.Count(p => p.Text("status", "phase") == "Failed" || (p.Text("metadata", "deletionTimestamp") is not null && p.Text("status", "phase") != "Succeeded"));
        status.SetOrRemove("succeeded", (status.Int("succeeded") ?? 0) + succeeded);
        status.SetOrRemove("failed", (status.Int("failed") ?? 0) + failed);
    }

    private static void Counts(JsonMap status, List<JsonMap> pods)
    {
        var active = pods.Where(PodTemplates.IsActive).ToList();
        status.SetOrRemove("active", (long)active.Count);
        status["ready"] = (long)active.Count(PodTemplates.IsReady);
        status["terminating"] = (long)pods.Count(p => p.Text("metadata", "deletionTimestamp") is not null && p.Text("status", "phase") is not ("Succeeded" or "Failed"));
        status["uncountedTerminatedPods"] = new JsonMap();
    }

    private DateTimeOffset? Decide(ObjectKey key, JsonMap job, JsonMap status, List<JsonMap> pods)
    {
        var active = pods.Where(PodTemplates.IsActive).ToList();
        var succeeded = status.Int("succeeded") ?? 0;
        var failed = status.Int("failed") ?? 0;
        var limit = job.Int("spec", "backoffLimit") ?? 6;
        var start = SandboxClock.Parse(status.Text("startTime")) ?? Clock.Now;
        var deadline = job.Int("spec", "activeDeadlineSeconds") is { } seconds ? start.AddSeconds(seconds) : (DateTimeOffset?)null;
        var completions = job.Int("spec", "completions");
        var restarts = active.Sum(p => p.Maps("status", "containerStatuses").Sum(c => c.Int("restartCount") ?? 0));
        var tooMany = failed > limit || (job.Text("spec", "template", "spec", "restartPolicy") == "OnFailure" && restarts > 0 && restarts >= limit);
        if (tooMany || Clock.Now >= deadline)
        {
            var (reason, message) = tooMany ? ("BackoffLimitExceeded", "Job has reached the specified backoff limit") : ("DeadlineExceeded", "Job was active longer than specified deadline");
            return End(key, job, status, active, "FailureTarget", "Failed", reason, message);
        }

        if (completions is { } wanted ? succeeded >= wanted : succeeded > 0 && active.Count == 0)
        {
            return End(key, job, status, active, "SuccessCriteriaMet", "Complete", "CompletionsReached", "Reached expected number of succeeded pods");
        }

        var room = job.Int("spec", "parallelism") ?? 1;
        if (completions is { } target)
        {
            room = Math.Min(room, target - succeeded);
        }
        else if (succeeded > 0)
        {
            room = 0;
        }

        var latest = pods.Where(p => p.Text("status", "phase") == "Failed").Select(p => SandboxClock.Parse(p.Maps("status", "containerStatuses").Select(c => c.Text("state", "terminated", "finishedAt")).FirstOrDefault())).OfType<DateTimeOffset>().DefaultIfEmpty(DateTimeOffset.MinValue).Max();
        if (failed > 0 && active.Count < room && latest > DateTimeOffset.MinValue)
        {
            var again = latest.AddSeconds(Math.Min(600, 10 * Math.Pow(2, failed - 1)));
            if (Clock.Now < again)
            {
                return deadline is { } d && d < again ? d : again;
            }
        }

        for (var i = active.Count; i < room; i++)
        {
            var pod = PodTemplates.Make(job, job.Map("spec", "template")!, null, OwnedBy(job));
            pod.Map("metadata")!["finalizers"] = JsonTree.ListOf(Tracking);
            var made = Registry.Create(Kind("", "pods"), key.Namespace, pod, Whole);
            events.Record(job, "Normal", "SuccessfulCreate", $"Created pod: {made.Text("metadata", "name")}", "job-controller");
        }

        return deadline;
    }

    private DateTimeOffset? End(ObjectKey key, JsonMap job, JsonMap status, List<JsonMap> active, string interim, string final, string reason, string message)
    {
        if (status.Maps("conditions").All(c => c.Text("type") != interim))
        {
            AddCondition(status, interim, reason, message);
        }

        foreach (var pod in active)
        {
            Registry.Delete(Kind("", "pods"), key.Namespace, pod.Text("metadata", "name")!, new DeleteRequest());
        }

        if (PodTemplates.Of(Store, job).Any(p => p.Text("status", "phase") is not ("Succeeded" or "Failed")))
        {
            // The end is told when the last Pod is gone.
            return null;
        }

        AddCondition(status, final, reason, message);
        if (final == "Complete")
        {
            status["completionTime"] = Clock.NowText;
            events.Record(job, "Normal", "Completed", "Job completed", "job-controller");
        }
        else
        {
            events.Record(job, "Warning", reason, message, "job-controller");
        }

        return job.Int("spec", "ttlSecondsAfterFinished") is { } ttl ? Clock.Now.AddSeconds(ttl) : null;
    }

    private void AddCondition(JsonMap status, string type, string reason, string message)
    {
        status.Default("conditions", new List<object?>());
        status.List("conditions")!.Add(new JsonMap
        {
            ["type"] = type,
            ["status"] = "True",
            ["lastProbeTime"] = Clock.NowText,
            ["lastTransitionTime"] = Clock.NowText,
            ["reason"] = reason,
            ["message"] = message,
        });
    }

    private DateTimeOffset? Expire(ObjectKey key, JsonMap job)
    {
        if (job.Int("spec", "ttlSecondsAfterFinished") is not { } ttl)
        {
            return null;
        }

        var ended = SandboxClock.Parse(job.Maps("status", "conditions").Last(c => c.Text("type") is "Complete" or "Failed").Text("lastTransitionTime")) ?? Clock.Now;
        if (Clock.Now < ended.AddSeconds(ttl))
        {
            return ended.AddSeconds(ttl);
        }

        Registry.Delete(Kind("batch", "jobs"), key.Namespace, key.Name, new DeleteRequest { Propagation = "Background" });
        return null;
    }

    /// <summary>Takes the tracking finalizer from Pods that are counted.</summary>
    private void Release(List<JsonMap> pods)
    {
        foreach (var pod in pods.Where(p => p.Text("status", "phase") is "Succeeded" or "Failed" || p.Text("metadata", "deletionTimestamp") is not null))
        {
            Release(pod);
        }
    }

    private void Release(JsonMap pod)
    {
        if (pod.Texts("metadata", "finalizers").Contains(Tracking) && Registry.Find(Kind("", "pods"), pod.Text("metadata", "namespace")!, pod.Text("metadata", "name")!) is not null)
        {
            Registry.Update(Kind("", "pods"), pod.Text("metadata", "namespace")!, pod.Text("metadata", "name")!, p =>
            {
                var next = JsonTree.Clone(p);
                next.Map("metadata")!.SetOrRemove("finalizers", p.Texts("metadata", "finalizers").Where(f => f != Tracking).Select(f => (object?)f).ToList());
                return next;
            }, Whole);
        }
    }

    private void Untrack(ObjectKey key)
    {
        foreach (var pod in Store.List("/pods", key.Namespace).Where(p => OwnerName(p, "Job") == key.Name || (p.Text("metadata", "labels", "job-name") == key.Name && OwnerName(p, "Job") is null)))
        {
            Release(pod);
        }
    }
}
