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
    [InlineData("a = 1.0e-2\nb = 10000e-2\n", """{"a":0.01,"b":100}""")]
    public void What_is_TOML_is_read(string text, string expected) => Assert.Equal(expected, GoJson.Write(GoToml.Read(text)));

    [Theory]
    [InlineData("[a]\nb = 1\n[a]\n", "toml: line 3: Key 'a' has already been defined.")]
    [InlineData("a = 1\n[a.b]\n", "toml: line 2: Key 'a' was already created as a hash.")]
    [InlineData("a = 1 b = 2\n", "toml: line 1: expected a top-level item to end with a newline, comment, or EOF, but got 'b' instead")]
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

    /// <summary>Documents as a template writes them, and what BurntSushi/toml says of each.</summary>
    [Theory]
    [InlineData("[x.a]\\n[x.a]", "toml: line 2 (last key \"x\"): Key 'x.a' has already been defined.")]
    [InlineData("[a]\\nb = 1\\nb = 2", "toml: line 3 (last key \"a.b\"): Key 'a.b' has already been defined.")]
    [InlineData("[a]\\nb = 1 c", "toml: line 2 (last key \"a\"): expected a top-level item to end with a newline, comment, or EOF, but got 'c' instead")]
    [InlineData("[a]\\nb", "toml: line 2 (last key \"a\"): unexpected EOF; expected key separator '='")]
    [InlineData("[a]\\n[b", "toml: line 2 (last key \"a\"): expected '.' or ']' to end table name, but got '\\x00' instead")]
    [InlineData("[a]\\n= 1", "toml: line 2 (last key \"a\"): unexpected '=': key name appears blank")]
    [InlineData("a = {b = 1 c = 2}", "toml: line 1 (last key \"a.b\"): expected a comma or an inline table terminator '}', but got 'c' instead")]
    [InlineData("a = {b = 1, b = 2}", "toml: line 1 (last key \"a.b\"): Key 'a.b' has already been defined.")]
    [InlineData("a.b = {c = 1, c = 2}", "toml: line 1 (last key \"a.b.c\"): Key 'a.b.c' has already been defined.")]
    [InlineData("a = [1 2]", "toml: line 1 (last key \"a\"): expected a comma (',') or array terminator (']'), but got '2'")]
    [InlineData("a = \\\"ab\\\\u12\\\"", "toml: line 1 (last key \"a\"): expected four hexadecimal digits after '\\u', but got \"ab\\\\u12\\\"\" instead")]
    [InlineData("a = \\\"ab\\\\xzz\\\"", "toml: line 1 (last key \"a\"): expected two hexadecimal digits after '\\x', but got \"ab\\\\xz\" instead")]
    [InlineData("a = \\\"\\\\ud800\\\"", "toml: line 1 (last key \"a\"): Escaped character '\\ud800' is not valid UTF-8.")]
    [InlineData("a = 0b2", "toml: line 1 (last key \"a\"): not a binary number: '0b2'")]
    [InlineData("a = 0x_1", "toml: line 1 (last key \"a\"): not a hexadecimal number: '0x_'")]
    [InlineData("a = -", "toml: line 1 (last key \"a\"): expected a digit but got '\\x00'")]
    [InlineData("a = +x", "toml: line 1 (last key \"a\"): expected a digit but got 'x'")]
    [InlineData("a = +.1", "toml: line 1 (last key \"a\"): floats must start with a digit, not '.'")]
    [InlineData("a = \\\"\\xff\\\"", "toml: line 1 (last key \"a\"): invalid UTF-8 byte: 0xff")]
    [InlineData("# \\xff", "toml: line 1: invalid UTF-8 byte: 0xff")]
    [InlineData("a = 1 # \\xff", "toml: line 1: invalid UTF-8 byte: 0xff")]
    [InlineData("[a.b]\\nc = 1\\n[a]\\nb = 2", "toml: line 4 (last key \"a.b\"): Key 'a.b' has already been defined.")]
    [InlineData("a.b = 1\\na = 2\\na = 3", "toml: line 3 (last key \"a\"): Key 'a' has already been defined.")]
    [InlineData("a = 1\\na.b = 2", "toml: line 2 (last key \"a.b\"): Key 'a' has already been defined.")]
    [InlineData("a = 1\\n[a.b]", "toml: line 2: Key 'a' was already created as a hash.")]
    [InlineData("a = 1979-05-27T07:32:60Z\\n", "toml: line 1 (last key \"a\"): invalid datetime: \"1979-05-27T07:32:60Z\"")]
    [InlineData("a = 1979-5-27", "toml: line 1 (last key \"a\"): invalid datetime: \"1979-5-27\"")]
    [InlineData("\\n\\na = tru", "toml: line 3 (last key \"a\"): expected value but found \"tru\" instead")]
    [InlineData("a = \\\"\\\"\\\"x\\ny\\\\q\\\"\\\"\\\"", "toml: line 2 (last key \"a\"): invalid escape in string '\\q'")]
    [InlineData("a = inf\\nb = -nan\\nc = 1e400", "toml: line 3 (last key \"c\"): 1e400 is out of range for float64")]
    [InlineData("a = 1.5_", "toml: line 1 (last key \"a\"): Invalid float \"1.5_\": underscores must be surrounded by digits")]
    [InlineData("a = _1", "toml: line 1 (last key \"a\"): expected value but found '_' instead")]
    [InlineData("a = 1e", "toml: line 1 (last key \"a\"): Invalid float value: \"1e\"")]
    [InlineData("a = 1.2.3", "toml: line 1 (last key \"a\"): Invalid float value: \"1.2.3\"")]
    [InlineData("a = \\\"x\\\" \\\"y\\\"", "toml: line 1: expected a top-level item to end with a newline, comment, or EOF, but got '\"' instead")]
    [InlineData("a = 1\\na = 2", "toml: line 2 (last key \"a\"): Key 'a' has already been defined.")]
    [InlineData("a = ", "toml: line 1 (last key \"a\"): unexpected EOF; expected value")]
    [InlineData("= 1", "toml: line 1: unexpected '=': key name appears blank")]
    [InlineData("a", "toml: line 1: unexpected EOF; expected key separator '='")]
    [InlineData("[a", "toml: line 1: expected '.' or ']' to end table name, but got '\\x00' instead")]
    [InlineData("[a]\\n[a]", "toml: line 2: Key 'a' has already been defined.")]
    [InlineData("a = 'x", "toml: line 1 (last key \"a\"): unexpected EOF; expected \"'\"")]
    [InlineData("a = \\\"x", "toml: line 1 (last key \"a\"): unexpected EOF; expected '\"'")]
    [InlineData("a = \\\"\\\\q\\\"", "toml: line 1 (last key \"a\"): invalid escape in string '\\q'")]
    [InlineData("a = 1__2", "toml: line 1 (last key \"a\"): Invalid integer \"1__2\": underscores must be surrounded by digits")]
    [InlineData("a = 01", "toml: line 1 (last key \"a\"): Invalid integer \"01\": cannot have leading zeroes")]
    [InlineData("a = [1", "toml: line 1 (last key \"a\"): expected a comma (',') or array terminator (']'), but got end of file")]
    [InlineData("a = {b = 1", "toml: line 1 (last key \"a.b\"): expected a comma or an inline table terminator '}', but got end of file instead")]
    [InlineData("a = tru", "toml: line 1 (last key \"a\"): expected value but found \"tru\" instead")]
    [InlineData("a = 1.e", "toml: line 1 (last key \"a\"): Invalid float \"1.e\": '.' must be followed by one or more digits")]
    [InlineData("a = 1 b = 2", "toml: line 1: expected a top-level item to end with a newline, comment, or EOF, but got 'b' instead")]
    [InlineData("a = \\\"\\\\u12\\\"", "toml: line 1 (last key \"a\"): expected four hexadecimal digits after '\\u', but got \"\\\\u12\\\"\" instead")]
    [InlineData("a = \\\"x\\ny\\\"", "toml: line 1 (last key \"a\"): strings cannot contain newlines")]
    [InlineData("a = 99999999999999999999", "toml: line 1 (last key \"a\"): 99999999999999999999 is out of range for int64")]
    [InlineData("\\xff = 1", "toml: line 1: invalid UTF-8 byte: 0xff")]
    [InlineData("a = 1979-05-27T07:32:60Z", "toml: line 1 (last key \"a\"): invalid datetime: \"1979-05-27T07:32:60Z\"")]
    [InlineData("[[a]]\\n[a]", "toml: line 2: Key 'a' has already been defined.")]
    [InlineData("a = 1\\n[[a]]", "toml: line 2: Key 'a' was already created and cannot be used as an array.")]
    [InlineData("a = +", "toml: line 1 (last key \"a\"): expected a digit but got '\\x00'")]
    [InlineData("a b = 1", "toml: line 1: expected '.' or '=', but got 'b' instead")]
    [InlineData("[]", "toml: line 1: unexpected end of table name (table names cannot be empty)")]
    [InlineData("[a.]", "toml: line 1: unexpected end of table name (table names cannot be empty)")]
    [InlineData("a = ,", "toml: line 1 (last key \"a\"): expected value but found ',' instead")]
    public void A_fault_is_told_as_the_library_does(string document, string message) => Assert.Equal(message, TextChart.Render($"{{{{ (fromToml \"{document}\").Error }}}}"));

    /// <summary>The library lets a table that a dotted key has made take the place of a value, once.</summary>
    [Fact]
    public void A_table_of_a_dotted_key_stays_where_a_value_would_be() => Assert.Equal("map[a:map[b:1]]", TextChart.Render("{{ fromToml \"a.b = 1\\na = 2\" }}"));
}
