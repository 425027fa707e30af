using System.Reflection;
using Portal.Core.Access;

namespace Portal.Core.Tests.Access;

public sealed class PermissionsTests
{
    [Fact]
    public void Every_named_permission_is_in_the_catalogue_once()
    {
        var named = typeof(Permissions).GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral).Select(f => (string)f.GetRawConstantValue()!);
        Assert.Equal(named.Order(StringComparer.Ordinal), Permissions.All.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(Role.Viewer)]
    [InlineData(Role.Operator)]
    [InlineData(Role.Approver)]
    public void Only_an_admin_reveals_secrets_changes_users_policies_and_clusters(Role role)
    {
        string[] forAdmins = [Permissions.ValuesReveal, Permissions.UsersWrite, Permissions.PolicyWrite, Permissions.ClustersWrite, Permissions.SourcesWrite];
        Assert.Empty(Permissions.Of(role).Intersect(forAdmins));
        Assert.Empty(forAdmins.Except(Permissions.Of(Role.Admin)));
    }

    [Fact]
    public void Who_asks_and_who_approves_are_different_roles()
    {
        Assert.DoesNotContain(Permissions.ApprovalsDecide, Permissions.Of(Role.Operator));
        Assert.DoesNotContain(Permissions.OperationsStart, Permissions.Of(Role.Approver));
    }

    [Fact]
    public void A_role_that_does_not_exist_may_nothing() => Assert.Empty(Permissions.Of((Role)99));
}
