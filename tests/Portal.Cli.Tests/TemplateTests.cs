using static Portal.Cli.Tests.CommandLine;

namespace Portal.Cli.Tests;

/// <summary>Texts and orders are those of Helm 4 (pkg/cmd/template.go).</summary>
public sealed class TemplateTests
{
    private static string Several() => Chart(
        ("values.yaml", "word: default\n"),
        ("crds/x.yaml", "kind: CustomResourceDefinition\n"),
        ("templates/a.yaml", ConfigMap("a", "data: {word: {{ .Values.word | quote }}}\n")),
        ("templates/b.yaml", ConfigMap("b")),
        ("templates/hook.yaml", ConfigMap("h", "  annotations: {helm.sh/hook: pre-install}\n")),
        ("templates/tests/t.yaml", ConfigMap("t", "  annotations: {helm.sh/hook: test}\n")));

    private static string Part(string path, string text) => $"---\n# Source: small/{path}\n{text}\n";

    [Fact]
    public async Task Objects_come_first_then_hooks_each_with_its_source()
    {
        var (code, output, error) = await RunAsync("template", "rel", Several());
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(
            (Part("templates/a.yaml", ConfigMap("a", "data: {word: \"default\"}\n")) + Part("templates/b.yaml", ConfigMap("b"))).Trim() + "\n"
            + Part("templates/hook.yaml", ConfigMap("h", "  annotations: {helm.sh/hook: pre-install}\n")) + Part("templates/tests/t.yaml", ConfigMap("t", "  annotations: {helm.sh/hook: test}\n")), output);
    }

    [Fact]
    public async Task Hooks_tests_and_definitions_come_and_go_with_their_flags()
    {
        var chart = Several();
        Assert.DoesNotContain("hook.yaml", (await RunAsync("template", "rel", chart, "--no-hooks")).Output, StringComparison.Ordinal);
        var withoutTests = (await RunAsync("template", "rel", chart, "--skip-tests")).Output;
        Assert.Contains("hook.yaml", withoutTests, StringComparison.Ordinal);
        Assert.DoesNotContain("t.yaml", withoutTests, StringComparison.Ordinal);
        Assert.StartsWith("---\n# Source: small/crds/x.yaml\nkind: CustomResourceDefinition\n\n---\n", (await RunAsync("template", "rel", chart, "--include-crds")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_only_takes_paths_and_globs_in_the_order_of_the_command_line()
    {
        var chart = Several();
        // A blank line more than without the flag behind "a": Helm prints its cut parts with a line end of their own.
        Assert.Equal(Part("templates/b.yaml", ConfigMap("b")) + Part("templates/a.yaml", ConfigMap("a", "data: {word: \"default\"}\n")) + "\n", (await RunAsync("template", "rel", chart, "-s", "templates/b.yaml", "-s", "templates/a.yaml")).Output);
        Assert.Contains("name: h", (await RunAsync("template", "rel", chart, "--show-only=templates/h*.yaml")).Output, StringComparison.Ordinal);
        var (code, _, error) = await RunAsync("template", "rel", chart, "-s", "templates/nope.yaml");
        Assert.Equal((1, "Error: could not find template templates/nope.yaml in chart\n"), (code, error));
    }

    [Fact]
    public async Task A_file_that_a_value_wants_and_that_is_missing_is_told_with_the_flag()
    {
        var chart = Chart(("templates/x.yaml", "v: {{ .Values | toJson }}"));
        Assert.Equal((1, "", "Error: failed parsing --set-file data: open nope.txt: no such file or directory\n"), await RunAsync("template", chart, "--set-file", "a=nope.txt"));
        Assert.Contains("""v: {"a":"typed"}""", (await RunAsync("typed", ["template", chart, "--set-file", "a=-"])).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("values.yaml", "a: 1\n", "seems to be a YAML file, but expected a gzipped archive")]
    [InlineData("notes.txt", "short\n", "does not appear to be a gzipped archive; got 'application/octet-stream'")]
    [InlineData("chart.zip", "PK\u0003\u0004", "does not appear to be a gzipped archive; got 'application/zip'")]
    public async Task A_file_that_is_no_chart_is_told_what_it_seems_to_be(string name, string text, string expected)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("portal-cli-").FullName, name);
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        Assert.Equal((1, "", $"Error: file '{file}' {expected}\n"), await RunAsync("template", file));
    }

    [Fact]
    public async Task A_folder_that_is_no_chart_is_named()
    {
        var folder = Directory.CreateTempSubdirectory("portal-cli-").FullName;
        Assert.Equal((1, "", $"Error: unable to detect chart at {folder}/Chart.yaml: open {folder}/Chart.yaml: no such file or directory\n"), await RunAsync("template", folder));
    }

    [Fact]
    public async Task Values_are_laid_over_each_other_in_Helms_order_files_then_json_set_string_literal()
    {
        var chart = Chart(("templates/x.yaml", "v: {{ .Values | toJson }}"));
        var file = Path.Combine(chart, "mine.yaml");
        await File.WriteAllTextAsync(file, "a: file\nb: file\nc: file\nd: file\n", TestContext.Current.CancellationToken);
        var (_, output, _) = await RunAsync("template", chart, "--set-literal", "d=x,y", "--set-string", "c=3", "--set", "b=2,c=2", "--set-json", "{\"e\":[1]}", $"-f{file}");
        Assert.Contains("""v: {"a":"file","b":2,"c":"3","d":"x,y","e":[1]}""", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Values_may_come_from_the_standard_input() =>
        Assert.Contains("v: typed", (await RunAsync("word: typed\n", ["template", Chart(("templates/x.yaml", "v: {{ .Values.word }}")), "-f", "-"])).Output, StringComparison.Ordinal);

    [Fact]
    public async Task A_release_without_a_name_is_called_release_name()
    {
        var chart = Chart(("templates/x.yaml", "n: {{ .Release.Name }}, {{ .Release.IsUpgrade }}"));
        Assert.Contains("n: release-name, false", (await RunAsync("template", chart)).Output, StringComparison.Ordinal);
        Assert.Contains("n: ab, true", (await RunAsync("template", chart, "--is-upgrade", "--name-template", "{{ printf \"%s%s\" \"a\" \"b\" }}")).Output, StringComparison.Ordinal);
        Assert.Contains("release name \"Big\": invalid release name, must match regex", (await RunAsync("template", "Big", chart)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Capabilities_come_from_the_command_line()
    {
        var chart = Chart(("templates/x.yaml", "v: {{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.APIVersions.Has \"a/v1\" }} {{ .Capabilities.APIVersions.Has \"b/v1\" }}"));
        Assert.Contains("v: v1.30 true true", (await RunAsync("template", chart, "--kube-version", "1.30", "-a", "a/v1,b/v1")).Output, StringComparison.Ordinal);
        Assert.Equal("Error: invalid kube version 'abc': could not parse \"abc\" as version\n", (await RunAsync("template", chart, "--kube-version", "abc")).Error);
    }

    [Fact]
    public async Task A_broken_template_ends_with_1_its_place_and_Helms_hint()
    {
        var (code, output, error) = await RunAsync("template", "rel", Chart(("templates/bad.yaml", "a: 1\nb: {{ fail \"no\" }}\n")));
        Assert.Equal(1, code);
        Assert.Empty(output);
        Assert.Contains("bad.yaml:2", error, StringComparison.Ordinal);
        Assert.EndsWith("\n\nUse --debug flag to render out invalid YAML\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Debug_prints_what_is_no_valid_YAML()
    {
        var (code, output, error) = await RunAsync("template", "rel", Chart(("templates/bad.yaml", "a: b: c\n")), "--debug");
        Assert.Equal(1, code);
        Assert.Equal("---\n# Source: small/templates/bad.yaml\na: b: c\n", output);
        Assert.StartsWith("Error: YAML parse error on small/templates/bad.yaml", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_folder_gets_a_file_a_template()
    {
        var target = Directory.CreateTempSubdirectory("portal-cli-").FullName;
        var (_, output, _) = await RunAsync("template", "rel", Several(), "--output-dir", target, "--release-name", "--no-hooks");
        Assert.Equal($"wrote {target}/rel/small/templates/a.yaml\nwrote {target}/rel/small/templates/b.yaml\n\n", output);
        Assert.Equal(Part("templates/b.yaml", ConfigMap("b")), await File.ReadAllTextAsync(Path.Combine(target, "rel/small/templates/b.yaml"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_needs_a_cluster_says_so_when_there_is_none() =>
        Assert.Equal(1, (await RunAsync("template", "rel", Several(), "--dry-run=server", "--kubeconfig", "/nowhere/config")).Code);

    [Fact]
    public async Task Names_of_hosts_are_looked_up_only_when_asked_for()
    {
        var chart = Chart(("templates/x.yaml", "h: \"{{ getHostByName \"localhost\" }}\""));
        Assert.Contains("h: \"\"", (await RunAsync("template", chart)).Output, StringComparison.Ordinal);
        Assert.Matches("h: \"(127\\.0\\.0\\.1|::1)\"", (await RunAsync("template", chart, "--enable-dns")).Output);
    }

    [Fact]
    public async Task The_schema_check_can_be_left_out()
    {
        var chart = Chart(("values.schema.json", """{"properties": {"n": {"type": "integer"}}}"""), ("templates/x.yaml", "n: {{ .Values.n }}"));
        Assert.StartsWith("Error: values don't meet the specifications", (await RunAsync("template", chart, "--set", "n=x")).Error, StringComparison.Ordinal);
        Assert.Contains("n: x", (await RunAsync("template", chart, "--set", "n=x", "--skip-schema-validation")).Output, StringComparison.Ordinal);
    }
}
