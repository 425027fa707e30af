using Portal.Helm.Yaml;
using Portal.Server.Features.Values;
using Portal.Testing;

namespace Portal.Server.Tests.Values;

/// <summary>A key that a template or the schema knows was called unknown: whoever believed it took out a setting that worked.</summary>
public sealed class KnownKeysTests
{
    private static readonly Portal.Helm.Charts.Chart Chart = TestChart.Make(
        "demo", "1.0.0",
        ("values.yaml", "image: {tag: v1}\nservice:\n  port: 80\n  # nodePort: 30000\nextra: {}\nname: x\n"),
        ("values.schema.json", """{"properties":{"image":{"properties":{"digest":{"type":"string"}}},"tls":{"type":"object"},"level":{"properties":{"app":{}}}}}"""),
        ("templates/a.yaml", "kind: ConfigMap\nmetadata: {name: a}\ndata: {a: {{ .Values.service.nodePort | default 1 | quote }}, b: {{ .Values.hostAlias | default \"x\" | quote }}}\n"),
        ("templates/all.yaml", "kind: Secret\nmetadata: {name: all}\nstringData: {all: {{ toYaml .Values | quote }}}\n"));

    [Theory]
    [InlineData("image: {digest: x}", "image.digest", true)]
    [InlineData("service: {nodePort: 1}", "service.nodePort", true)]
    [InlineData("hostAlias: x", "hostAlias", true)]
    [InlineData("tls: {any: {thing: x}}", "tls.any.thing", true)]
    [InlineData("extra: {any: x}", "extra.any", true)]
    [InlineData("global: {a: x}", "global.a", true)]
    [InlineData("image: {tga: x}", "image.tga", false)]
    [InlineData("level: {other: x}", "level.other", false)]
    [InlineData("name: {a: x}", "name.a", false)]
    [InlineData("nmae: x", "nmae", false)]
    public void Defaults_schema_and_templates_know_keys(string text, string path, bool known) => Assert.Equal(known, KnownKeys.Of(Chart).Origin(path, GoYaml.ReadTable(text)).Known);

    [Fact]
    public void A_value_may_be_the_default_s()
    {
        Assert.Equal((true, true), KnownKeys.Of(Chart).Origin("service.port", GoYaml.ReadTable("service: {port: 80}")));
        Assert.Equal((true, false), KnownKeys.Of(Chart).Origin("service.port", GoYaml.ReadTable("service: {port: 81}")));
    }
}
