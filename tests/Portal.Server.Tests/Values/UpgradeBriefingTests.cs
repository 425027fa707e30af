using Portal.Core;
using Portal.Core.Catalog;

namespace Portal.Server.Tests.Values;

public sealed class UpgradeBriefingTests(PortalServer portal)
{
    [Fact]
    public async Task A_briefing_says_what_the_versions_between_mean_to_this_release()
    {
        var id = await portal.PrepareAsync("jupyter:\n  authToken: some-secret-token\nsearch:\n  storageSize: 2Gi\n");
        var briefing = await PortalServer.GetAsync<UpgradeBriefing>(portal.Viewer, $"releases/{id}/upgrade?from=1.0.5&to=2.0.0");
        Assert.Equal(["2.0.0"], briefing.Path.Versions);
        var first = briefing.Changes[0];
        Assert.Contains(first.Concerns, c => c == "jupyter.authToken" || c.Contains("keycloak", StringComparison.Ordinal) || c.Contains("iom-identity", StringComparison.Ordinal));
        Assert.Contains(briefing.Changes, c => c.Entry.Text.Contains("jupyterGateway.authToken", StringComparison.Ordinal) && c.Concerns.Contains("jupyter.authToken"));
        // Accumulated: those of 1.1.0 are there as well, those of what runs are not.
        Assert.Contains(briefing.Changes, c => c.Entry is { Version: "1.1.0", Kind: ChangeKind.Changed });
        Assert.DoesNotContain(briefing.Changes, c => c.Entry.Version == "1.0.5");
        var rest = briefing.Changes.SkipWhile(c => c.Concerns.Count > 0).ToArray();
        Assert.NotEmpty(rest);
        Assert.All(rest, c => Assert.Empty(c.Concerns));
        Assert.Contains("To 2.0.0", briefing.Guide, StringComparison.Ordinal);
        await PortalServer.ProblemAsync(await portal.Viewer.GetAsync(new Uri($"{Routes.Api}/releases/{id}/upgrade?to=2.0.0", UriKind.Relative)), 409, "not-installed");
    }
}
