using Portal.Helm.Rendering;
using static Portal.Helm.Tests.TextChart;

namespace Portal.Helm.Tests;

/// <summary>Go's expressions know one character where .NET's see two halves: a dot took half an emoji, and a replacement left the other half behind.</summary>
public sealed class RegexTests
{
    [Theory]
    [InlineData("""{{ regexFindAll "." "a😀b" -1 | join "|" }}""", "a|😀|b")]
    [InlineData("""{{ regexMatch "^.$" "😀" }} {{ regexMatch "^..$" "😀" }} {{ regexMatch "^..$" "😀\n" }} {{ regexMatch "(?s)^..$" "😀\n" }}""", "true false false true")]
    [InlineData("""{{ regexReplaceAll "[^a-z]" "a😀b" "_" }} {{ regexReplaceAll "\\W" "a😀b" "_" }} {{ regexReplaceAll "\\PL" "a😀b" "_" }}""", "a_b a_b a_b")]
    [InlineData("""{{ regexReplaceAll "[[:^alpha:]]" "a😀b" "_" }} {{ regexReplaceAll "[\\D-]" "1😀2" "_" }} {{ regexMatch "^[\\W-]{2}$" "😀" }}""", "a_b 1_2 false")]
    [InlineData("""{{ regexFind "😀+" "x😀😀😀y" }} {{ regexFind "\\x{1F600}{2}" "😀😀😀" }} {{ regexFind "\\Q😀\\E+" "😀😀" }}""", "😀😀😀 😀😀 😀😀")]
    [InlineData("""{{ regexMatch "😀?a" "a" }} {{ regexMatch "^[😀a-]+$" "a-😀" }} {{ regexMatch "^[😀-😎]$" "😃" }} {{ regexMatch "^[😀-😎]$" "😏" }}""", "true true true false")]
    [InlineData("""{{ regexReplaceAll "[\\x{80}-\\x{10FFFF}]" "aé😀b" "_" }} {{ regexReplaceAll "[^😀]" "a😀😃" "_" }} {{ regexReplaceAll "[^\\x{1F000}-\\x{1F9FF}]" "a😀𝐀" "_" }}""", "a__b _😀_ _😀_")]
    // Nothing lies between the halves.
    [InlineData("""{{ regexReplaceAll "x*" "😀a" "-" }} {{ regexSplit "" "a😀b" -1 | join "|" }}""", "-😀-a- a|😀|b")]
    // A byte that is no UTF-8 is a character of its own.
    [InlineData("""{{ regexFindAll "." (printf "😀%s" (b64dec "/w==")) -1 | len }}""", "2")]
    public void A_character_beyond_the_first_plane_is_one(string template, string expected) => Assert.Equal(expected, Render(template));

    // An octal number was a null character and digits; letters with a third form had only two.
    [Theory]
    [InlineData("""{{ regexReplaceAll "\\011|\\101B|[\\060-\\062]" "a\tAB0123" "_" }} {{ regexMatch "^\\0$" "\x00" }}""", "a_____3 true")]
    [InlineData("""{{ regexMatch "(?i)^σ[ς]µ\\Qs\\E$" "ςΣμſ" }} {{ regexFind "(?i)[a-z]+" "1Kſ2" }} {{ regexMatch "(?i)k[^s](?-i)s" "Ka\u017F" }} {{ regexMatch "(?i)[^a-z]" "ſ" }}""", "true Kſ false false")]
    [InlineData("""{{ regexMatch "^a{01}$" "a{01}" }} {{ regexMatch "^(a{2}){0}(b{500}){2}$" (repeat 1000 "b") }} {{ regexMatch "^(a{100}b{100}){10}x{999}" "" }}""", "true true false")]
    public void Numbers_forms_and_counts_are_those_of_RE2(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("a{2,1}", "invalid repeat count: `{2,1}`")]
    [InlineData("(a{100}){11}", "invalid repeat count: `{11}`")]
    [InlineData("((a{10})*b{10}){1,101}?", "invalid repeat count: `{1,101}?`")]
    [InlineData("(?i)[b-az-\\060]", "invalid character class range: `b-a`")]
    [InlineData("\\1", "invalid escape sequence: `\\1`")]
    [InlineData("a|??", "missing argument to repetition operator: `??`")]
    [InlineData("(|{2}?b)[[:no:]]", "missing argument to repetition operator: `{2}?`")]
    [InlineData("(?:+b)", "missing argument to repetition operator: `+`")]
    [InlineData("(?i)*", "missing argument to repetition operator: `*`")]
    [InlineData("a+?{1,}?b", "invalid nested repetition operator: `+?{1,}?`")]
    [InlineData("(?P<>a)", "invalid named capture: `(?P<>`")]
    [InlineData("(?P<n", "invalid named capture: `(?P<n`")]
    [InlineData("(?iz)", "invalid or unsupported Perl syntax: `(?iz`")]
    [InlineData("(a", "missing closing ): `(a`")]
    public void What_RE2_refuses_is_refused_in_its_words(string pattern, string text) =>
        Assert.Contains($"error parsing regexp: {text}", Assert.Throws<RenderException>(() => Render($"{{{{ mustRegexMatch `{pattern}` \"a\" }}}}")).Message, StringComparison.Ordinal);
}
