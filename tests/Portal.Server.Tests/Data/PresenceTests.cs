using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Portal.Server.Data;

namespace Portal.Server.Tests.Data;

/// <summary>A new key while the portal ran made everything unreadable that was written afterwards.</summary>
public sealed class PresenceTests(PortalServer portal)
{
    [Fact]
    public async Task A_new_key_is_refused_while_the_portal_runs()
    {
        await using (var db = await portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync(TestContext.Current.CancellationToken))
        {
            Assert.Contains($"{Environment.MachineName}-{Environment.ProcessId}", await Presence.RunningAsync(db, TestContext.Current.CancellationToken));
        }

        var settings = portal.Services.GetRequiredService<PortalSettings>();
        Assert.Equal(1, await KeyRotation.RunAsync(portal.Services, settings, portal.Services.GetRequiredService<SecretBox>(), "refused.key"));
        Assert.False(File.Exists(Path.Combine(settings.DataDirectory, "keys", "refused.key")));
        Assert.NotEmpty((await portal.SampleAsync()).Chart);
    }
}
