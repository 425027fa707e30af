using Portal.Helm.Rendering;
using static Portal.Helm.Tests.TextChart;

namespace Portal.Helm.Tests.Charts;

/// <summary>Rules of Helm's loader and engine that charts seldom meet, and that the engine did not know.</summary>
public sealed class ChartRulesTests
{
    private static string Rendered(params (string Path, string Text)[] files) =>
        new ChartRenderer().RenderFiles(Of(files), [], new ReleaseOptions("rel", "ns"))["demo/templates/x.txt"];

    /// <summary>pkg/engine/engine.go, isTemplateValid: what is no partial in a library chart is not even parsed.</summary>
    [Fact]
    public void Of_a_library_chart_only_the_partials_count()
    {
        const string Library = "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n";
        Assert.Equal("partial", Rendered(
            ("charts/lib/Chart.yaml", Library),
            ("charts/lib/templates/_a.tpl", "{{ define \"a\" }}partial{{ end }}"),
            ("charts/lib/templates/z.yaml", "{{ define \"a\" }}other{{ end }}{{ this is no template"),
            ("templates/x.txt", "{{ include \"a\" . }}")));
        var error = Assert.Throws<RenderException>(() => Rendered(
            ("charts/lib/Chart.yaml", Library), ("charts/lib/templates/a.tpl", "{{ define \"a\" }}x{{ end }}"), ("templates/x.txt", "{{ include \"a\" . }}")));
        Assert.Contains("no template \"a\" associated with template \"gotpl\"", error.Message, StringComparison.Ordinal);
    }

    /// <summary>pkg/chart/v2/metadata.go, sanitizeString: a description of several lines had its line ends in templates, and what cannot be printed.</summary>
    [Fact]
    public void Texts_of_Chart_yaml_are_one_line() => Assert.Equal(
        """a b c |x y|["k l"]|n m|é1|1\n2""",
        Rendered(
            ("Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.0.0\ndescription: |\n  a\n  b\tc\nhome: \"x\\ny\"\nkeywords: [\"k\\nl\"]\nmaintainers:\n- name: \"n\\nm\"\nappVersion: \"é\\u200b1\"\nannotations: {x: \"1\\n2\"}\n"),
            ("templates/x.txt", """{{ with .Chart }}{{ .Description }}|{{ .Home }}|{{ .Keywords | toJson }}|{{ (first .Maintainers).Name }}|{{ .AppVersion }}|{{ .Annotations.x | replace "\n" "\\n" }}{{ end }}""")));

    /// <summary>pkg/chart/v2/loader/load.go reads requirements.yaml into what Chart.yaml gave, whatever its apiVersion is.</summary>
    [Fact]
    public void Requirements_count_in_charts_of_v2_as_well()
    {
        (string, string)[] parts =
        [
            ("charts/a/Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"),
            ("charts/a/templates/_a.tpl", "{{ define \"a\" }}{{ .Values.use }}{{ end }}"),
            ("values.yaml", "a: {use: false}\nb: {use: true}\n"),
            ("templates/x.txt", "{{ range .Chart.Dependencies }}{{ .Name }} {{ .Version }} {{ .Condition }} {{ end }}{{ keys .Subcharts }}{{ .Files.Get \"requirements.yaml\" }}"),
        ];
        Assert.Equal("[]", Rendered([.. parts, ("requirements.yaml", "dependencies: [{name: a, version: ~1, condition: a.use}]\n")]));
        Assert.Equal("a ~1 b.use [a]", Rendered(
        [
            .. parts,
            ("Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.0.0\ndependencies: [{name: a, version: ~2, condition: b.use}, {name: c, version: '1'}]\n"),
            ("requirements.yaml", "dependencies: [{name: a, version: ~1}]\n"),
        ]));
    }

    /// <summary>Values are a type with methods; charts call the first for sprig's dig, which takes maps only.</summary>
    [Theory]
    [InlineData("{{ dig \"a\" \"b\" \"none\" .Values.AsMap }} {{ dig \"a\" \"x\" \"none\" (.Values.AsMap) }} {{ typeOf .Values.AsMap }} {{ typeOf .Values }}", "1 none map[string]interface {} common.Values")]
    [InlineData("{{ (.Values.Table \"a\").b }} {{ .Values.PathValue \"a.b\" }} {{ .Values.YAML }}", "1 1 a:\n  b: 1\nsub:\n  c:\n    d: 2\n  global: {}\n")]
    [InlineData("{{ with .Values }}{{ .AsMap.a.b }}{{ end }} {{ $.AsMap.Values.a.b }} {{ .Subcharts.sub.Values.AsMap.c.d }} {{ include \"sub\" .Subcharts.sub }}", "1 1 2 2 none")]
    public void Values_have_methods(string template, string expected) => Assert.Equal(expected, Rendered(
        ("values.yaml", "a: {b: 1}\n"),
        ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
        ("charts/sub/values.yaml", "c: {d: 2}\n"),
        ("charts/sub/templates/_sub.tpl", "{{ define \"sub\" }}{{ dig \"c\" \"d\" \"none\" .Values.AsMap }} {{ dig \"x\" \"y\" \"none\" .Values.AsMap }}{{ end }}"),
        ("templates/x.txt", template)));

    [Theory]
    [InlineData("{{ .Values.Table \"a.x\" }}", "error calling Table: \"x\" is not a table")]
    [InlineData("{{ .Values.PathValue \"a\" }}", "error calling PathValue: \"a\" is not a value")]
    [InlineData("{{ .Values.PathValue \"\" }}", "error calling PathValue: YAML path cannot be empty")]
    public void What_methods_of_values_do_not_find_is_an_error(string template, string message) => Assert.Contains(
        message, Assert.Throws<RenderException>(() => Rendered(("values.yaml", "a: {b: 1}\n"), ("templates/x.txt", template))).Message, StringComparison.Ordinal);

    /// <summary>gobwas/glob: braces may stay open, brackets hold one range or a list, and a pattern that is none names every file.</summary>
    [Theory]
    [InlineData("f/*.txt", "f/a.txt f/b.txt f/ü.txt ")]
    [InlineData("f/?.txt", "f/a.txt f/b.txt f/ü.txt ")]
    [InlineData("**.txt", "f/a.txt f/b.txt f/g/c.txt f/ü.txt ")]
    [InlineData("f/**/*.txt", "f/g/c.txt ")]
    [InlineData("{f/a,f/b}.txt", "f/a.txt f/b.txt ")]
    [InlineData("f/{a,b", "")]
    [InlineData("f/{a,b}.{txt", "f/a.txt f/b.txt ")]
    [InlineData("f/[ab].txt", "f/a.txt f/b.txt ")]
    [InlineData("f/[!a].txt", "f/b.txt f/ü.txt ")]
    [InlineData("f/[a-b].txt", "f/a.txt f/b.txt ")]
    [InlineData("f/[!a-b].txt", "f/ü.txt ")]
    [InlineData("f/[^a].txt", "f/a.txt ")]
    [InlineData("f/[a", "f/a.txt f/b.txt f/g/c.txt f/ü.txt ")]
    [InlineData("f/[a-bc].txt", "f/a.txt f/b.txt f/g/c.txt f/ü.txt ")]
    [InlineData("f/\\\\a.txt", "f/a.txt ")]
    [InlineData("f/a.txt,f/b.txt", "")]
    public void A_glob_names_files_as_gobwas_has_it(string pattern, string expected) => Assert.Equal(expected, Rendered(
        ("f/a.txt", "a"), ("f/b.txt", "b"), ("f/ü.txt", "u"), ("f/g/c.txt", "c"), ("templates/x.txt", $"{{{{ range $p, $_ := .Files.Glob \"{pattern}\" }}}}{{{{ $p }}}} {{{{ end }}}}")));
}
