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

    // Rendered before, though Helm refuses it: the mistake stayed in the chart until somebody used Helm.
    [Theory]
    [InlineData("""{"type": 3}""", "", "2020-12", "- at '': 'allOf' failed\n  - at '/type': 'anyOf' failed\n    - at '/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'\n    - at '/type': got number, want array")]
    [InlineData("1", "", "2020-12", "- at '': got number, want boolean or object")]
    [InlineData("""{"properties": true}""", "", "2020-12", "- at '': 'allOf' failed\n  - at '/properties': got boolean, want object")]
    [InlineData("""{"items": []}""", "", "2020-12", "- at '': 'allOf' failed\n  - at '/items': got array, want boolean or object")]
    [InlineData("""{"properties": {"a": {"required": "b"}}}""", "", "2020-12", "- at '': 'allOf' failed\n  - at '/properties/a': 'allOf' failed\n    - at '/properties/a/required': got string, want array")]
    [InlineData("""{"properties": {"a": {"pattern": "(b"}}}""", "", "2020-12", "- at '': 'allOf' failed\n  - at '/properties/a': 'allOf' failed\n    - at '/properties/a/pattern': '(b' is not valid regex: error parsing regexp: missing closing ): `(b`")]
    [InlineData("""{"$schema": "http://json-schema.org/schema#", "minLength": -1}""", "", "2020-12", "- at '': 'allOf' failed\n  - at '/minLength': minimum: got -1, want 0")]
    [InlineData("""{"$schema": "https://json-schema.org/draft/2019-09/schema", "properties": {"a": {"type": "text"}}}""", "", "2019-09", "- at '': 'allOf' failed\n  - at '/properties/a': 'allOf' failed\n    - at '/properties/a/type': 'anyOf' failed\n      - at '/properties/a/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'\n      - at '/properties/a/type': got string, want array")]
    [InlineData("""{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"required": true}}}""", "", "07", "- at '/properties/a/required': got boolean, want array")]
    [InlineData("""{"$schema": "http://json-schema.org/draft-07/schema", "$ref": "#/extra/b", "extra": {"b": {"enum": 1}}}""", "/extra/b", "07", "- at '/enum': got number, want array")]
    [InlineData("""{"$schema": "http://json-schema.org/draft-06/schema#", "const": 1, "contains": 1}""", "", "06", "- at '/contains': got number, want boolean or object")]
    [InlineData("""{"$schema": "http://json-schema.org/draft-04/schema#", "id": 1, "exclusiveMinimum": 1}""", "", "04", "- at '': properties 'minimum' required, if 'exclusiveMinimum' exists\n- at '/exclusiveMinimum': got number, want boolean\n- at '/id': got number, want string")]
    public void A_schema_that_its_draft_does_not_allow_is_refused_as_Helm_refuses_it(string schema, string at, string draft, string expected)
    {
        var error = Assert.Throws<ChartException>(() => SchemaValidator.Check(Encoding.UTF8.GetBytes(schema), GoYaml.Read("{}")));
        var metaschema = draft.StartsWith('0') ? $"http://json-schema.org/draft-{draft}/schema#" : $"https://json-schema.org/draft/{draft}/schema#";
        Assert.Equal($"\"file:///values.schema.json#{at}\" is not valid against metaschema: jsonschema validation failed with '{metaschema}'\n{expected}", error.Message);
    }

    [Theory]
    [InlineData("", "EOF")]
    [InlineData("""{"a": """, "unexpected EOF")]
    [InlineData("""{a}""", "invalid character 'a' looking for beginning of object key string")]
    // Nobody reads "a": Helm compiles it all the same.
    [InlineData("""{"properties": {"a": {"$ref": "#/$defs/no"}}}""", "json-pointer in \"file:///values.schema.json#/$defs/no\" not found")]
    [InlineData("""{"properties": {"a": {"$ref": "#no"}}}""", "anchor in \"file:///values.schema.json#no\" not found in schema \"file:///values.schema.json\"")]
    [InlineData("""{"$schema": "mine"}""", "failing loading \"mine\": no URLLoader registered for \"mine\"")]
    [InlineData("""{"$schema": "file:///values.schema.json"}""", "draft \"file:///values.schema.json\" is not supported")]
    [InlineData("""{"$schema": "https://example.com/schema"}""", "failing loading \"https://example.com/schema\": other documents than values.schema.json are not read")]
    [InlineData("""{"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}}""", "duplicate anchor \"x\" in \"file:///values.schema.json\" at \"/$defs/a\" and \"/$defs/b\"")]
    [InlineData("""{"$schema": "http://json-schema.org/draft-04/schema#", "patternProperties": {"(": {}}}""", "invalid regex \"(\" at \"file:///values.schema.json#/patternProperties\": error parsing regexp: missing closing ): `(`")]
    public void A_schema_that_cannot_be_used_is_refused_in_the_words_of_Helms_library(string schema, string expected)
    {
        Assert.Equal(expected, Assert.Throws<ChartException>(() => SchemaValidator.Check(Encoding.UTF8.GetBytes(schema), GoYaml.Read("{}"))).Message);
    }

    [Theory]
    // Only a reference that somebody follows must lead somewhere.
    [InlineData("""{"$defs": {"a": {"$ref": "#/no"}}}""", "{}", "")]
    // What only looks like a name or a draft is none.
    [InlineData("""{"default": {"$id": "x", "$schema": "nothing"}, "properties": {"b": {"const": {"$id": "x"}}}}""", "{}", "")]
    [InlineData("""{"$ref": "http://json-schema.org/draft-07/schema#"}""", "{type: object}", "")]
    [InlineData("""{"properties": {"a": {"$ref": "urn:example:any"}}}""", "a: 1", "")]
    [InlineData("""{"$schema": "urn:example:mine", "type": "object"}""", "{}", "")]
    [InlineData("""{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}""", "{}", "- at '': both /$ref/$ref/$ref and /$ref resolve to \"file:///values.schema.json#/$defs/a\" causing reference cycle\n")]
    // A part with a name of its own can be of another draft: "items" holds a list.
    [InlineData("""{"properties": {"l": {"$ref": "old.json"}}, "$defs": {"old": {"$id": "old.json", "$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}], "additionalItems": false}}}""", "l: [1, 2]", "- at '/l': validation failed\n  - at '/l': last 1 additionalItem(s) not allowed\n  - at '/l/0': got number, want string\n")]
    // A tree of which a later schema says more: $dynamicRef leads to the outer one.
    [InlineData("""{"$id": "https://example.com/strict", "$dynamicAnchor": "node", "$ref": "tree", "unevaluatedProperties": false, "$defs": {"tree": {"$id": "tree", "$dynamicAnchor": "node", "properties": {"children": {"items": {"$dynamicRef": "#node"}}}}}}""", "{children: [{wrong: 1}]}", "- at '/children/0/wrong': false schema\n- at '/children': false schema\n")]
    [InlineData("""{"properties": {"a": {"format": "uri"}}, "$schema": "http://json-schema.org/draft-07/schema#"}""", "a: ':no'", "- at '/a': ':no' is not valid uri: parse \":no\": missing protocol scheme\n")]
    public void References_drafts_and_names_mean_what_they_mean_to_Helm(string schema, string values, string expected)
    {
        Assert.Equal(expected, SchemaValidator.Text(SchemaValidator.Check(Encoding.UTF8.GetBytes(schema), GoYaml.Read(values))));
    }

    // Formats of later drafts were not looked at, and dates had one complaint for all.
    [Theory]
    [InlineData("duration", "5m", "must start with P")]
    [InlineData("duration", "P", "nothing after P")]
    [InlineData("duration", "P1Y2M3DT4H5M6S", null)]
    [InlineData("duration", "P2W", null)]
    [InlineData("duration", "P1D2Y", "unit 'Y' out of order")]
    [InlineData("duration", "PT1D", "invalid unit 'D'")]
    [InlineData("duration", "P1DT", "no time elements")]
    [InlineData("duration", "PT5", "missing unit")]
    [InlineData("period", "P1D", "missing slash")]
    [InlineData("period", "2024-01-01T00:00:00Z/P1D", null)]
    [InlineData("period", "P1D/now", "invalid end date-time: less than 20 characters long")]
    [InlineData("json-pointer", "a", "not starting with /")]
    [InlineData("json-pointer", "/a~2", "~ must be followed by 0 or 1")]
    [InlineData("relative-json-pointer", "01/a", "starts with zero")]
    [InlineData("relative-json-pointer", "0#", null)]
    [InlineData("relative-json-pointer", "/a", "must start with non-negative integer")]
    [InlineData("uri-template", "https://a.example/{b}/c", null)]
    [InlineData("uri-template", "https://a.example/{b/c", "no matching closing brace")]
    [InlineData("uri-template", "https://a.example/{{b}}", "nested curly braces")]
    [InlineData("time", "10:10:60Z", "invalid leap second")]
    [InlineData("time", "23:59:60Z", null)]
    [InlineData("time", "01:29:60+01:30", null)]
    [InlineData("time", "-1:00:00Z", "non-positive hour/min/sec")]
    [InlineData("uri", "http://fe80::1/x", "parse \"http://fe80::1/x\": invalid port \"::1\" after host")]
    [InlineData("uri", "http://[fe80::1]:80/x", null)]
    [InlineData("date", "2024-13-01", "parsing time \"2024-13-01\": month out of range")]
    [InlineData("date", "2024-02-30", "parsing time \"2024-02-30\": day out of range")]
    [InlineData("date", "2024-1-01", "parsing time \"2024-1-01\" as \"2006-01-02\": cannot parse \"1-01\" as \"01\"")]
    public void Formats_are_asserted_up_to_draft_7(string format, string text, string? complaint)
    {
        foreach (var draft in (string[])["draft-04", "draft-06", "draft-07"])
        {
            var schema = $$"""{"$schema": "http://json-schema.org/{{draft}}/schema#", "properties": {"a": {"format": "{{format}}"} } }""";
            var expected = complaint is null ? "" : $"- at '/a': '{text}' is not valid {format}: {complaint}\n";
            Assert.Equal(expected, SchemaValidator.Text(SchemaValidator.Check(Encoding.UTF8.GetBytes(schema), new Dictionary<string, object?> { ["a"] = text })));
        }
    }

    [Fact]
    public void References_that_double_with_every_step_end()
    {
        var definitions = string.Join(", ", Enumerable.Range(0, 60).Select(i => $$"""
            "d{{i}}": {"allOf": [{"$ref": "#/$defs/d{{i + 1}}"}, {"$ref": "#/$defs/d{{i + 1}}"}]}
            """));
        var schema = $$"""{"$ref": "#/$defs/d0", "$defs": { {{definitions}}, "d60": {"type": "object"} } }""";
        Assert.Equal("values.schema.json asks for more than 2000000 checks", Assert.Throws<ChartException>(() => SchemaValidator.Check(Encoding.UTF8.GetBytes(schema), GoYaml.Read("{}"))).Message);
    }

    [Fact]
    public void Broken_schemas_of_a_chart_and_its_subchart_follow_one_another_without_a_line_between()
    {
        var schema = Encoding.UTF8.GetBytes("""{"type": 3}""");
        var sub = new Chart { Metadata = new Metadata { Name = "sub", Version = "1.0.0" }, Schema = schema };
        var chart = new Chart { Metadata = new Metadata { Name = "top", Version = "1.0.0" }, Schema = schema, Dependencies = [sub] };
        var error = Assert.Throws<RenderException>(() => SchemaValidator.Validate(chart, GoYaml.ReadTable("sub: {}")));
        const string Broken = "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/type': 'anyOf' failed\n    - at '/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'\n    - at '/type': got number, want array";
        Assert.Equal($"values don't meet the specifications of the schema(s) in the following chart(s):\ntop:\n{Broken}sub:\n{Broken}", error.Message);
    }

    [Fact]
    public void A_schema_that_refers_to_another_document_stands_in_the_list_of_charts()
    {
        var chart = new Chart { Metadata = new Metadata { Name = "far", Version = "1.0.0" }, Schema = Encoding.UTF8.GetBytes("""{"properties": {"a": {"$ref": "https://example.com/x.json#/y"}}}""") };
        var error = Assert.Throws<RenderException>(() => SchemaValidator.Validate(chart, GoYaml.ReadTable("a: 1")));
        Assert.Equal("values don't meet the specifications of the schema(s) in the following chart(s):\nfar:\nfailing loading \"https://example.com/x.json\": other documents than values.schema.json are not read", error.Message);
    }
}
