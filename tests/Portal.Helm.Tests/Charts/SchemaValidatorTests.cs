using System.Text;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Yaml;

namespace Portal.Helm.Tests.Charts;

/// <summary>What santhosh-tekuri/jsonschema says, beyond the cases of the conformance suite.</summary>
public sealed class SchemaValidatorTests
{
    [Theory]
    // A property may be called like a keyword: a public chart's "default" held a reference, and the check ended with a crash.
    [InlineData("""{"properties": {"default": {"properties": {"a": {"$ref": "#/$defs/text"}}}}, "$defs": {"text": {"type": "string"}}}""", "default: {a: 1}", "- at '/default/a': got number, want string\n")]
    [InlineData("""{"$ref": "#/$defs/both", "$defs": {"both": {"required": ["a"], "minProperties": 3}}}""", "b: 1", "- at '': validation failed\n  - at '': minProperties: got 1, want 3\n  - at '': missing property 'a'\n")]
    [InlineData("""{"required": ["a"], "minProperties": 3}""", "b: 1", "- at '': minProperties: got 1, want 3\n- at '': missing property 'a'\n")]
    [InlineData("""{"properties": {"a": {"anyOf": [{"type": "string"}, {"minimum": 1000, "multipleOf": 0.1}]}}}""", "a: 0.3", "- at '/a': 'anyOf' failed\n  - at '/a': got number, want string\n  - at '/a': minimum: got 0.3, want 1,000\n")]
    [InlineData("""{"properties": {"a": {"type": ["integer", "null"]}}}""", "a: x", "- at '/a': got string, want null or integer\n")]
    [InlineData("""{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"format": "ipv4"}}}""", "a: 1.2.3", "- at '/a': '1.2.3' is not valid ipv4: expected four decimals\n")]
    [InlineData("""{"properties": {"a": {"format": "ipv4"}}}""", "a: 1.2.3", "")]
    [InlineData("""{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "#/definitions/t", "minLength": 9}}, "definitions": {"t": {"type": "string"}}}""", "a: x", "")]
    [InlineData("""{"$defs": {"t": {"$anchor": "name", "maxLength": 2}}, "properties": {"a": {"$ref": "#name", "minLength": 9}}}""", "a: abc", "- at '/a': maxLength: got 3, want 2\n- at '/a': minLength: got 3, want 9\n")]
    [InlineData("""{"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": false}""", "{a: 1, b: 2}", "- at '/b': false schema\n")]
    [InlineData("""{"dependentRequired": {"a": ["b", "c"]}}""", "a: 1", "- at '': properties 'b', 'c' required, if 'a' exists\n")]
    [InlineData("""{"properties": {"a": {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}, "contains": {"const": 5}}}}""", "a: [x, w]", "- at '/a/1': got string, want integer\n- at '/a': no items match contains schema\n  - at '/a/0': value must be 5\n  - at '/a/1': value must be 5\n")]
    public void Values_that_do_not_fit_are_named_as_Helm_names_them(string schema, string values, string expected)
    {
        var errors = SchemaValidator.Check(Encoding.UTF8.GetBytes(schema), GoYaml.Read(values));
        Assert.Equal(expected, SchemaValidator.Text(errors));
    }

    [Fact]
    public void A_schema_that_refers_to_another_document_stands_in_the_list_of_charts()
    {
        var chart = new Chart { Metadata = new Metadata { Name = "far", Version = "1.0.0" }, Schema = Encoding.UTF8.GetBytes("""{"properties": {"a": {"$ref": "https://example.com/x.json#/y"}}}""") };
        var error = Assert.Throws<RenderException>(() => SchemaValidator.Validate(chart, GoYaml.ReadTable("a: 1")));
        Assert.Equal("values don't meet the specifications of the schema(s) in the following chart(s):\nfar:\nfailing loading \"https://example.com/x.json\": other documents than values.schema.json are not read", error.Message);
    }
}
