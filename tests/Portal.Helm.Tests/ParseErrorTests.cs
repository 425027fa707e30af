using Portal.Helm.Rendering;
using static Portal.Helm.Tests.TextChart;

namespace Portal.Helm.Tests;

/// <summary>The line and the words of text/template's parser: the line is that of the token it has looked at last, and an action that began on another line is named.</summary>
public sealed class ParseErrorTests
{
    [Theory]
    [InlineData("{{ if .a }}\nx\n{{/* y", "(demo/templates/x.txt:3): unclosed comment in action started at demo/templates/x.txt:1")]
    [InlineData("{{ if .a }}{{ .b }}\n{{/* y", "(demo/templates/x.txt:2): unclosed comment")]
    [InlineData("{{ define \"d\" }}\n{{/* y", "(demo/templates/x.txt:2): unclosed comment")]
    [InlineData("{{ .a\n .b-c }}", "(demo/templates/x.txt:2): bad character U+002D '-' in action started at demo/templates/x.txt:1")]
    [InlineData("{{ .a\n", "(demo/templates/x.txt:2): unclosed action started at demo/templates/x.txt:1")]
    [InlineData("{{ if $x\n .a }}", "(demo/templates/x.txt:2): undefined variable \"$x\"")]
    [InlineData("{{ if $x\n\n}}", "(demo/templates/x.txt:3): undefined variable \"$x\"")]
    [InlineData("{{ $x\n\n| quote }}", "(demo/templates/x.txt:3): undefined variable \"$x\"")]
    [InlineData("{{ block \"d\" . }}\n\n{{ else }}\n{{ end }}", "(demo/templates/x.txt:1): unexpected {{else}} in block clause")]
    [InlineData("{{ define \"d\" }}\n\n{{ else }}\n{{ end }}", "(demo/templates/x.txt:3): unexpected {{else}} in define clause")]
    [InlineData("{{ end.", "(demo/templates/x.txt:1): unexpected \".\" in end")]
    public void It_is_told_as_Go_does(string template, string expected) =>
        Assert.Equal("parse error at " + expected, Assert.Throws<RenderException>(() => Render(template)).Message);
}
