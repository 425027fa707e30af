using Portal.Helm.Yaml;

namespace Portal.Helm.Tests.Yaml;

public sealed class YamlTextTests
{
    /// <summary>An anchor belongs to the key, not to the value: who replaced the value took it away.</summary>
    [Theory]
    [InlineData("a: &x 1\n", "a: &x N\n")]
    [InlineData("a: !!str 1\n", "a: !!str N\n")]
    [InlineData("a: &x !!str # said\n  one\nb: *x\n", "a: &x !!str # said\n  N\nb: *x\n")]
    [InlineData("a: &x |\n  two\n  lines\nb: 1\n", "a: &x N\nb: N\n")]
    [InlineData("a: ! 'x'\n", "a: ! N\n")]
    [InlineData("a: '&x'\n", "a: N\n")]
    [InlineData("[&x a, &y 'b', *x]\n", "[&x N, &y N, *x]\n")]
    public void A_scalar_stands_behind_its_anchor_and_tag(string text, string replaced) => Assert.Equal(replaced, YamlText.Replace(text, YamlText.Scalars(text).Select(s => (s, "N"))));

    [Fact]
    public void A_scalar_has_the_line_on_which_it_begins() => Assert.Equal([1, 4], YamlText.Scalars("a: 1\nb: &x\n  # why\n  two\n").Select(s => s.Line));

    [Fact]
    public void Aliases_are_told_with_what_they_stand_for() => Assert.Equal(
        [new YamlAlias("b", "a"), new YamlAlias("c", "a"), new YamlAlias("d.e", "a.k"), new YamlAlias("l.0", "a.k")],
        YamlText.Read("a: &a {k: &k 1}\nb: *a\nc: {<<: [*a]}\nd: {e: *k}\nl: [*k]\n").Aliases);

    [Theory]
    [InlineData("a: 1\n---\nb: 2\n", 2)]
    [InlineData("---\na: 1\n...\n# said\n---\nb: 2\n", 5)]
    [InlineData("a: 1\n---\n---\nb: [\n", 3)]
    [InlineData("{a: 1}\n}\n", 2)]
    [InlineData("a: 1\n---\n", null)]
    [InlineData("---\na: 1\n...\n", null)]
    [InlineData("a: |\n  ---\n  x\n", null)]
    [InlineData("", null)]
    [InlineData("# nothing\n", null)]
    public void What_stands_behind_the_first_document_is_found(string text, int? line) => Assert.Equal(line, YamlText.Read(text).Tail?.Line);
}
