using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Portal.Core;
using Portal.Core.Catalog;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Charts;
using Portal.Helm.Releases;
using Portal.Helm.Rendering;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Plans.Checks;
using Portal.Testing;

namespace Portal.Server.Tests.Plans;

/// <summary>Checks that vendors declare as data. They were read nowhere: a chart could ask for nothing but a Kubernetes version.</summary>
public sealed class VendorCheckTests(PortalServer portal)
{
    private const string Values = "replicas: 3\nstorage: {type: minio, size: 8Gi}\nlist: [{name: a, live: true}, {name: b}]\nempty: ''\ndb: {password: x1x1x1x1}\nversion: 1.10.0\n"
        + "url: 'postgres://app:hidden-1x@db:5432/app'\nenv: [{name: DB_PASSWORD, value: hidden-2x}]\nextra: [{kind: Secret, stringData: {foo: hidden-3x}}]\nkind: password\n";

    [Theory]
    [InlineData("field: values.replicas, operator: '>=', value: 3", true)]
    [InlineData("field: values.replicas, operator: '>', value: 3", false)]
    [InlineData("field: values.replicas, operator: '=', value: 3", true)]
    [InlineData("field: values.replicas, operator: '=', value: '3'", true)]
    [InlineData("field: values.replicas, operator: '!=', value: 3", false)]
    [InlineData("field: values.storage.size, operator: '<', value: 10Gi", true)]
    [InlineData("field: values.storage.size, operator: '<=', value: 4096Mi", false)]
    [InlineData("field: values.storage.type, operator: '<', value: 3", false)]
    [InlineData("field: values.version, operator: '>', value: 1.9.0", true)]
    [InlineData("field: values.version, operator: satisfies, value: '>=1.9 <2'", true)]
    [InlineData("field: values.storage.type, operator: in, value: [s3, minio]", true)]
    [InlineData("field: values.storage.type, operator: not in, value: [s3, minio]", false)]
    [InlineData("field: values.storage.type, operator: matches, value: '^mini'", true)]
    [InlineData("field: values.storage.type, operator: not matches, value: '^mini'", false)]
    [InlineData("field: values.storage.type, operator: contains, value: ini", true)]
    [InlineData("field: values.storage, operator: contains, value: size", true)]
    [InlineData("field: values.storage.type, operator: exists", true)]
    [InlineData("field: values.empty, operator: exists", false)]
    [InlineData("field: values.empty, operator: absent", true)]
    [InlineData("field: values.nowhere.at.all, operator: absent", true)]
    [InlineData("field: values.nowhere, operator: '!=', value: a", true)]
    [InlineData("field: values.nowhere, operator: '=', value: a", false)]
    [InlineData("field: 'values.list[name=a].live', operator: '=', value: true", true)]
    [InlineData("field: 'values.list[*].name', operator: '=', value: b", true)]
    [InlineData("field: 'values.list[*].name', operator: '!=', value: b", false)]
    [InlineData("field: 'values.list[1].name', operator: '=', value: b", true)]
    [InlineData("field: values.list.0.name, operator: '=', value: b", false)]
    [InlineData("field: values.db.password, operator: '!=', value: changeit", true)]
    [InlineData("field: cluster.version, operator: '>=', value: 1.31", true)]
    [InlineData("field: cluster.version, operator: '<', value: '1.31.2'", false)]
    [InlineData("field: cluster.version, operator: satisfies, value: '>=1.27 <1.31'", false)]
    [InlineData("field: api.apps/v1, operator: exists", true)]
    [InlineData("field: api.cert-manager.io/v1/Certificate, operator: exists", false)]
    [InlineData("field: chart.version, operator: '>=', value: 1.9.9", true)]
    [InlineData("field: release.chartVersion, operator: absent", true)]
    [InlineData("field: release.namespace, operator: '=', value: x", true)]
    [InlineData("field: values.replicas, operator: '>', value: 3, when: {field: values.storage.type, operator: '=', value: s3}", true)]
    [InlineData("field: values.replicas, operator: '>', value: 3, when: [{field: values.storage.type, operator: '=', value: minio}]", false)]
    [InlineData("field: values.replicas, operator: '>', value: 3, versions: '>=3.0.0'", true)]
    [InlineData("field: values.replicas, operator: '>', value: 3, for: upgrade", true)]
    public async Task A_check_is_a_finding_when_it_is_not_met(string check, bool met)
    {
        var findings = await RunAsync(check);
        if (met)
        {
            Assert.Empty(findings);
            return;
        }

        var finding = Assert.Single(findings);
        Assert.Equal(("vendor-check", FindingLevel.Warning), (finding.Code, finding.Level));
        Assert.StartsWith("The chart demo (Acme) asks: So it has to be.", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_can_not_be_guessed_letter_by_letter()
    {
        var finding = Assert.Single(await RunAsync("field: values.db.password, operator: matches, value: '^x'"));
        Assert.Equal(FindingLevel.Note, finding.Level);
        Assert.Contains("is a secret", finding.Message, StringComparison.Ordinal);
        var other = Assert.Single(await RunAsync("field: values.db.password, operator: '=', value: y"));
        Assert.DoesNotContain("x1x1", other.Message, StringComparison.Ordinal);
    }

    /// <summary>Only the written path was looked at: parts of texts, neighbours' names and steps that come from values could be guessed.</summary>
    [Theory]
    [InlineData("field: values.url, operator: matches, value: 'app:h'")]
    [InlineData("field: values.url, operator: contains, value: 'app:h'")]
    [InlineData("field: 'values.env[name=DB_PASSWORD].value', operator: not matches, value: '^h'")]
    [InlineData("field: 'values.env[*].value', operator: matches, value: '^h'")]
    [InlineData("field: 'values.extra[0].stringData.foo', operator: '<', value: i")]
    [InlineData("field: 'values.db.{values.kind}', operator: matches, value: '^x'")]
    public async Task A_secret_is_not_guessed_in_whatever_way_it_is_named(string check) => Assert.Contains("is a secret", Assert.Single(await RunAsync(check)).Message, StringComparison.Ordinal);

    /// <summary>The name of an object showed an address with its password.</summary>
    [Fact]
    public async Task A_secret_fills_no_name()
    {
        var finding = Assert.Single(await RunAsync("field: object, object: {apiVersion: v1, kind: ConfigMap, name: '{values.url}'}, operator: exists"));
        Assert.DoesNotContain("hidden", finding.ToString(), StringComparison.Ordinal);
    }

    /// <summary>The ban looked for the word "data", and a step may come from the values: any Secret could be read letter by letter.</summary>
    [Theory]
    [InlineData("object.{values.word}.key", "not matches", "^a")]
    [InlineData("object.{values.word}.key", "=", "YQ==")]
    [InlineData("object.metadata.annotations.note", "matches", "^h")]
    public async Task A_Secret_of_the_cluster_is_not_guessed(string field, string verb, string value)
    {
        var release = await TestRelease.PrepareAsync(
            portal, "word: data\n", ("checks.yaml", $"checks:\n- {{field: '{field}', operator: {verb}, value: '{value}', object: {{apiVersion: v1, kind: Secret, name: theirs}}, level: warning, message: Guessed}}\n"),
            ("templates/a.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: theirs, annotations: {note: hush}}\ndata: {key: YQ==}\n"));
        var finding = Assert.Single((await release.PlanAsync(new CreatePlanRequest(OperationKind.Install, Options: TestRelease.Quick))).Findings, f => f.Code == "vendor-check");
        Assert.Equal(FindingLevel.Note, finding.Level);
        Assert.Contains("is a secret there", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("field: values.a, operator: '=>', value: 1", "checks[0].operator", "\"=>\" is no operator")]
    [InlineData("field: values.a, operator: exist", "checks[0].operator", "Did you mean \"exists\"?")]
    [InlineData("field: value.a, operator: exists", "checks[0].field", "Did you mean \"values\"?")]
    [InlineData("field: cluster.nodes, operator: exists", "checks[0].field", "below cluster there are version")]
    [InlineData("field: values.a, operator: exists, level: blockr", "checks[0].level", "Did you mean \"blocker\"?")]
    [InlineData("field: values.a, operator: '='", "checks[0].value", "compares with a text")]
    [InlineData("field: values.a, operator: in, value: b", "checks[0].value", "compare with a list")]
    [InlineData("field: values.a, operator: matches, value: '('", "checks[0].value", "no regular expression")]
    [InlineData("field: values.a, operator: satisfies, value: soon", "checks[0].value", "no range of versions")]
    [InlineData("field: values.a, operator: exists, versions: soon", "checks[0].versions", "no range of versions")]
    [InlineData("field: values.a, operator: exists, for: [instal]", "checks[0].for[0]", "Did you mean \"install\"?")]
    [InlineData("field: values.a, operator: exists, mesage: x", "checks[0].mesage", "Did you mean \"message\"?")]
    [InlineData("field: object.spec, operator: exists", "checks[0].field", "needs object")]
    [InlineData("field: object.spec, operator: exists, object: {apiVersion: v1, kind: Secret}", "checks[0].object.name", "apiVersion, kind and name")]
    [InlineData("field: object.data.password, operator: '=', value: a, object: {apiVersion: v1, kind: Secret, name: a}", "checks[0].operator", "whether a key exists")]
    [InlineData("field: 'values.a[', operator: exists", "checks[0].field", "no step of a path")]
    public void What_is_wrong_in_a_check_is_named_with_line_and_key(string check, string key, string says)
    {
        var level = check.Contains("level:", StringComparison.Ordinal) ? "" : ", level: note";
        var problems = new List<PackProblem>();
        Assert.Empty(VendorChecks.Read($"# a comment\nchecks:\n- {{{check}{level}, message: m}}\n", problems));
        Assert.Contains(problems, p => p.Key == key && p.Line == 3 && p.Message.Contains(says, StringComparison.Ordinal));
    }

    [Fact]
    public void The_operators_pack_comes_before_the_chart_and_only_with_checks_for_the_version()
    {
        static string Check(string message, string more = "") => $"checks:\n- {{field: values.a, operator: exists, level: note, message: {message}{more}}}\n";
        var chart = TestChart.Make("x", "2.0.0", (VendorChecks.FileName, Check("chart")), (ReleasePack.FileName, "name: carried\ncharts: [x]\n" + Check("carried")));
        static ReleasePack Pack(string name, string checks) => ReleasePack.Read($"name: {name}\nvendor: Acme\ncharts: [x]\n{checks}");
        static string Said(ReleaseFacts facts, Chart of) => string.Join(", ", facts.Checks(of, OperationKind.Upgrade, "1.0.0") is var d ? d.Checks.Select(c => $"{c.Message} by {d.By}") : []);
        Assert.Equal("ours by release pack ours (Acme)", Said(new ReleaseFacts([Pack("ours", Check("ours"))], [Pack("feed", Check("feed"))], []), chart));
        Assert.Equal("chart by chart x", Said(new ReleaseFacts([Pack("ours", Check("ours", ", versions: '>=3.0.0'"))], [Pack("feed", Check("feed"))], []), chart));
        Assert.Equal("feed by release pack feed (Acme)", Said(new ReleaseFacts([], [Pack("feed", Check("feed"))], []), TestChart.Make("x", "2.0.0")));
        // What stands in a version counts for those who pass it.
        var inVersion = Pack("ours", "versions:\n- {version: \"1.5.0\", checks: [{field: values.a, operator: exists, level: note, message: passed}]}\n- {version: \"2.5.0\", checks: [{field: values.a, operator: exists, level: note, message: later}]}\n");
        Assert.Equal("passed by release pack ours (Acme)", Said(new ReleaseFacts([inVersion], [], []), chart));
        Assert.Equal("carried by chart x", Said(new ReleaseFacts([], [], []), TestChart.Make("x", "2.0.0", (ReleasePack.FileName, "name: carried\ncharts: [x]\n" + Check("carried")))));
    }

    /// <summary>"verisons:" was ignored: the pack was saved, and said nothing.</summary>
    [Theory]
    [InlineData("verisons:\n- {version: 1.0.0}\n", 3, "verisons", "Did you mean \"versions\"?")]
    [InlineData("versions:\n- version: 1.0.0\n  change: []\n", 5, "versions[0].change", "Did you mean \"changes\"?")]
    [InlineData("versions:\n- version: 1.0.0\n  steps:\n  - {kind: job, text: t,\n     manifets: x}\n", 7, "versions[0].steps[0].manifets", "Did you mean \"manifest\"?")]
    [InlineData("versions: {version: 1.0.0}\n", 3, "versions", "here a list is expected")]
    [InlineData("migrations:\n- {version: 1.0.0, kind: remove, form: a, from: a}\n", 4, "migrations[0].form", "Did you mean \"from\"?")]
    [InlineData("checks:\n- {field: values.a, operator: exists, level: bad, message: m}\n", 4, "checks[0].level", "\"bad\" is no level")]
    public async Task A_slip_in_a_pack_is_refused_with_its_line_and_the_nearest_key(string text, int line, string key, string says)
    {
        var name = "slip-" + Guid.NewGuid().ToString("N")[..8];
        var answer = await portal.Operator.PutAsJsonAsync($"{Routes.Api}/release-packs/{name}", new SaveReleasePackRequest($"name: {name}\ncharts: [x]\n{text}"), PortalServer.Json);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        var problem = (await answer.Content.ReadFromJsonAsync<JsonElement>())!;
        Assert.Equal((line, key), (problem.GetProperty("line").GetInt32(), problem.GetProperty("key").GetString()));
        Assert.Contains(says, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_says_what_the_chart_asks_for_and_what_of_its_files_cannot_be_used()
    {
        var own = new OwnChart(portal);
        var config = ("templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n");
        await own.UploadAsync("1.0.0", config);
        await own.UploadAsync(
            "2.0.0", config,
            ("checks.yaml", """
                checks:
                - { field: storageClass.nowhere, operator: exists, level: blocker, message: Make the class first }
                - { field: nodes.count, operator: ">=", value: 1, level: blocker, message: A node }
                - { field: nodes.count, operator: ">=", value: 1000, level: note, message: Many nodes }
                - object: { apiVersion: v1, kind: ConfigMap, name: a }
                  field: object.data.a
                  operator: "="
                  value: b
                  level: blocker
                  message: What the plan makes is there
                - object: { apiVersion: v1, kind: Secret, name: "{values.auth}" }
                  field: object.data.token
                  operator: exists
                  level: warning
                  message: The token is missing
                - field: values.a
                  operator: exsists
                  level: blocker
                  message: never silently ignored
                """),
            ("release-pack.yaml", "name: NAME\ncharts: [NAME]\nverisons: []\n"));
        await own.InstallAsync("1.0.0", "auth: nothing-here\n");
        var plan = await own.PlanUpgradeAsync("2.0.0");
        Assert.True(plan.State == PlanState.Ready, plan.Error);
        Assert.Equal(
            [$"Blocker The chart {own.Name} asks: Make the class first. storageClass.nowhere is not there.", $"Note The chart {own.Name} asks: Many nodes. nodes.count is", $"Warning The chart {own.Name} asks: The token is missing. object.data.token of Secret/nothing-here is not there."],
            plan.Findings.Where(f => f.Code == "vendor-check").OrderBy(f => f.Level.ToString(), StringComparer.Ordinal).Select(f => $"{f.Level} {f.Message}"), Comparer);
        var slip = Assert.Single(plan.Findings, f => f.Code == "release-pack");
        Assert.Equal(FindingLevel.Warning, slip.Level);
        Assert.Contains("checks.yaml: line 17, checks[5].operator: \"exsists\" is no operator", slip.Message, StringComparison.Ordinal);
        Assert.Contains("release-pack.yaml: line 3, verisons: ", slip.Message, StringComparison.Ordinal);
        Assert.Contains(plan.Findings, f => f is { Code: "vendor-check", Level: FindingLevel.Blocker });
    }

    [Fact]
    public void The_sample_charts_and_the_documentation_can_be_read()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Sample"), VendorChecks.FileName, SearchOption.AllDirectories))
        {
            var problems = new List<PackProblem>();
            Assert.Equal(3, VendorChecks.Read(File.ReadAllText(file), problems).Count);
            Assert.Empty(problems);
        }

        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "docs", "formats", "release-packs.md")))
        {
            folder = folder.Parent;
        }

        var examples = File.ReadAllText(Path.Combine(folder.FullName, "docs", "formats", "release-packs.md")).Split("```").Where(t => t.StartsWith("yaml\n", StringComparison.Ordinal)).Select(t => t[5..]).ToArray();
        Assert.Equal(2, examples.Length);
        Assert.Single(ReleasePack.Read(examples[0]).Checks);
        var wrong = new List<PackProblem>();
        Assert.Equal(5, VendorChecks.Read(examples[1], wrong).Count);
        Assert.Empty(wrong);
    }

    // What was found may be counted differently by another cluster.
    private static readonly EqualityComparer<string> Comparer = EqualityComparer<string>.Create((a, b) => b!.StartsWith(a!, StringComparison.Ordinal) || a!.StartsWith(b, StringComparison.Ordinal), _ => 0);

    private static async Task<IReadOnlyList<Finding>> RunAsync(string check)
    {
        var chart = TestChart.Make("demo", "2.0.0", (VendorChecks.FileName, $"checks:\n- {{{check}, level: warning, message: So it has to be}}\n"), ("values.yaml", Values));
        chart = chart with { Metadata = chart.Metadata with { Maintainers = [new Maintainer("Acme", "", "")] } };
        var target = new Release { Name = "demo", Namespace = "x", Version = 1, Chart = chart, Manifest = "", Info = new ReleaseInfo() };
        var declared = new ReleaseFacts([], [], []).Checks(chart, OperationKind.Install, null);
        Assert.Empty(declared.Problems);
        return await VendorCheckRun.OfAsync(
            new CheckInput(
                OperationKind.Install, new PlanOptions(), new PreparedAction { Kind = ActionKind.Install, Target = target, Options = new ActionOptions(), Base = BaseState.None }, [], [],
                new Capabilities("v1.31.2-gke.100", ["v1/Pod", "apps/v1/Deployment"]), null!, DateTimeOffset.UnixEpoch, declared), CancellationToken.None);
    }
}
