using System.Text;
using Portal.Core.Values;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Values;

namespace Portal.Server.Tests.Values;

/// <summary>The report on 49 real changes, each in a chart pair with everything else that changed in the same bump.</summary>
public sealed class OverrideReportTests(ITestOutputHelper output)
{
    public static TheoryData<string> Rows => [.. RealBumps.Rows.Select(r => r.Id)];

    private static OverrideResult Report(string pair, TemplateStyle style, bool withMigrations, string? values = null)
    {
        var (old, now) = RealBumps.Charts(pair, style, withMigrations);
        var migrations = ValueMigrations.Between(ValueMigrations.Of(now), old.Metadata.Version, now.Metadata.Version);
        return OverrideRules.Of(new OverrideInput(old, now, values ?? RealBumps.Overrides(pair), 1, migrations, new ReleaseOptions("data-plane", "iomete-system", 2, true), Capabilities.Default, new ChartRenderer()));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void OverrideReport_with_a_migrations_file_is_right_about(string id)
    {
        var row = RealBumps.Rows.Single(r => r.Id == id);
        foreach (var style in Enum.GetValues<TemplateStyle>())
        {
            var report = Report(row.Pair, style, withMigrations: true).Report;
            var byPath = report.Keys.ToDictionary(k => k.Path);
            if (row.Kind is MigrationKind.ChartRename or MigrationKind.ChartRemove)
            {
                Assert.Contains(report.ChartNotes, n => n.Contains(row.Keys[0].Old!, StringComparison.Ordinal) && n.Contains(row.Note, StringComparison.Ordinal));
            }

            foreach (var key in row.Keys.Where(k => row.Kind is not (MigrationKind.ChartRename or MigrationKind.ChartRemove)))
            {
                // An override of a table is reported by the keys inside it.
                var path = key.Old is null ? key.New! : key.OldDefault is Dictionary<string, object?> ? key.Old + ".mine" : key.Old;
                switch (row.Kind)
                {
                    case MigrationKind.Add:
                        Assert.False(byPath.GetValueOrDefault(path)?.IsAlarm == true, $"{style}: {byPath.GetValueOrDefault(path)}");
                        break;
                    case MigrationKind.Remove:
                        Assert.Equal((OverrideVerdict.Dead, OverrideBasis.Migrations), (byPath[path].Verdict, byPath[path].Basis));
                        break;
                    case MigrationKind.Default:
                        Assert.Equal(OverrideVerdict.DefaultChanged, byPath[path].Verdict);
                        Assert.Contains(Report(row.Pair, style, withMigrations: true, "{}").Report.Keys, k => k.Path == path && k is { Verdict: OverrideVerdict.UnsetDefaultChanged, IsAlarm: true });
                        break;
                    case MigrationKind.Meaning:
                        Assert.Equal(OverrideVerdict.MeaningChanged, byPath[path].Verdict);
                        break;
                    default:
                        Assert.Equal((OverrideVerdict.Renamed, key.OldDefault is Dictionary<string, object?> ? key.New + ".mine" : key.New), (byPath[path].Verdict, byPath[path].NewPath));
                        break;
                }
            }
        }
    }

    [Fact]
    public void OverrideReport_by_evidence_alone_finds_nine_of_ten_and_is_right_nine_times_of_ten()
    {
        var total = new Count();
        var byStyle = new Dictionary<TemplateStyle, Count>();
        foreach (var style in Enum.GetValues<TemplateStyle>())
        {
            var count = byStyle[style] = new Count();
            foreach (var pair in RealBumps.Rows.Select(r => r.Pair).Distinct())
            {
                Measure(pair, style, count);
            }

            output.WriteLine($"{style}: recall {count.Recall:P1} ({count.Found}/{count.True}), precision {count.Precision:P1} ({count.Found}/{count.Alarms}), live keys called dead {count.LiveCalledDead} of {count.Live}, alarms on what stays {count.Quiet} of {count.Live}");
            foreach (var miss in count.Misses)
            {
                output.WriteLine($"  {miss}");
            }

            total.Add(count);
        }

        output.WriteLine($"all: recall {total.Recall:P1}, precision {total.Precision:P1}");
        foreach (var (style, count) in byStyle)
        {
            Assert.True(count.Recall >= 0.9, $"{style}: recall {count.Recall:P1}");
            Assert.True(count.Precision >= 0.9, $"{style}: precision {count.Precision:P1}");
            Assert.Equal(0, count.LiveCalledDead);
            Assert.True(count.Quiet * 50 <= count.Live, $"{style}: {count.Quiet} alarms on {count.Live} keys that stay");
        }
    }

    [Fact]
    public void OverrideReport_of_a_bump_that_changes_nothing_is_silent()
    {
        foreach (var style in Enum.GetValues<TemplateStyle>())
        {
            var (old, _) = RealBumps.Charts("1.9.2 > 1.10.0", style, withMigrations: false);
            var now = old with { Metadata = old.Metadata with { Version = "1.9.3" } };
            var report = OverrideRules.Of(new OverrideInput(old, now, RealBumps.Overrides("1.9.2 > 1.10.0"), 1, [], new ReleaseOptions("data-plane", "iomete-system"), Capabilities.Default, new ChartRenderer())).Report;
            Assert.DoesNotContain(report.Keys, k => k.IsAlarm);
            Assert.True(report.Keys.Count > 50);
        }
    }

    private static OverrideReport Between(string oldValues, string oldTemplate, string newValues, string newTemplate, string overrides)
    {
        static Chart Made(string version, string values, string templates) => ChartLoader.Load(
        [
            new ChartFile("Chart.yaml", Encoding.UTF8.GetBytes($"apiVersion: v2\nname: proxy\nversion: {version}\n")),
            new ChartFile("values.yaml", Encoding.UTF8.GetBytes(values)),
            .. templates.Split("---\n").Select((t, i) => new ChartFile($"templates/{i}.yaml", Encoding.UTF8.GetBytes(t))),
        ]);
        return OverrideRules.Of(new OverrideInput(Made("1.0.0", oldValues, oldTemplate), Made("2.0.0", newValues, newTemplate), overrides, 1, [], new ReleaseOptions("proxy", "ns"), Capabilities.Default, new ChartRenderer())).Report;
    }

    // Only what the vendor wrote in the templates says that the old name still works.
    [Fact]
    public void OverrideReport_leaves_an_old_name_alone_that_the_chart_still_honours()
    {
        const string New = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: keys\n{{- with (mergeOverwrite (deepCopy .Values.configs.gpg.keys) (.Values.configs.gpgKeys | default dict)) }}\ndata:\n  {{- toYaml . | nindent 2 }}\n{{- end }}\n{{- fail \"not with these values\" }}\n";
        var report = Between("configs: {gpgKeys: {}}", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: keys\ndata:\n  {{- toYaml .Values.configs.gpgKeys | nindent 2 }}\n", "configs: {gpg: {keys: {}}}", New, "configs:\n  gpgKeys:\n    mine: abc\n");
        Assert.Equal(OverrideVerdict.Effective, Assert.Single(report.Keys, k => k.Path == "configs.gpgKeys.mine").Verdict);
    }

    // The names below are the same in both tables, so the tables have to be told apart: logs.access became accessLog, logs.general became log.
    [Fact]
    public void OverrideReport_keeps_the_keys_of_a_section_that_moved_together()
    {
        const string Below = "otlp: {enabled: false, serviceName: \"\", grpc: {endpoint: \"\", insecure: false, tls: {ca: \"\", cert: \"\", key: \"\"}}}";
        static string Read(string table, string flag) => $"{flag}: {{{{ .Values.{table}.format | quote }}}}\n{flag}-path: {{{{ .Values.{table}.filePath | quote }}}}\n{{{{- with .Values.{table}.otlp }}}}\n{flag}-otlp: {{{{ .enabled }}}}{{{{ .serviceName }}}}{{{{ .grpc.endpoint }}}}{{{{ .grpc.insecure }}}}{{{{ .grpc.tls.ca }}}}{{{{ .grpc.tls.cert }}}}{{{{ .grpc.tls.key }}}}\n{{{{- end }}}}\n";
        static string Template(string general, string access) => $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: logs\n{Read(general, "general")}{Read(access, "access")}{Read("tracing", "tracing")}{Read("metrics", "metrics")}";
        static string Table(string path, string below) => $"{path}: {{format: json, filePath: \"\", {below}}}";
        var others = $"{Table("tracing", Below)}\n{Table("metrics", Below)}\n";
        var report = Between(
            $"logs: {{{Table("general", Below)}, {Table("access", Below)}}}\n{others}", Template("logs.general", "logs.access"),
            $"{Table("log", Below)}\n{Table("accessLog", Below)}\n{others}", Template("log", "accessLog"),
            "logs:\n  general: {otlp: {serviceName: a, grpc: {endpoint: b, tls: {ca: c}}}}\n  access: {otlp: {serviceName: d, grpc: {endpoint: e, tls: {ca: f}}}}\n");
        Assert.Equal(6, report.Keys.Count(k => k.Path.StartsWith("logs.", StringComparison.Ordinal)));
        Assert.All(report.Keys.Where(k => k.Path.StartsWith("logs.", StringComparison.Ordinal)), k => Assert.Equal(
            k.Path.Replace("logs.general", "log", StringComparison.Ordinal).Replace("logs.access", "accessLog", StringComparison.Ordinal), k.NewPath));
    }

    // One program lost its probe in the version in which another one got one: same keys, same defaults, same comments.
    [Fact]
    public void OverrideReport_does_not_move_one_programs_usual_settings_to_another()
    {
        const string Probe = "livenessProbe:\n    # Minimum consecutive failures\n    failureThreshold: 3\n    # Number of seconds before it begins\n    initialDelaySeconds: 10\n";
        static string Program(string name, bool probe) => $"{name}:\n  image: {name}\n{(probe ? "  " + Probe : "")}";
        static string Template(params string[] probes) => string.Concat(new[] { "controller", "server", "repo", "dex", "sets" }.Select(n =>
            $"---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {n}\nspec:\n  image: {{{{ .Values.{n}.image }}}}\n{(probes.Contains(n) ? $"  failureThreshold: {{{{ .Values.{n}.livenessProbe.failureThreshold }}}}\n  initialDelaySeconds: {{{{ .Values.{n}.livenessProbe.initialDelaySeconds }}}}\n" : "")}"));
        var report = Between(
            Program("controller", true) + Program("server", true) + Program("repo", true) + Program("dex", true) + Program("sets", false), Template("controller", "server", "repo", "dex"),
            Program("controller", false) + Program("server", true) + Program("repo", true) + Program("dex", true) + Program("sets", true), Template("server", "repo", "dex", "sets"),
            "controller: {livenessProbe: {failureThreshold: 5, initialDelaySeconds: 20}}\n");
        Assert.All(report.Keys.Where(k => k.Path.StartsWith("controller.", StringComparison.Ordinal)), k => Assert.Equal(OverrideVerdict.Dead, k.Verdict));
    }

    private const string AllValues = "apiVersion: v1\nkind: Secret\nmetadata: {name: all}\nstringData:\n  application.yaml: |\n{{ toYaml .Values | indent 4 }}\n";

    private static string? Successor(OverrideReport report, string path) => Assert.Single(report.Keys, k => k.Path == path).NewPath;

    // One Secret holds all values, so no template says which table is which: that the same leaves came with the same defaults does.
    [Fact]
    public void OverrideReport_knows_a_renamed_table_by_its_leaves_and_defaults()
    {
        const string Spark = "{driverMemory: 4g, executorMemory: 8g, executorCores: 4}";
        const string Mine = "spark: {driverMemory: 6g, executorMemory: 16g, executorCores: 6}\n";
        var report = Between($"spark: {Spark}\nname: x\n", AllValues, $"compute: {Spark}\nname: x\n", AllValues, Mine);
        Assert.Equal("compute.driverMemory", Successor(report, "spark.driverMemory"));
        Assert.Equal("compute.executorCores", Successor(report, "spark.executorCores"));

        // Two that fit equally: none is chosen.
        var both = Between($"spark: {Spark}\nname: x\n", AllValues, $"compute: {Spark}\nbatch: {Spark}\nname: x\n", AllValues, Mine);
        Assert.All(both.Keys.Where(k => k.Path.StartsWith("spark.", StringComparison.Ordinal)), k => Assert.Equal(OverrideVerdict.Dead, k.Verdict));
    }

    [Fact]
    public void OverrideReport_moves_what_was_added_to_a_table_with_the_table()
    {
        static string Template(string table) => $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: listeners}}\ndata:\n{{{{- range $name, $l := .Values.{table} }}}}\n  {{{{ $name }}}}: \"{{{{ $l.port }}}} {{{{ $l.tls }}}}\"\n{{{{- end }}}}\n";
        const string Below = "{plain: {port: 2525, tls: false}, submission: {port: 5587, tls: true}}";
        var report = Between($"smtpd: {{listeners: {Below}}}\n", Template("smtpd.listeners"), $"smtpd: {{endpoints: {Below}}}\n", Template("smtpd.endpoints"), "smtpd: {listeners: {plain: {port: 26}, smtps: {port: 465, tls: true}}}\n");
        Assert.Equal("smtpd.endpoints.plain.port", Successor(report, "smtpd.listeners.plain.port"));
        Assert.Equal("smtpd.endpoints.smtps.port", Successor(report, "smtpd.listeners.smtps.port"));
    }

    // What is required and not set yet fails the whole render, and with it went all evidence of it.
    [Fact]
    public void OverrideReport_renders_with_a_stand_in_for_what_is_required()
    {
        static string Template(string key, string more) => $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  limit: {{{{ .Values.{key} | quote }}}}\n{more}";
        var report = Between("alpha: 7\nold: {beta: 3}\n", Template("alpha", ""), "gamma: 9\nold: {beta: 3}\nneeded: \"\"\n", Template("gamma", "  needed: {{ required \"needed is needed\" .Values.needed }}\n"), "alpha: 8\n");
        Assert.Equal("gamma", Successor(report, "alpha"));
        Assert.Contains(Assert.Single(report.Keys, k => k.Path == "alpha").Evidence, e => e.StartsWith("rendered with another value", StringComparison.Ordinal));
        Assert.Single(report.Keys, k => k is { Path: "needed", Verdict: OverrideVerdict.NewlyRequired });
    }

    [Fact]
    public void OverrideReport_merges_what_two_programs_had_into_the_one_key_that_came()
    {
        static string Template(string selector) => string.Concat(new[] { "web", "worker" }.Select(n => $"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {n}}}\nspec:\n  replicas: {{{{ .Values.{n}.replicas }}}}\n{{{{- with .Values.{string.Format(System.Globalization.CultureInfo.InvariantCulture, selector, n)} }}}}\n  nodeSelector: {{{{ toYaml . | nindent 4 }}}}\n{{{{- end }}}}\n"));
        var report = Between("web: {replicas: 2, nodeSelector: {}}\nworker: {replicas: 3, nodeSelector: {}}\n", Template("{0}.nodeSelector"), "web: {replicas: 2}\nworker: {replicas: 3}\nnodeSelector: {}\n", Template("nodeSelector"), "web: {nodeSelector: {pool: w}}\nworker: {nodeSelector: {pool: b}}\n");
        Assert.Equal("nodeSelector.pool", Successor(report, "web.nodeSelector.pool"));
        Assert.Equal("nodeSelector.pool", Successor(report, "worker.nodeSelector.pool"));
    }

    // The same variable, of a container before and of a ConfigMap now.
    [Fact]
    public void OverrideReport_follows_a_variable_from_a_workload_to_a_config_map()
    {
        const string Before = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      env:\n        - { name: SIGNUP, value: {{ .Values.allowSignup | quote }} }\n        - { name: ISSUER, value: {{ .Values.auth.issuerUrl | quote }} }\n";
        const string After = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  SIGNUP: {{ .Values.registration.open | quote }}\n  ISSUER: {{ .Values.authentication.oidc.issuer | quote }}\n";
        var report = Between("allowSignup: true\nauth: {issuerUrl: \"\"}\n", Before, "registration: {open: true}\nauthentication: {oidc: {issuer: \"\"}}\n", After, "allowSignup: false\nauth: {issuerUrl: \"https://i\"}\n");
        Assert.Equal("registration.open", Successor(report, "allowSignup"));
        Assert.Equal("authentication.oidc.issuer", Successor(report, "auth.issuerUrl"));
    }

    // Written out as it stands, the old key still reaches the file: that is no sign that the program still knows it.
    [Fact]
    public void OverrideReport_does_not_clear_a_key_that_only_travels_with_its_table()
    {
        const string Template = "{{- define \"mg.config\" -}}\nspam: {{ toJson .Values.spam }}\n{{- end -}}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: mg}\ndata:\n  config.yaml: {{ include \"mg.config\" . | quote }}\n";
        const string Mine = "spam: {engine: spamassassin}\n";
        var renamed = Between("spam: {threshold: 6.5, engine: rspamd}\n", Template, "spam: {threshold: 6.5, scanner: rspamd}\n", Template, Mine);
        Assert.Equal("spam.scanner", Successor(renamed, "spam.engine"));
        var gone = Between("spam: {threshold: 6.5, engine: rspamd}\n", Template, "spam: {threshold: 6.5}\n", Template, Mine);
        Assert.True(Assert.Single(gone.Keys, k => k.Path == "spam.engine") is { IsAlarm: true, Verdict: not OverrideVerdict.Effective });
    }

    [Fact]
    public void OverrideReport_by_evidence_alone_is_right_about_charts_of_several_styles()
    {
        var (right, happened, said) = (0, 0, 0);
        foreach (var bump in MadeBump.All())
        {
            var score = bump.Measure();
            (right, happened, said) = (right + score.Found, happened + score.True, said + score.Alarms);
            output.WriteLine($"{bump.Name}: {score}");
            score.Misses.ForEach(m => output.WriteLine($"  {m}"));
            Assert.True(score is { Recall: >= 0.85, Precision: >= 0.85 }, $"{bump.Name}: {score}");
            Assert.Equal(0, score.LiveCalledDead);
            Assert.All(bump.Changes.Where(c => c.Kind == "notes"), c => Assert.Contains("NOTES.txt", bump.Report().Keys.Single(k => k.Path == c.From).Message, StringComparison.Ordinal));
        }

        Assert.True(right >= 0.95 * happened && right >= 0.95 * said, $"{right} of {happened} found, {said} said");
    }

    private static void Measure(string pair, TemplateStyle style, Count count)
    {
        var rows = RealBumps.Rows.Where(r => r.Pair == pair).ToArray();
        var report = Report(pair, style, withMigrations: false).Report;
        var alarms = report.Keys.Where(k => k.IsAlarm && k.Verdict != OverrideVerdict.UnsetDefaultChanged).ToDictionary(k => k.Path);
        foreach (var row in rows.Where(r => RealBumps.IsMeasured(r.Kind)))
        {
            foreach (var key in row.Keys)
            {
                var inside = key.OldDefault is Dictionary<string, object?> ? ".mine" : "";
                var path = key.Old + inside;
                count.True++;
                alarms.Remove(path, out var said);
                count.Alarms += said is null ? 0 : 1;
                var right = row.Kind switch
                {
                    MigrationKind.Remove => said?.Verdict == OverrideVerdict.Dead,
                    MigrationKind.Default => said?.Verdict == OverrideVerdict.DefaultChanged,
                    _ => said?.Verdict == OverrideVerdict.Renamed && said.NewPath == key.New + inside,
                };
                count.Found += right ? 1 : 0;
                if (!right)
                {
                    count.Misses.Add($"{row.Id}: {path} -> {key.New ?? "(gone)"}: said {said?.Verdict.ToString() ?? report.Keys.FirstOrDefault(k => k.Path == path)?.Verdict.ToString()} {said?.NewPath}");
                }
            }
        }

        // Splits and replacements are told rightly or not, but evidence is not asked for them.
        foreach (var key in rows.Where(r => r.Kind is MigrationKind.Split or MigrationKind.Replace).SelectMany(r => r.Keys))
        {
            alarms.Remove(key.Old!);
        }

        foreach (var (path, _) in RealBumps.Constant)
        {
            count.Live++;
            count.LiveCalledDead += alarms.Any(a => (a.Key == path || a.Key == path + ".mine") && a.Value.Verdict is OverrideVerdict.Dead) ? 1 : 0;
        }

        // What is left is an alarm about something that did not change.
        count.Quiet += alarms.Count;
        count.Alarms += alarms.Count;
        count.Misses.AddRange(alarms.Values.Select(a => $"{pair}: {a.Path} called {a.Verdict} {a.NewPath}"));
        count.Quiet += report.Keys.Count(k => k is { Verdict: OverrideVerdict.NewlyRequired or OverrideVerdict.UnsetDefaultChanged, IsAlarm: true });
        Assert.Null(report.RenderError);
    }

    private sealed class Count
    {
        public int True, Found, Alarms, Live, LiveCalledDead, Quiet;

        public List<string> Misses { get; } = [];

        public double Recall => (double)Found / True;

        public double Precision => (double)Found / Alarms;

        public void Add(Count other)
        {
            (True, Found, Alarms, Live, LiveCalledDead, Quiet) = (True + other.True, Found + other.Found, Alarms + other.Alarms, Live + other.Live, LiveCalledDead + other.LiveCalledDead, Quiet + other.Quiet);
        }
    }
}
