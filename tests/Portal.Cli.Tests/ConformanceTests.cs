using static Portal.Cli.Tests.CommandLine;

namespace Portal.Cli.Tests;

public sealed class ConformanceTests
{
    private static string Suite(string word) => Chart(
        ("fixture/demo/Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.2.3\n"),
        ("snippets/01-words.yaml", $"- name: upper\n  template: '{{{{ upper \"a\" }}}}'\n  expect: {word}\n- name: random\n  template: '{{{{ randNumeric 3 }}}}'\n  matches: '^[0-9]{{3}}$'\n- name: failing\n  template: '{{{{ fail \"no\" }}}}'\n  error: 'no'\n"),
        ("strvals.yaml", "- name: one\n  steps:\n  - {kind: set, arg: a=1}\n  expect: '{\"a\":1}'\n- name: wrong\n  steps:\n  - {kind: set, arg: a}\n  error: has no value\n"),
        ("manifests.yaml", "- name: one\n  files: {c/templates/a.yaml: \"kind: A\\n\"}\n  install:\n  - {path: c/templates/a.yaml, kind: A, name: '', content: \"kind: A\"}\n  uninstall: [A/]\n  hooks: []\n  run: {}\n  install4:\n  - {path: c/templates/a.yaml, kind: A, name: '', content: \"kind: A\\n\"}\n"),
        ("charts/c/chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        ("charts/c/chart/templates/x.yaml", "v: {{ .Values.v }}\n"),
        ("charts/c/cases/good/values.yaml", "v: 1\n"),
        ("charts/c/cases/good/args.txt", "--set v=2\n"),
        ("charts/c/cases/good/expected.yaml", "---\n# Source: c/templates/x.yaml\nv: 2\n"));

    [Fact]
    public async Task A_suite_that_agrees_ends_with_0()
    {
        var (code, output, _) = await RunAsync("conformance", Suite("A"));
        Assert.Equal((0, "01-words: 3 passed, 0 failed\nstrvals: 2 passed, 0 failed\nmanifests: 1 passed, 0 failed\ncharts: 1 passed, 0 failed\n7 passed, 0 failed\n"), (code, output));
    }

    [Fact]
    public async Task A_difference_ends_with_1_and_can_be_shown()
    {
        var (code, output, _) = await RunAsync("conformance", Suite("B"), "--failures", "--filter", "words");
        Assert.Equal((1, "FAIL 01-words/upper\ngot : A\nwant: B\n01-words: 2 passed, 1 failed\n2 passed, 1 failed\n"), (code, output));
    }
}
