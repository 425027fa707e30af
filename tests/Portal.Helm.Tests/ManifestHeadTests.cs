using Portal.Helm.Rendering;
using static Portal.Helm.Tests.TextChart;

namespace Portal.Helm.Tests;

/// <summary>What Helm decodes of every manifest before it sorts them: annotations that were a text were printed where Helm ends.</summary>
public sealed class ManifestHeadTests
{
    private const string Metadata = "SimpleHead.metadata of type struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }";

    [Theory]
    [InlineData("metadata: {annotations: text}", "string into Go struct field .metadata.annotations of type map[string]string")]
    [InlineData("metadata: {annotations: \"\"}", "string into Go struct field .metadata.annotations of type map[string]string")]
    [InlineData("metadata: {annotations: [a], name: [b]}", "array into Go struct field .metadata.annotations of type map[string]string")]
    [InlineData("metadata: {annotations: 1.5}", "number into Go struct field .metadata.annotations of type map[string]string")]
    [InlineData("metadata: {annotations: {a: {b: c}}}", "object into Go struct field .metadata.annotations of type string")]
    [InlineData("metadata: {Annotations: true}", "bool into Go struct field .metadata.annotations of type map[string]string")]
    [InlineData("metadata: text", "string into Go struct field " + Metadata)]
    [InlineData("Metadata: [a]", "array into Go struct field " + Metadata)]
    [InlineData("KIND: [a]", "array into Go struct field SimpleHead.kind of type string")]
    [InlineData("{apiVersion: [a], kind: [b]}", "array into Go struct field SimpleHead.apiVersion of type string")]
    public void A_field_that_has_not_its_type_ends_the_rendering(string manifest, string fault) => Assert.Equal(
        "YAML parse error on demo/templates/x.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal " + fault,
        Assert.Throws<RenderException>(() => Split(manifest)).Message);

    [Theory]
    [InlineData("Kind: Secret\nMETADATA: {NAME: a, Annotations: {helm.sh/hook: test}}\n")]
    [InlineData("kind: Secret\nmetadata: {name: a, annotations: {helm.sh/hook: test}}\n")]
    public void The_case_of_a_key_does_not_matter(string manifest)
    {
        var hook = Assert.Single(Split(manifest).Hooks);
        Assert.Equal(("Secret", "a"), (hook.Kind, hook.Name));
    }

    [Theory]
    [InlineData("kind: Secret\nmetadata:\n")]
    [InlineData("kind: Secret\nmetadata: {annotations: null}\n")]
    public void What_is_null_is_left_out(string manifest) => Assert.Equal("Secret", Assert.Single(Split(manifest).Documents).Kind);

    private static RenderResult Split(string manifest) =>
        new ChartRenderer().Render(Of(("templates/x.yaml", manifest)), [], new ReleaseOptions("rel", "ns"));
}
