using Portal.Helm.Rendering;
using static Portal.Helm.Tests.TextChart;

namespace Portal.Helm.Tests;

/// <summary>range in text/template (exec.go, walkRange): what its variables hold, and the type of its elements.</summary>
public sealed class RangeTests
{
    // They kept their value where nothing was ranged over.
    [Theory]
    [InlineData("{{ $x := 1 }}{{ range $x = list }}{{ end }}{{ $x }}", "[]")]
    [InlineData("{{ $x := 1 }}{{ $y := 2 }}{{ range $x, $y = list }}{{ end }}{{ $x }}{{ $y }}", "[][]")]
    [InlineData("{{ $x := 1 }}{{ range $x = list 5 6 }}{{ end }}{{ $x }}", "6")]
    [InlineData("{{ $x := 1 }}{{ $y := 2 }}{{ range $x, $y = list 5 6 }}{{ end }}{{ $x }}{{ $y }}", "16")]
    public void Variables_that_are_assigned_hold_all_first(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("{{ range until 1 }}{{ .a }}{{ end }}", "in type int")]
    [InlineData("{{ range 2 }}{{ .a }}{{ end }}", "in type int")]
    [InlineData("{{ range splitList \",\" \"a\" }}{{ .a }}{{ end }}", "in type string")]
    [InlineData("{{ range list 1 }}{{ .a }}{{ end }}", "in type interface {}")]
    [InlineData("{{ range dict \"k\" 1 }}{{ .a }}{{ end }}", "in type interface {}")]
    public void An_element_has_the_type_that_its_list_gives_it(string template, string type) =>
        Assert.Contains("can't evaluate field a " + type, Assert.Throws<RenderException>(() => Render(template)).Message, StringComparison.Ordinal);
}
