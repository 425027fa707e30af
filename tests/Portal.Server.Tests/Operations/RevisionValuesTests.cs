using Portal.Helm.Charts;
using Portal.Helm.Releases;
using Portal.Server.Features.Operations;

namespace Portal.Server.Tests.Operations;

public sealed class RevisionValuesTests
{
    private static StoredRelease Revision(int number, string? operation, string description = "Upgrade complete") => new(
        new Release
        {
            Name = "r", Namespace = "n", Version = number, Info = new ReleaseInfo { Description = description }, Chart = new Chart { Metadata = new Metadata { Name = "c", Version = "1.0.0" } },
            Config = new() { ["number"] = (double)number },
        },
        "1", operation is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["portal.iomete.com/operation"] = $"{operation}@7" });

    /// <summary>The history and the release said different things of a rollback whose target had been pruned: one took the values of the rollback's own plan.</summary>
    [Theory]
    [InlineData(3, "planned a")]
    [InlineData(4, "matched 4")]
    [InlineData(5, "planned a")]
    [InlineData(6, "matched 6")]
    public void A_revision_has_the_values_of_its_origin(int number, string expected)
    {
        // 2 is pruned; 4 was made at a terminal; 5 went back to 3, and 6 to 2.
        StoredRelease[] history = [Revision(3, "a"), Revision(4, null), Revision(5, "b", "Rollback to 3"), Revision(6, "c", "Rollback to 2")];
        string? said = null;
        int? Say(string what)
        {
            said = what;
            return 1;
        }

        RevisionValues.Of(history.Single(h => h.Release.Version == number), history, id => Say($"planned {id}"), values => Say($"matched {values["number"]}"));
        Assert.Equal(expected, said);
    }
}
