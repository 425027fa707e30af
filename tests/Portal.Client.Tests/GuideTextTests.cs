using Portal.Client.Features.Releases;

namespace Portal.Client.Tests;

public sealed class GuideTextTests
{
    private const string Guide = "# Upgrade guide\n\n## To 2.0.0\nBack up.\n\n## To 1.1.0\nSet a level.\n\n## To 1.0.5\nFirst version.\n";

    /// <summary>Who ran 1.1.0 was told again how to get there.</summary>
    [Fact]
    public void It_says_what_is_still_to_be_done() => Assert.Equal("## To 2.0.0\nBack up.", GuideText.From(Guide, ["1.1.0", "1.0.5"]));

    [Fact]
    public void Without_an_installed_version_it_says_everything_but_its_title() => Assert.Equal(Guide["# Upgrade guide\n\n".Length..].Trim(), GuideText.From(Guide, []));

    [Fact]
    public void A_guide_without_sections_stays_as_it_is() => Assert.Equal("Do this for 1.0.5.", GuideText.From("Do this for 1.0.5.\n", ["1.0.5"]));

    [Fact]
    public void Nothing_is_left_when_everything_is_done() => Assert.Equal("", GuideText.From(Guide, ["2.0.0", "1.1.0", "1.0.5"]));
}
