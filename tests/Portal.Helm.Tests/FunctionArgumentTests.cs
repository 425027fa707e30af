using Portal.Helm.Rendering;
using Portal.Helm.Sprig;
using static Portal.Helm.Tests.TextChart;

namespace Portal.Helm.Tests;

/// <summary>Charts give functions whatever they have: each answers with a value or with its own error, and never ends the process.</summary>
public sealed class FunctionArgumentTests
{
    private static readonly string[] Values = ["nil", "\"\"", "\"a\"", "0", "-1", "1.5", "true", "(list)", "(list 1 \"b\")", "(dict)", "(dict \"a\" 1)"];

    // Slow by design: keys and passwords.
    private static readonly string[] Slow = ["gen", "bcrypt", "htpasswd", "derivePassword", "buildCustomCert"];

    public static TheoryData<string> Names => [.. HelmFunctions.Create(new SprigEnvironment(), null).Names.Where(n => !Slow.Any(s => n.StartsWith(s, StringComparison.Ordinal))).Order(StringComparer.Ordinal)];

    /// <summary>"until" without its argument was found by fuzzing: it read what was not there.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void It_answers_no_argument_and_any_one_or_two(string name)
    {
        Ask($"{{{{ {name} }}}}");
        foreach (var one in Values)
        {
            Ask($"{{{{ {name} {one} }}}}");
            foreach (var two in Values)
            {
                Ask($"{{{{ {name} {one} {two} }}}}");
            }
        }
    }

    [Fact]
    public void A_missing_argument_is_told_as_Go_does() =>
        Assert.Contains("wrong number of args for until: want 1 got 0", Assert.Throws<RenderException>(() => Render("{{ until }}")).Message, StringComparison.Ordinal);

    /// <summary>Found by fuzzing: the second before Go's zero time is no date of .NET, and the exception was nobody's.</summary>
    [Fact]
    public void A_date_before_the_first_of_DotNet_is_one_of_Go() => Assert.Equal("0000-12-31 23:59:59 +0000 UTC", Render("{{ toDate \"2006\" \"x\" | mustDateModify \"-1s\" }}"));

    /// <summary>Go's nil slices are empty to templates and null to JSON and YAML: nothing concatenated, and a pattern that is nowhere, were [].</summary>
    [Fact]
    public void Lists_that_were_never_made_are_null_to_JSON_and_empty_to_templates()
    {
        Assert.Equal("null null null null", Render("{{ concat (list) (list) | toJson }} {{ concat (list) | toYaml }} {{ regexFindAll \"x\" \"a\" -1 | toJson }} {{ regexSplit \"x\" \"a\" 0 | toJson }}"));
        Assert.Equal("0 d [] []string 0 e []interface {}(nil)", Render("{{ concat (list) | len }} {{ concat (list) | default \"d\" }} {{ regexFindAll \"x\" \"a\" -1 }} {{ regexFindAll \"x\" \"a\" -1 | typeOf }} {{ regexSplit \"x\" \"a\" 0 | len }} {{ range concat (list) }}x{{ else }}e{{ end }} {{ concat (list) | printf \"%#v\" }}"));
    }

    /// <summary>reflect.Value.Slice keeps the type; ours made every part a list of anything.</summary>
    [Fact]
    public void A_part_of_a_list_has_the_lists_type() =>
        Assert.Equal("[b] []string [1 2] []int [2] []interface {}", Render("{{ with slice (splitList \",\" \"a,b\") 1 }}{{ . }} {{ typeOf . }}{{ end }} {{ with mustSlice (until 3) 1 }}{{ . }} {{ typeOf . }}{{ end }} {{ with slice (list 1 2) 1 }}{{ . }} {{ typeOf . }}{{ end }}"));

    /// <summary>encoding/json sorts maps only; versions were sorted as well, and the one of Kubernetes' client was missing.</summary>
    [Fact]
    public void The_fields_of_a_struct_stay_in_their_order_in_JSON() =>
        Assert.Equal("{\"Version\":\"v1.36.0\",\"Major\":\"1\",\"Minor\":\"36\"} {\"version\":\"v4.2.4\",\"git_commit\":\"3900f434fd3ef2b84065dc04508df48f288dba00\",\"git_tree_state\":\"clean\",\"go_version\":\"go1.26.5\",\"kube_client_version\":\"v1.36\"} v1.36", Render("{{ .Capabilities.KubeVersion | toJson }} {{ .Capabilities.HelmVersion | toJson }} {{ .Capabilities.HelmVersion.KubeClientVersion }}"));

    /// <summary>Go's AddDate carries days that a month does not have into the next; ours cut them off.</summary>
    [Fact]
    public void Months_that_are_too_short_carry_their_days_over() =>
        Assert.Equal("2024-03-02 2025-03-01 2024-02-29", Render("{{ range list (list \"2024-01-31\" 0 1 0) (list \"2024-02-29\" 1 0 0) (list \"2024-03-31\" 0 -1 -2) }}{{ ((toDate \"2006-01-02\" (index . 0)).AddDate (index . 1) (index . 2) (index . 3)).Format \"2006-01-02\" }} {{ end }}").Trim());

    /// <summary>Of the named classes of letters only [:^word:] and [:^digit:] had their opposite.</summary>
    [Fact]
    public void Every_named_class_has_its_opposite() =>
        Assert.Equal("é12 B 😀 - true", Render("{{ regexFind \"[[:^alpha:]]+\" \"abé12\" }} {{ regexFind \"[[:^lower:]]\" \"aB\" }} {{ regexFind \"[[:^ascii:]]+\" \"a😀\" }} {{ regexReplaceAll \"[[:^space:][:blank:]]+\" \"a b\" \"-\" }} {{ regexMatch \"^[^[:^punct:]]+$\" \"!/[`~\" }}"));

    /// <summary>The least number has no opposite: .NET threw, or cut it down to nothing.</summary>
    [Fact]
    public void Numbers_at_the_end_of_their_range_turn_round() => Assert.Equal(
        "-9223372036854775808 0 -9223372036854775808 -9223372036854775808 abc abc",
        Render("{{ div -9223372036854775808 -1 }} {{ mod -9223372036854775808 -1 }} {{ mul -9223372036854775808 -1 }} {{ add 9223372036854775807 1 }} {{ trunc -9223372036854775808 \"abc\" }} {{ trunc 4294967296 \"abc\" }}"));

    /// <summary>Go gives up the whole format at a width beyond a million; ours went on without it.</summary>
    [Theory]
    [InlineData("""printf "%1000000000d" 1""", "%!(NOVERB)%!(EXTRA int=1)")]
    [InlineData("""printf "a%.1000000000d b" 1""", "a%!(NOVERB)%!(EXTRA int=1)")]
    [InlineData("""printf "%.*d" -1 42""", "%!(BADPREC)42")]
    public void Widths_and_precisions_are_limited_as_in_Go(string call, string expected) => Assert.Equal(expected, Render($"{{{{ {call} }}}}"));

    private static void Ask(string template)
    {
        try
        {
            Render(template);
        }
        catch (RenderException)
        {
            // Its own error.
        }
    }

    /// <summary>.NET gives named groups the last numbers: what $1 stood for was another group.</summary>
    [Fact]
    public void Groups_are_numbered_from_left_to_right() => Assert.Equal(
        "xaa/by xaa-by xaa-b$y",
        Render("{{ regexReplaceAll \"(?P<n>a+)(b)\" \"xaaby\" \"$1/$2\" }} {{ regexReplaceAll \"(?P<n>a+)(b)?\" \"xaaby\" \"${n}-$2\" }} {{ regexReplaceAll \"(?P<n>a+)(b)?\" \"xaaby\" \"${n}-$2$3_$$\" }}"));
}
