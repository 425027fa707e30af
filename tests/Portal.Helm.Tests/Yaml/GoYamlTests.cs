using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Yaml;

namespace Portal.Helm.Tests.Yaml;

/// <summary>
/// Texts that charts hold or render to and that YAML 1.2 and libyaml read differently: Helm reads as libyaml does. What the reader of everyday YAML once took for something else stands here
/// as well.
/// </summary>
public sealed class GoYamlTests
{
    /// <summary>libyaml's emitter: keys beyond 128 bytes and keys of several lines do not stand before a colon in one line. Ours always did.</summary>
    [Fact]
    public void Long_keys_and_keys_of_several_lines_stand_behind_a_question_mark()
    {
        var (most, more) = (new string('k', 128), new string('é', 64) + "x");
        var values = new Dictionary<string, object?>
        {
            [most] = 1L, [more] = 2L, ["x\ny"] = new List<object?> { "a", new Dictionary<string, object?> { ["b"] = 1L, ["c"] = 2L } }, ["y\n"] = new Dictionary<string, object?> { ["d"] = "e", ["f"] = new List<object?>() },
        };
        var expected = $"{most}: 1\n? |-\n  x\n  y\n: - a\n  - b: 1\n    c: 2\n? |\n  y\n: d: e\n  f: []\n? {more}\n: 2\n";
        Assert.Equal(expected, GoYaml.Write(values));
    }

    /// <summary>go-yaml reads UTF-16 behind its mark; it was taken for faulty UTF-8.</summary>
    [Theory]
    [InlineData("FFFE61003A002000E4000A00", """{"a":"ä"}""")]
    [InlineData("FEFF0061003A002000E4000A", """{"a":"ä"}""")]
    [InlineData("FFFE61003A0020003DD800DE", """{"a":"😀"}""")]
    [InlineData("FFFE6100", "\"a\"")]
    public void A_mark_says_that_a_text_is_UTF_16(string bytes, string json) => Assert.Equal(json, GoJson.Write(GoYaml.Read(Templating.GoBytes.ToText(Convert.FromHexString(bytes))), escapeHtml: false));

    [Theory]
    [InlineData("FFFE61003A", "yaml: incomplete UTF-16 character")]
    [InlineData("FFFE00DE", "yaml: unexpected low surrogate area")]
    [InlineData("FFFE3DD8", "yaml: incomplete UTF-16 surrogate pair")]
    [InlineData("FFFE3DD86100", "yaml: expected low surrogate area")]
    [InlineData("FFFE0100", "yaml: control characters are not allowed")]
    public void What_is_no_UTF_16_behind_its_mark_is_told_in_go_yaml_s_words(string bytes, string message) =>
        Assert.EndsWith(message, Assert.Throws<YamlException>(() => GoYaml.Read(Templating.GoBytes.ToText(Convert.FromHexString(bytes)))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("a: {}# none\nb: []# none\n", """{"a":{},"b":[]}""")]
    [InlineData("a: \"x\"# why\nb: 'y'# why\n", """{"a":"x","b":"y"}""")]
    [InlineData("a: [x,# why\n  z]\n", """{"a":["x","z"]}""")]
    [InlineData("a: |# why\n  x\nb: >-# why\n  y\n", """{"a":"x\n","b":"y"}""")]
    public void A_comment_may_stand_right_behind_a_bracket_a_quote_a_comma_or_a_block_s_head(string text, string json) => Reads(text, json);

    // The old spark operator's clean-up job: a curl command over several lines, less indented than its list.
    [Fact]
    public void Lines_in_double_quotes_may_be_less_indented_than_their_list() =>
        Reads("args:\n    - \"curl -ik \\\n  -X DELETE \\\n  \\\"https://x\\\"\"\nb: 1\n", """{"args":["curl -ik -X DELETE \"https://x\""],"b":1}""");

    [Theory]
    [InlineData("m:\n  a: [\n1,\nx\n]\nb: c\n", """{"b":"c","m":{"a":[1,"x"]}}""")]
    [InlineData("m:\n  a: {\nx: 1,\nz: true\n}\n", """{"m":{"a":{"x":1,"z":true}}}""")]
    [InlineData("m:\n  a: [one\ntwo, three]\n", """{"m":{"a":["one two","three"]}}""")]
    public void Lines_in_brackets_may_be_less_indented_than_their_key(string text, string json) => Reads(text, json);

    // "key: >-", a line of blanks where a template printed nothing, the next key.
    [Theory]
    [InlineData("m:\n  a: >-\n        \n  b: c\n", """{"m":{"a":"","b":"c"}}""")]
    [InlineData("m:\n  a: |\n        \n  b: c\n", """{"m":{"a":"","b":"c"}}""")]
    [InlineData("m:\n  a: |+\n        \n  b: c\n", """{"m":{"a":"\n","b":"c"}}""")]
    public void A_block_text_that_holds_only_blanks_is_empty(string text, string json) => Reads(text, json);

    [Theory]
    [InlineData("a: |\n      \n      x\n", """{"a":"\nx\n"}""")]
    [InlineData("a: |2\n      \n  x\n", """{"a":"    \nx\n"}""")]
    public void Blanks_before_a_block_text_are_lines_of_it(string text, string json) => Reads(text, json);

    [Theory]
    [InlineData("a: |\n      \n  x\n")]
    [InlineData("a: >-\n      \n  x\n")]
    public void Blanks_deeper_than_a_block_text_end_it(string text) => Refuses(text, "yaml: line 2: did not find expected key");

    // A first line with too many blanks makes a document of its own, and nobody reads on.
    [Fact]
    public void What_follows_the_first_document_without_a_mark_is_not_read() => Reads("  apiVersion: v1\nkind: ConfigMap\n", """{"apiVersion":"v1"}""");

    [Theory]
    [InlineData("b: &b {x: 1, z: 2}\nc:\n  <<: *b\n  x: 3\n", """{"b":{"x":1,"z":2},"c":{"x":3,"z":2}}""")]
    [InlineData("b: &b {x: 1, z: 2}\nc:\n  x: 3\n  <<: *b\n", """{"b":{"x":1,"z":2},"c":{"x":1,"z":2}}""")]
    [InlineData("b: &b {x: 1}\nd: &d {x: 2, z: 2}\nc:\n  <<: [*b, *d]\n", """{"b":{"x":1},"c":{"x":1,"z":2},"d":{"x":2,"z":2}}""")]
    public void A_merge_overrides_the_keys_before_it(string text, string json) => Reads(text, json);

    // A number behind an unknown tag was one.
    [Theory]
    [InlineData("[!a 1, !a \"1\", !!a true, !a ~, !!seq 1]", """["1","1","true","~","1"]""")]
    [InlineData("[!!float 1, !!int 0x1f, !!int '3', !!bool yes, !!null ~, !!str 1, ! 1]", """[1,31,3,true,null,"1","1"]""")]
    public void A_tag_that_go_yaml_does_not_know_leaves_the_text(string text, string json) => Reads(text, json);

    [Fact]
    public void An_anchor_may_name_a_value_in_braces() => Reads("a: {x: &v 1, w: *v, z: 2}\n", """{"a":{"w":1,"x":1,"z":2}}""");

    [Fact]
    public void A_value_that_contains_itself_is_refused() => Refuses("a: &x\n  b: *x\n", "yaml: anchor 'x' value contains itself");

    [Fact]
    public void A_line_with_a_tab_is_no_blank_line_where_a_key_can_begin() => Refuses("a:\n  b: \"c\"\n    \t\n  d: e\n", "yaml: line 3: found character that cannot start any token");

    [Theory]
    [InlineData("a: [@x]\n", "yaml: found character that cannot start any token")]
    [InlineData("a: &x.y 1\n", "yaml: did not find expected alphabetic or numeric character")]
    [InlineData("a: *.x\n", "yaml: did not find expected alphabetic or numeric character")]
    [InlineData("a: {u: http://x?y=z}\n", "yaml: did not find expected ',' or '}'")]
    [InlineData("a: \"\\ud83d\\ude00\"\n", "yaml: found invalid Unicode character escape code")]
    [InlineData("a: \"\\/\"\n", "yaml: found unknown escape character")]
    [InlineData("...\na: 1\n", "yaml: did not find expected node content")]
    [InlineData(": a\n", "yaml: did not find expected key")]
    [InlineData("-\n  : a\n", "yaml: line 1: did not find expected key")]
    [InlineData("a: !!bool b", "yaml: cannot decode !!str `b` as a !!bool")]
    [InlineData("a: !!null 1", "yaml: cannot decode !!int `1` as a !!null")]
    [InlineData("a: !!int 1e3", "yaml: cannot decode !!float `1e3` as a !!int")]
    [InlineData("a: !!float .inf", "json: unsupported value: +Inf")]
    // The text is read to its end before there are values.
    [InlineData("<<: a\nb: [\n", "yaml: line 2: did not find expected node content")]
    [InlineData("a: *x\nb: [\n", "yaml: unknown anchor 'x' referenced")]
    public void What_go_yaml_cannot_read_is_refused_in_its_words(string text, string message) => Refuses(text, message);

    [Fact]
    public void The_parser_s_faults_have_the_line_before_theirs() => Refuses("a: 1\nb:\n  - x\n  z: 2\n", "yaml: line 3: did not find expected '-' indicator");

    // The editor finds its places with the same reader: what Helm takes must not stop it.
    [Fact]
    public void The_places_of_values_are_found_in_what_Helm_reads()
    {
        const string text = "a: {}# none\nb: \"x\"# why\nc: [\n1]\n";
        Assert.Equal(["a", "b", "c"], YamlText.Keys(text).Select(k => k.Path));
        Assert.Equal([("b", "\"x\""), ("c.0", "1")], YamlText.Scalars(text).Select(s => (s.Path, text[s.Start..s.End])));
    }

    private static void Reads(string text, string json)
    {
        Assert.Equal(json, GoJson.Write(GoYaml.Read(text)));
        Assert.Equal(json, GoJson.Write(GoYaml.ReadWhole(text)));
    }

    private static void Refuses(string text, string message) => Assert.Contains(message, Assert.Throws<YamlException>(() => GoYaml.Read(text)).Message, StringComparison.Ordinal);

    /// <summary>What go-yaml's reader refused and ours replaced or kept.</summary>
    [Theory]
    [InlineData("\\xff", "invalid leading UTF-8 octet")]
    [InlineData("\\x80", "invalid leading UTF-8 octet")]
    [InlineData("\\xf8", "invalid leading UTF-8 octet")]
    [InlineData("\\xc3(", "invalid trailing UTF-8 octet")]
    [InlineData("\\xe2\\x82", "incomplete UTF-8 octet sequence")]
    [InlineData("\\xc0\\x80", "invalid length of a UTF-8 sequence")]
    [InlineData("\\xed\\xa0\\x80", "invalid Unicode character")]
    [InlineData("\\xf4\\x90\\x80\\x80", "invalid Unicode character")]
    [InlineData("\\x07\\xff", "control characters are not allowed")]
    [InlineData("\\xff\\x07", "invalid leading UTF-8 octet")]
    [InlineData("[\\nb: \\x7f", "control characters are not allowed")]
    public void Bytes_that_are_no_text_are_told_as_go_yaml_does(string bytes, string problem) =>
        Assert.Equal($"error converting YAML to JSON: yaml: {problem}", TextChart.Render($"{{{{ (fromYaml \"a: {bytes}\").Error }}}}"));

    [Fact]
    public void They_are_refused_in_every_file_of_a_chart()
    {
        static string Load(string name, byte[] data) => Assert.ThrowsAny<Exception>(() => ChartLoader.Load([.. new[] { new ChartFile("Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.0.0\n"u8.ToArray()) }.Where(f => f.Name != name), new ChartFile(name, data)])).Message;
        Assert.Equal("cannot load Chart.yaml: error converting YAML to JSON: yaml: invalid leading UTF-8 octet", Load("Chart.yaml", [.. "apiVersion: v2\nname: demo\nversion: 1.0.0\ndescription: "u8, 0xFF]));
        Assert.Equal("cannot load values.yaml: cannot unmarshal yaml document: error converting YAML to JSON: yaml: invalid leading UTF-8 octet", Load("values.yaml", [.. "a: "u8, 0xFF]));
        var chart = TextChart.Of(("templates/x.yaml", "a: {{ \"\\xff\" }}"));
        Assert.Contains("error converting YAML to JSON: yaml: invalid leading UTF-8 octet", Assert.Throws<RenderException>(() => new ChartRenderer().Render(chart, [], new ReleaseOptions("rel", "ns"))).Message, StringComparison.Ordinal);
    }
}
