using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Backups;
using Portal.Core.Catalog;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Core.Values;
using Portal.Server.Features.Access;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Values;

/// <summary>Secrets go in by a values file, a draft, a kubeconfig and the password of a source, and a chart does its worst with them: they come out nowhere.</summary>
public sealed partial class CanaryTests(PortalServer portal)
{
    private const string Marker = "stands-in-the-archive-of-the-chart";

    // The Secret is where a secret belongs; a hook that prints it, notes, and words of the cluster that quote it are what charts do in real life.
    private static readonly (string, string)[] Files =
    [
        ("values.yaml", "# " + Marker + "\ndatabase: {password: \"\"}\nauth: {token: \"\"}\njdbc: \"\"\nconf: \"\"\n"),
        ("templates/conf.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata:\n  url: {{ .Values.jdbc | quote }}\n  conf: {{ .Values.conf | quote }}\n"),
        ("templates/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData:\n  url: mysql://root:{{ .Values.database.password }}@db\n"),
        ("templates/NOTES.txt", "Sign in with {{ .Values.database.password }}\n"),
        ("templates/hook.yaml", """
            apiVersion: batch/v1
            kind: Job
            metadata:
              name: talk
              annotations: { helm.sh/hook: "pre-install,pre-upgrade" }
            spec:
              template:
                spec:
                  restartPolicy: Never
                  containers:
                    - name: main
                      image: registry.example.com/talk:1
                      env: [{name: SANDBOX_LOG_LINES, value: "5"}, {name: SANDBOX_LOG_TEXT, value: "{{ .Values.database.password }} {{ .Values.database.password | b64enc }} {{ printf "url=%s;" .Values.auth.token | b64enc }}"}]
            """),
        ("templates/web.yaml", """
            apiVersion: apps/v1
            kind: Deployment
            metadata: { name: web }
            spec:
              selector: { matchLabels: { app: web } }
              template:
                metadata: { labels: { app: web } }
                spec:
                  containers: [{ name: main, image: "{{ .Values.image }}{{ if .Values.image }}{{ .Values.auth.token }}{{ else }}registry.example.com/web:1{{ end }}" }]
            """),
    ];

    [GeneratedRegex(@"\{\**(\w+)(:\w+)?\}")]
    private static partial Regex Parameter();

    [Fact]
    public async Task A_secret_that_went_in_comes_out_nowhere()
    {
        var canaries = new Canaries();
        string password = canaries.New("password"), token = canaries.New("token"), kubeconfig = canaries.New("kubeconfig"), source = canaries.New("source"), draft = canaries.New("draft"), login = canaries.New("login"), property = canaries.New("property");
        var traces = new ConcurrentQueue<string>();
        using var listener = new ActivityListener { ShouldListenTo = _ => true, Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded, ActivityStopped = a => traces.Enqueue(Text(a)) };
        ActivitySource.AddActivityListener(listener);

        var seen = new StringBuilder();
        var cluster = await ReadAsync<Cluster>(await PostAsync(portal.Admin, "clusters", new AddClusterRequest(
            "canary-cluster", ClusterKind.Kubeconfig, ClusterEnvironment.Test,
            $"apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:1'}}}}]\nusers: [{{name: u, user: {{token: {kubeconfig}}}}}]\ncontexts: [{{name: x, context: {{cluster: c, user: u}}}}]\ncurrent-context: x\n")));
        seen.AppendLine(await TextAsync(PostAsync(portal.Admin, $"clusters/{cluster.Id}/check", new { })));
        seen.AppendLine(await TextAsync(PostAsync(portal.Admin, "chart-sources", new AddChartSourceRequest("canary-source", ChartSourceKind.Http, "http://127.0.0.1:1", "user", source))));

        var release = await TestRelease.PrepareAsync(portal, $"database:\n  password: {password}\nauth:\n  token: \"{token}\"\njdbc: jdbc:mysql://iomete:{login}@db/x\nconf: |\n  level=info\n  fs.s3a.secret.key={property}\n", Files);
        // A draft goes back to its writer alone, and as it was typed.
        await portal.Admin.PutAsJsonAsync($"{Routes.Api}/releases/{release.Id}/values/draft", new ValuesDraft($"database:\n  password: {draft}\n", 1), Json);
        var install = await StartAsync(portal.Operator, await release.PlanAsync(new CreatePlanRequest(OperationKind.Install)));
        var followed = await LiveLog.FollowAsync(portal, install.Id, TestContext.Current.CancellationToken);
        Assert.Equal(OperationState.Succeeded, (await EndAsync(portal.Viewer, install.Id)).State);
        Assert.Equal(3, followed.Lines.Count(l => l.Line.Source == "Job/talk" && Regex.IsMatch(l.Line.Text, @" \[hidden\] \[hidden\] \S*\[hidden\]\S*$")));

        // A failing upgrade whose cause, events and history quote the secret, and plans whose errors do.
        await release.UploadAsync("2.0.0", [.. Files.Where(f => f.Item1 != "values.yaml"), ("values.yaml", "image: \"registry.example.com/broken:\"\n")]);
        await release.UploadAsync("3.0.0", [.. Files, ("templates/fail.yaml", "{{ fail (printf \"cannot use %s\" .Values.database.password) }}\n")]);
        await release.UploadAsync("4.0.0", [.. Files, ("templates/odd.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: odd, labels: {of: \"not {{ .Values.database.password }}\"}}\n")]);
        var upgrade = await StartAsync(portal.Operator, await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "2.0.0", Options: new PlanOptionsRequest(GraceSeconds: 2))));
        var failing = await LiveLog.FollowAsync(portal, upgrade.Id, TestContext.Current.CancellationToken);
        var ended = await EndAsync(portal.Viewer, upgrade.Id);
        Assert.Equal(OperationState.RolledBack, ended.State);
        Assert.Contains("broken:[hidden]", ended.Failure!.Cause, StringComparison.Ordinal);
        var failed = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "3.0.0"));
        Assert.Contains("cannot use [hidden]", failed.Error, StringComparison.Ordinal);
        var refused = await release.PlanAsync(new CreatePlanRequest(OperationKind.Upgrade, "4.0.0"));
        Assert.Contains(refused.Findings, f => f.Level == FindingLevel.Blocker && f.Message.Contains("[hidden]", StringComparison.Ordinal));

        // Problems.
        var masked = (await GetAsync<ValuesRevision>(portal.Viewer, $"releases/{release.Id}/values/1")).Text;
        Assert.Contains("__portal_secret:", masked, StringComparison.Ordinal);
        seen.AppendLine(await TextAsync(PostAsync(portal.Operator, $"releases/{release.Id}/values/preview", new PreviewValuesRequest(masked, "3.0.0"))));
        seen.AppendLine(await TextAsync(PostAsync(portal.Operator, $"releases/{release.Id}/values/preview", new PreviewValuesRequest(masked + "\n- odd\n"))));
        seen.AppendLine(await TextAsync(PostAsync(portal.Operator, $"plans/{refused.Id}/operations", new StartOperationRequest("try it"))));
        seen.AppendLine(await TextAsync(PostAsync(portal.Operator, $"plans/{failed.Id}/operations", new StartOperationRequest("try it"))));
        seen.AppendLine(await TextAsync(PostAsync(portal.Operator, "releases", new AddReleaseRequest(AddReleaseMode.Adopt, (await portal.SandboxAsync()).Id, release.Name, release.Name, (await portal.SampleAsync()).SourceId, "iomete-dataplane"))));
        canaries.AreNotIn(seen.ToString(), "a problem");
        canaries.AreNotIn(string.Concat(followed.Frames.Concat(failing.Frames)), "a frame of the hub");

        var walked = 0;
        foreach (var path in await PathsAsync(release, cluster.Id))
        {
            foreach (var role in new[] { Role.Viewer, Role.Operator, Role.Approver })
            {
                var answer = await portal.As(role).GetAsync(path);
                canaries.AreNotIn(await answer.Content.ReadAsStringAsync(), $"GET {path} as {role}");
                walked += answer.IsSuccessStatusCode ? 1 : 0;
            }
        }

        Assert.True(walked > 60, $"only {walked} answers were looked at");
        canaries.AreNotIn(await portal.Admin.GetStringAsync("/metrics"), "the metrics");
        Assert.Contains(traces, t => t.Contains("operation.id", StringComparison.Ordinal));
        canaries.AreNotIn(string.Join('\n', traces), "a trace");

        var stored = await Canaries.DatabaseAsync(portal);
        Assert.Contains(stored, s => s.Text.Contains(Marker, StringComparison.Ordinal));
        Assert.True(stored.Select(s => s.Place.Split('.')[0]).Distinct().Count() > 10);
        Assert.All(stored, s => canaries.AreNotIn(s.Text, s.Place));
        foreach (var file in Directory.EnumerateFiles(portal.DataDirectory, "portal.db*"))
        {
            // Also what SQLite has deleted and not yet overwritten.
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy);
            canaries.AreNotIn(Encoding.Latin1.GetString(copy.ToArray()), Path.GetFileName(file));
        }
    }

    private static string Text(System.Diagnostics.Activity activity) =>
        $"{activity.DisplayName} {activity.StatusDescription} {string.Join(' ', activity.TagObjects.Select(t => $"{t.Key}={t.Value}"))} {string.Join(' ', activity.Events.SelectMany(e => e.Tags.Select(t => $"{e.Name} {t.Key}={t.Value}")))}";

    private static async Task<string> TextAsync(Task<HttpResponseMessage> answer) => await (await answer).Content.ReadAsStringAsync();

    // Every GET route, with everything of this release in the place of its parameters.
    private async Task<List<string>> PathsAsync(TestRelease release, string clusterId)
    {
        var sample = await portal.SampleAsync();
        var plans = (await release.OperationsAsync()).Select(o => o.PlanId).ToArray();
        var uploaded = (await GetAsync<Release>(portal.Viewer, $"releases/{release.Id}")).SourceId;
        var pods = (await GetAsync<ReleaseStatusReport>(portal.Viewer, $"releases/{release.Id}/status")).Resources.Where(n => n.Kind == "Pod").Select(n => n.Name).ToArray();
        var backups = (await GetAsync<Page<Backup>>(portal.Viewer, $"releases/{release.Id}/backups")).Items.Select(b => b.Id).ToArray();
        Assert.True(plans.Length == 2 && pods.Length > 0 && backups.Length > 0);
        IEnumerable<string> Values(string path, string parameter) => (path.Split('/')[3], parameter) switch
        {
            ("clusters", "id") => [clusterId, sample.ClusterId],
            ("releases", "id") => [release.Id],
            ("plans", "id") => plans,
            ("operations", "id") => [.. release.OperationsAsync().Result.Select(o => o.Id)],
            ("backups", "id") => backups,
            (_, "n") => ["1", "2", "3"],
            (_, "pod") => pods,
            (_, "source") => [uploaded],
            (_, "name") => [release.Name],
            (_, "version") => ["1.0.0", "2.0.0"],
            _ => throw new InvalidOperationException($"say what to put for {parameter} of {path}"),
        };

        IEnumerable<string> Fill(string path) => Parameter().Match(path) is { Success: true } match
            ? Values(path, match.Groups[1].Value).SelectMany(v => Fill(path.Replace(match.Value, v, StringComparison.Ordinal)))
            : [path.EndsWith("/diff", StringComparison.Ordinal) ? path + "?from=1&to=1" : path];
        return
        [
            .. portal.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                .Where(e => e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") == true && e.Metadata.GetMetadata<PermissionMetadata>() is not null)
                .Select(e => "/" + e.RoutePattern.RawText!.TrimStart('/')).Where(p => p.StartsWith("/api/", StringComparison.Ordinal) && !p.Contains("{**", StringComparison.Ordinal)).Distinct().SelectMany(Fill),
        ];
    }
}
