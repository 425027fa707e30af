using System.Text;
using Portal.Core.Values;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Server.Data;
using Portal.Server.Features.Values;
using Portal.Testing;

namespace Portal.Server.Tests.Values;

/// <summary>A chart whose values.schema.json is no schema, or no JSON: Helm refuses the chart, and the editor answered "the server failed" without a word why.</summary>
public sealed class BrokenSchemaTests
{
    private static Chart With(string schema) => TestChart.Make("demo", "1.0.0", ("values.yaml", "# How many\nreplicas: 1\npassword: x\n"), ("values.schema.json", schema));

    [Theory]
    [InlineData("""{"properties": {"replicas": {"type": "int"}}}""", "\"file:///values.schema.json#\" is not valid against metaschema")]
    [InlineData("""{"properties": """, "unexpected EOF")]
    [InlineData("""{"$ref": "#/nowhere"}""", "json-pointer in \"file:///values.schema.json#/nowhere\" not found")]
    public void The_verdict_says_that_no_values_help(string schema, string why)
    {
        const string Typed = "replicas: 2\npassword: y\n";
        var secrets = new SecretScalars(new SecretBox(Encoding.ASCII.GetBytes(new string('k', 32))));
        var verdict = ValuesVerdict.Of(secrets.Unmask(Typed, Typed, "r", 1, SecretScalars.FromSchemas(With(schema))), With(schema));
        Assert.False(verdict.Valid);
        var problem = Assert.Single(verdict.Problems, p => p.Level == ProblemLevel.Error);
        Assert.StartsWith("No values help: demo 1.0.0 has a values.schema.json that cannot be used, and Helm refuses the chart for it. " + why, problem.Message, StringComparison.Ordinal);
        Assert.Equal(["replicas", "password"], verdict.Keys.Select(k => k.Path));
    }

    [Theory]
    [InlineData("{\"properties\": ")]
    [InlineData("""{"properties": [], "required": "replicas", "allOf": {}, "$ref": 1}""")]
    [InlineData("""{"properties": {"replicas": {"type": 3, "enum": {}, "description": [], "default": null, "properties": 1}}}""")]
    [InlineData("7")]
    public void The_keys_are_those_of_the_defaults(string schema)
    {
        var keys = ChartKeys.Of(With(schema));
        Assert.Equal(["password", "replicas"], keys.Select(k => k.Path));
        Assert.Equal("How many", keys[1].Description);
    }

    [Theory]
    [InlineData("{\"properties\": ")]
    [InlineData("""{"properties": [], "required": "replicas"}""")]
    public void Overrides_are_reported_without_it(string schema)
    {
        var report = OverrideRules.Of(new OverrideInput(With(schema), With(schema), "replicas: 3\n", 1, [], new ReleaseOptions("demo", "ns"), Capabilities.Default, new ChartRenderer())).Report;
        Assert.DoesNotContain(report.Keys, k => k.IsAlarm);
    }
}
