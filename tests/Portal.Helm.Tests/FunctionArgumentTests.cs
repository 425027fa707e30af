using Portal.Helm.Rendering;
using Portal.Helm.Sprig;
using static Portal.Helm.Tests.TextChart;

namespace Portal.Helm.Tests;

/// <summary>Charts give functions whatever they have: each answers with a value or with its own error, and never ends the process.</summary>
public sealed class FunctionArgumentTests
{
    private static readonly string[] Values = ["nil", "\"\"", "\"a\"", "0", "-1", "1.5", "true", "(list)", "(list 1 \"b\")", "(dict)", "(dict \"a\" 1)"];

    // Slow by design: keys and passwords.
    private static readonly string[] Slow = ["gen", "bcrypt", "htpasswd", "derivePassword", "buildCustomCert"];

    public static TheoryData<string> Names => [.. HelmFunctions.Create(new SprigEnvironment(), null).Names.Where(n => !Slow.Any(s => n.StartsWith(s, StringComparison.Ordinal))).Order(StringComparer.Ordinal)];

    /// <summary>"until" without its argument was found by fuzzing: it read what was not there.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void It_answers_no_argument_and_any_one_or_two(string name)
    {
        Ask($"{{{{ {name} }}}}");
        foreach (var one in Values)
        {
            Ask($"{{{{ {name} {one} }}}}");
            foreach (var two in Values)
            {
                Ask($"{{{{ {name} {one} {two} }}}}");
            }
        }
    }

    [Fact]
    public void A_missing_argument_is_told_as_Go_does() =>
        Assert.Contains("wrong number of args for until: want 1 got 0", Assert.Throws<RenderException>(() => Render("{{ until }}")).Message, StringComparison.Ordinal);

    /// <summary>Found by fuzzing: the day before Go's first one is no date of .NET, and the exception was nobody's.</summary>
    [Fact]
    public void A_date_before_the_first_is_an_error_of_the_template() =>
        Assert.Contains("error calling mustDateModify", Assert.Throws<RenderException>(() => Render("{{ toDate \"2006\" \"x\" | mustDateModify \"-1s\" }}")).Message, StringComparison.Ordinal);

    private static void Ask(string template)
    {
        try
        {
            Render(template);
        }
        catch (RenderException)
        {
            // Its own error.
        }
    }
}
