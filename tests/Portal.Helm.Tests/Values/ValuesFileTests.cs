using Portal.Helm.Values;
using Portal.Helm.Yaml;

namespace Portal.Helm.Tests.Values;

/// <summary>Files of values as Helm 4 takes them: several documents, laid over each other.</summary>
public sealed class ValuesFileTests
{
    [Theory]
    [InlineData("a: {v: 1, w: 1}\n---\na: {w: 2}\n", """{"a":{"v":1,"w":2}}""")]
    [InlineData("--- # first\na: 1\n--- # nothing\n# a comment\n", """{"a":1}""")]
    [InlineData("", "{}")]
    public void Later_documents_lie_over_earlier_ones(string text, string expected) => Assert.Equal(expected, GoJson.Write(ValuesFile.Read(text)));

    // Each line is read with its end, and the last one gets one.
    [Theory]
    [InlineData("a: |\n  b", """{"a":"b\n"}""")]
    [InlineData("a: |\n  b\n---\nc: >+\n  d", """{"a":"b\n","c":"d\n"}""")]
    public void The_last_line_ends_where_the_file_does_not_end_it(string text, string expected) => Assert.Equal(expected, GoJson.Write(ValuesFile.Read(text)));

    [Theory]
    [InlineData("a: 'b", "cannot unmarshal yaml document: error converting YAML to JSON: yaml: line 2: found unexpected end of stream", 1)]
    [InlineData("a: 1\n--- b\n", "error reading yaml document: invalid Yaml document separator: b", 2)]
    [InlineData("a: 1\n---\nb: [\n", "cannot unmarshal yaml document: error converting YAML to JSON: yaml: ", 4)]
    [InlineData("- a\n", "cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}", 1)]
    public void A_fault_has_Helms_words_and_its_line_in_the_file(string text, string expected, int line)
    {
        var error = Assert.Throws<YamlException>(() => ValuesFile.Read(text));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(line, error.Line);
    }
}
