using Microsoft.Extensions.Configuration;
using Portal.Helm.Templating;

namespace Portal.Server.Tests.Web;

/// <summary>Templates__Steps and its neighbours in the server's settings.</summary>
public sealed class TemplateSettingsTests(PortalServer portal)
{
    [Fact]
    public void What_is_not_set_keeps_its_default() =>
        Assert.Equal(new TemplateLimits { Steps = 1000, Time = TimeSpan.FromSeconds(5) }, Read(("Templates:Steps", "1000"), ("Templates:Time", "00:00:05")));

    [Theory]
    [InlineData("Templates:Steps", "many", "Steps")]
    [InlineData("Templates:Stepps", "1000", "Stepps")]
    public void What_cannot_be_used_is_named(string key, string value, string named) =>
        Assert.Contains(named, Assert.Throws<SettingsException>(() => Read((key, value))).Message, StringComparison.Ordinal);

    private TemplateLimits Read(params (string Key, string Value)[] settings) => PortalSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Append(("PORTAL_DATA", portal.DataDirectory)).Select(s => KeyValuePair.Create(s.Item1, (string?)s.Item2))).Build(), portal.DataDirectory, development: false).Templates;
}
