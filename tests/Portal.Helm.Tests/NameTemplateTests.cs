using Portal.Helm.Rendering;
using Portal.Helm.Templating;

namespace Portal.Helm.Tests;

/// <summary>The template of --name-template has sprig's functions, not Helm's: it was rendered as a chart's.</summary>
public sealed class NameTemplateTests
{
    private static string Execute(string text) => NameTemplate.Execute(text, name => name switch { "USER" => "me", "1" => "one", _ => null });

    [Theory]
    [InlineData("a-{{ \"B\" | lower }}", "a-b")]
    [InlineData("{{ env \"USER\" }}{{ env \"NONE\" }}", "me")]
    [InlineData("{{ expandenv \"$USER ${USER}x $NONE. $ ${} $1 ${1} ${*} a$\" }}", "me mex . $  one one  a$")]
    [InlineData("{{ expandenv \"${USER\" }}", "USER")]
    [InlineData("{{ fromJson \"[1,2]\" }}{{ fromJson \"x\" }}", "[1 2]<no value>")]
    [InlineData("{{ . }}", "<no value>")]
    public void It_has_sprig_s_functions_and_no_data(string text, string expected) => Assert.Equal(expected, Execute(text));

    [Theory]
    [InlineData("{{ include \"x\" . }}", "template: name-template:1: function \"include\" not defined")]
    [InlineData("{{ toYaml 1 }}", "template: name-template:1: function \"toYaml\" not defined")]
    [InlineData("{{ required \"x\" 1 }}", "template: name-template:1: function \"required\" not defined")]
    [InlineData("{{ fail \"x\" }}", "template: name-template:1:3: executing \"name-template\" at <fail \"x\">: error calling fail: x")]
    public void It_fails_in_Go_s_words(string text, string message) => Assert.Equal(message, Assert.Throws<TemplateException>(() => Execute(text)).Message);
}
