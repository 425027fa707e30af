using Microsoft.Extensions.Configuration;
using Portal.Core.Clusters;

namespace Portal.Server.Tests.Clusters;

/// <summary>Clusters__0__Name and its neighbours in the server's settings.</summary>
public sealed class ConfiguredClusterTests
{
    [Fact]
    public void The_pods_own_account_needs_no_file()
    {
        var cluster = Read(("Kubeconfig", "in-cluster"));
        Assert.Equal(new ConfiguredCluster("in-cluster", null, ClusterEnvironment.Production), cluster);
    }

    [Fact]
    public void A_file_gets_a_name_and_an_environment()
    {
        var file = Path.GetTempFileName();
        var cluster = Read(("Kubeconfig", file), ("Name", "east"), ("Environment", "test"));
        File.Delete(file);
        Assert.Equal(new ConfiguredCluster("east", file, ClusterEnvironment.Test), cluster);
    }

    [Fact]
    public void A_missing_file_is_named_with_its_setting()
    {
        var error = Assert.Throws<SettingsException>(() => Read(("Kubeconfig", "/nowhere/config")));
        Assert.Equal("Clusters__0__Kubeconfig: there is no file /nowhere/config", error.Message);
    }

    [Fact]
    public void No_kubeconfig_is_an_error() => Assert.Contains("Clusters__0__Kubeconfig is missing", Assert.Throws<SettingsException>(() => Read(("Name", "east"))).Message, StringComparison.Ordinal);

    [Fact]
    public void An_unknown_environment_is_an_error() =>
        Assert.Contains("Clusters__0__Environment must be Test or Production", Assert.Throws<SettingsException>(() => Read(("Kubeconfig", "in-cluster"), ("Environment", "prod"))).Message, StringComparison.Ordinal);

    private static ConfiguredCluster Read(params (string Key, string Value)[] settings) => ConfiguredCluster.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"Clusters:0:{s.Key}", (string?)s.Value))).Build().GetSection("Clusters:0"));
}
