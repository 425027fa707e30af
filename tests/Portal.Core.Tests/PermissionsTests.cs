using Portal.Core.Access;

namespace Portal.Core.Tests;

public sealed class PermissionsTests
{
    [Theory]
    [InlineData(Role.Viewer)]
    [InlineData(Role.Operator)]
    [InlineData(Role.Approver)]
    [InlineData(Role.Admin)]
    public void A_role_has_only_permissions_that_exist(Role role) => Assert.Empty(Permissions.Of(role).Except(Permissions.All));

    [Fact]
    public void A_viewer_changes_nothing() =>
        Assert.DoesNotContain(Permissions.Of(Role.Viewer), p => p.EndsWith(":write", StringComparison.Ordinal) || p.EndsWith(":start", StringComparison.Ordinal) || p.EndsWith(":decide", StringComparison.Ordinal) || p.EndsWith(":reveal", StringComparison.Ordinal));

    [Fact]
    public void An_operator_does_not_approve() => Assert.DoesNotContain(Permissions.ApprovalsDecide, Permissions.Of(Role.Operator));

    [Fact]
    public void Only_an_admin_reveals_secrets() => Assert.All([Role.Viewer, Role.Operator, Role.Approver], r => Assert.DoesNotContain(Permissions.ValuesReveal, Permissions.Of(r)));

    [Fact]
    public void Permissions_are_named_area_noun_verb() => Assert.All(Permissions.All, p => Assert.Equal(3, p.Split(':').Length));
}
