using Portal.Client.Features.Values;

namespace Portal.Client.Tests;

public sealed class SecretWordsTests
{
    [Theory]
    [InlineData("data-plane", "database.adminPassword", "data-plane-database-admin-password", "adminPassword")]
    [InlineData("a", "x_y.Key", "a-x-y-key", "Key")]
    [InlineData("a", "b.c\\.d", "a-b-c-d", "c-d")]
    [InlineData("a", "list.0.token", "a-list-0-token", "token")]
    public void A_proposed_name_is_one_that_Kubernetes_takes(string release, string path, string name, string key) => Assert.Equal((name, key), SecretWords.Proposed(release, path));

    [Fact]
    public void A_long_one_is_cut_where_it_still_ends_with_a_letter() => Assert.Equal(new string('r', 62), SecretWords.Proposed(new string('r', 62), "a.b").Name);
}
