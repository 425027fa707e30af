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
}
