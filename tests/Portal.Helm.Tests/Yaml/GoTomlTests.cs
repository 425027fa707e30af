using Portal.Helm.Yaml;

namespace Portal.Helm.Tests.Yaml;

/// <summary>TOML 1.0 (toml.io/en/v1.0.0), read as BurntSushi/toml reads it; the suite has Helm's own results.</summary>
public sealed class GoTomlTests
{
    [Theory]
    [InlineData("a = 1\n[t.u] # comment\nb = 'x'\n[t]\nc = 2\n", """{"a":1,"t":{"c":2,"u":{"b":"x"}}}""")]
    [InlineData("[[p]]\nn = 1\n[p.q]\nx = true\n[[p]]\nn = 2\n", """{"p":[{"n":1,"q":{"x":true}},{"n":2}]}""")]
    [InlineData("a.b.'c d' = 1\na.\"e\" = 2\n", """{"a":{"b":{"c d":1},"e":2}}""")]
    [InlineData("l = [ 1, # one\n 2,\n]\nt = { a = 1, b = { c = [ ] } }\n", """{"l":[1,2],"t":{"a":1,"b":{"c":[]}}}""")]
    [InlineData("a = \"\"\"\nx\\\n   y\"\"\"\nb = '''\n'z' '''\nc = \"\\u00e9\\t\"\n", """{"a":"xy","b":"'z' ","c":"é\t"}""")]
    [InlineData("a = 0x1F\nb = 1_000\nc = -0.5e1\nd = +3\ne = 0o17\nf = 0b11\n", """{"a":31,"b":1000,"c":-5,"d":3,"e":15,"f":3}""")]
    [InlineData("a = 1979-05-27T07:32:00-08:00\nb = 1979-05-27 07:32:00.5\nc = 07:32:00\n", """{"a":"1979-05-27T07:32:00-08:00","b":"1979-05-27T07:32:00.5Z","c":"0000-01-01T07:32:00Z"}""")]
    public void What_is_TOML_is_read(string text, string expected) => Assert.Equal(expected, GoJson.Write(GoToml.Read(text)));

    [Theory]
    [InlineData("[a]\nb = 1\n[a]\n", "toml: line 3 (last key \"a\"): Key 'a' has already been defined.")]
    [InlineData("a = 1\n[a.b]\n", "toml: line 2 (last key \"a.b\"): Key 'a.b' was already created as a hash.")]
    [InlineData("a = 1 b = 2\n", "toml: line 1 (last key \"a\"): expected a top-level item to end with a newline, comment, or EOF, but got 'b' instead")]
    [InlineData("a = [1\n", "toml: line 1 (last key \"a\"): expected a comma (',') or array terminator (']'), but got end of file")]
    [InlineData("a = 01\n", "toml: line 1 (last key \"a\"): Invalid integer \"01\": cannot have leading zeroes")]
    [InlineData("= 1\n", "toml: line 1: unexpected '=': key name appears blank")]
    public void What_is_none_is_said_in_BurntSushis_words(string text, string expected) => Assert.Equal(expected, Assert.Throws<TomlException>(() => GoToml.Read(text)).Message);

    [Fact]
    public void Lists_in_lists_end_somewhere()
    {
        var error = Assert.Throws<TomlException>(() => GoToml.Read("a = " + new string('[', 100_000)));
        Assert.Contains("exceeds maximum array depth", error.Message, StringComparison.Ordinal);
    }
}
