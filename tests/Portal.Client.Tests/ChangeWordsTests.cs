using Portal.Client.Features.Releases;
using Portal.Core.Catalog;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;

namespace Portal.Client.Tests;

public sealed class ChangeWordsTests
{
    private static readonly DateTime Now = new(2026, 11, 25, 20, 0, 0, DateTimeKind.Local);

    /// <summary>"Schedule it" and "Uninstall now" left open what, where and to which version.</summary>
    [Theory]
    [InlineData(OperationKind.Upgrade, false, null, "Upgrade data-plane to 1.1.0 on main (Production) now")]
    [InlineData(OperationKind.Upgrade, true, null, "Request approval: upgrade data-plane to 1.1.0 on main (Production)")]
    [InlineData(OperationKind.Upgrade, false, 2, "Schedule: upgrade data-plane to 1.1.0 on main (Production) for 22:00")]
    [InlineData(OperationKind.Upgrade, true, 26, "Request approval: upgrade data-plane to 1.1.0 on main (Production) for 2026-11-26 22:00")]
    [InlineData(OperationKind.Rollback, false, null, "Roll back data-plane to revision 3 on main (Production) now")]
    [InlineData(OperationKind.Uninstall, false, null, "Uninstall data-plane from main (Production) now")]
    [InlineData(OperationKind.Install, false, null, "Install data-plane 1.1.0 on main (Production) now")]
    public void A_button_says_what_it_does(OperationKind kind, bool approval, int? hours, string text) =>
        Assert.Equal(text, ChangeWords.Button(kind, Release(), Plan(kind), approval, hours is { } h ? Now.AddHours(h) : null, Now));

    /// <summary>The history said "Install complete" where the operation said "Succeeded".</summary>
    [Theory]
    [InlineData("deployed", "Install complete", "Install succeeded")]
    [InlineData("superseded", "Upgrade complete", "Upgrade succeeded")]
    [InlineData("deployed", "Rollback to 3", "Rollback to revision 3 succeeded")]
    [InlineData("pending-rollback", "Rollback to 3", "Rollback to 3")]
    [InlineData("failed", "Upgrade \"x\" failed: timed out", "Upgrade \"x\" failed: timed out")]
    public void A_revision_ends_as_its_operation_does(string status, string description, string text) =>
        Assert.Equal(text, ChangeWords.Outcome(new Revision(4, status, "chart", "1.1.0", null, 1, description, null, false, "o", "ana", null, "why", 12)));

    [Fact]
    public void The_other_way_back_is_an_upgrade_with_version_and_values_of_then() =>
        Assert.Equal("/releases/r/upgrade?version=1.0.5%2Bbuild&values=3", ChangeWords.Again("r", "1.0.5+build", 3));

    /// <summary>The page used to open with the installed version chosen: the way to a new one began with a plan that changes nothing.</summary>
    [Theory]
    [InlineData(null, new string[0])]
    [InlineData("1.1.0", new[] { "Patch 1.0.9", "Minor 1.1.0", "Major 2.0.0" })]
    [InlineData("2.0.0", new[] { "Major 2.0.0" })]
    public void The_newest_version_is_proposed_a_major_one_only_when_there_is_no_other(string? proposed, string[] newer) =>
        Assert.Equal(proposed, ChangeWords.Proposed(Release() with { Newer = [.. newer.Select(n => n.Split(' ')).Select(n => new NewerVersion(n[1], Enum.Parse<VersionClass>(n[0]), null))] }));

    private static Release Release() => new(
        "r", "c", "main", ClusterEnvironment.Production, false, "iomete-system", "data-plane", "s", "chart", "1.0.5", null, 4, "deployed", new ReleaseHealth(Health.Healthy), Activity.None, null, 1, 1, [], null);

    private static Plan Plan(OperationKind kind) => new(
        "p", "r", kind, PlanState.Ready, "d", null, null, "1.0.5", "1.1.0", null, 4, 3, 1, 1, new PlanOptions(), null, [], [], [], null, "ana", DateTimeOffset.UnixEpoch, null);
}
