using Portal.Core.Catalog;
using Portal.Testing;
using Portal.Helm.Charts;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Values;
using Portal.Server.Tests.Values;

namespace Portal.Server.Tests.Catalog;

public sealed class ReleasePackTests
{
    private static ReleaseFacts Known(params string[] own) => new([.. own.Select(ReleasePack.Read)], [], ReleasePackStore.Shipped);

    [Fact]
    public void The_shipped_pack_knows_every_real_change_of_values()
    {
        var chart = TestChart.Make("iomete-data-plane-enterprise", "4.0.0");
        var migrations = Known().Migrations(chart);
        foreach (var row in RealBumps.Rows)
        {
            // The first 2.1.0 was numbered again: its change stands under 2.1.0.
            var between = ValueMigrations.Between(migrations, row.From, row.To).Where(m => m.Kind == row.Kind).ToArray();
            Assert.True(between.Length > 0, row.Id);
            foreach (var key in row.Keys.Where(k => k.Old is not null))
            {
                Assert.True(between.Any(m => m.Target(key.Old!) is { } target && (row.Kind is MigrationKind.Remove or MigrationKind.Default or MigrationKind.Meaning or MigrationKind.ChartRemove || target == key.New)), $"{row.Id}: {key.Old}");
            }
        }
    }

    [Fact]
    public void A_key_is_followed_through_all_versions_between()
    {
        var migrations = ValueMigrations.Between(Known().Migrations(TestChart.Make("iomete-data-plane-enterprise", "2.0.0")), "1.0.5", "2.0.0");
        Assert.Equal("storage.bucketName", migrations.Where(m => m.Kind != MigrationKind.Remove).Aggregate("storage.lakehouse_bucket_name", (k, m) => m.Target(k) is { Length: > 0 } to ? to : k));
    }

    [Fact]
    public void The_operators_pack_comes_before_the_chart_and_the_chart_before_what_ships()
    {
        const string own = "name: ours\ncharts: [iomete-data-plane-enterprise]\nversions:\n- version: \"1.16.0\"\n  changes: [{kind: breaking, text: said by us}]\n";
        var silent = TestChart.Make("iomete-data-plane-enterprise", "1.16.0");
        var speaking = TestChart.Make("iomete-data-plane-enterprise", "1.16.0", ("CHANGELOG.md", "## 1.16.0\n### Fixed\n- said by the chart\n"));
        Assert.Equal("iomete-data-plane", Known().Changes(silent).Source);
        Assert.Equal("said by the chart", Assert.Single(Known().Changes(speaking).Facts).Text);
        Assert.Equal("ours", Known(own).Changes(speaking).Source);
        // The feed of its source stands between chart and portal.
        var feed = new ReleaseFacts([], [ReleasePack.Read(own)], ReleasePackStore.Shipped);
        Assert.Equal(("ours", speaking.Name), (feed.Changes(silent).Source, feed.Changes(speaking).Source));
        Assert.Equal("said by us", Assert.Single(Known(own).Changes(speaking).Facts).Text);
        // Of what our pack does not speak, the next place does.
        Assert.Contains(Known(own).Steps(silent).Facts, s => s is { Version: "1.13.0", Kind: GuideStepKind.AdminOnly, When: GuideStepTime.Before });
    }

    [Fact]
    public void A_chart_may_carry_a_pack_of_its_own()
    {
        const string pack = "name: carried\ncharts: [x]\nstops:\n- {version: \"1.0.0\", required: true}\nversions:\n- {version: \"1.0.0\", guide: read me, steps: [{kind: wait, text: an hour}]}\n- {version: \"1.1.0\", guide: not yet}\n";
        var chart = TestChart.Make("x", "1.0.0", (ReleasePack.FileName, pack));
        Assert.Equal(("## To 1.0.0\n\nread me", "x"), Known().Guide(chart));
        Assert.Equal(new GuideStep("1.0.0", GuideStepKind.Wait, GuideStepTime.After, "an hour"), Assert.Single(Known().Steps(chart).Facts));
        Assert.Equal("1.0.0", Assert.Single(Known().Stops(chart)).Version);
        Assert.Empty(Known().Stops(TestChart.Make("x", "1.0.0", (ReleasePack.FileName, "name: [slip"))));
    }

    [Theory]
    [InlineData("charts: [x]", "has a name")]
    [InlineData("name: p", "names the charts")]
    [InlineData("name: p\ncharts: [x]\nversions: [{version: one}]", "version is missing or no version")]
    [InlineData("name: p\ncharts: [x]\nversions: [{version: 1.0.0, changes: [{kind: nice, text: t}]}]", "1.0.0: kind is one of")]
    [InlineData("name: p\ncharts: [x]\nversions: [{version: 1.0.0, changes: [{kind: \"3\", text: t}]}]", "1.0.0: kind is one of")]
    [InlineData("name: p\ncharts: [x]\nversions: [{version: 1.0.0, steps: [{kind: job}]}]", "1.0.0: text is missing")]
    [InlineData("name: p\ncharts: [x]\nversions: [{version: 1.0.0, steps: [{kind: job, text: t, when: soon}]}]", "when is before or after")]
    [InlineData("name: p\ncharts: [x]\nversions: [{version: 1.0.0, steps: [{kind: job, text: t, check: {kind: Role}}]}]", "a check has apiVersion, kind and name")]
    [InlineData("name: p\ncharts: [x]\nstops: [{version: 1.0.0, from: newer}]", "newer is no range")]
    public void What_is_wrong_in_a_pack_is_named(string text, string message) =>
        Assert.Contains(message, Assert.Throws<ChartException>(() => ReleasePack.Read(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("1.0.0", "3.0.0", "1.22.0, 2.1.0, 3.0.0")]
    [InlineData("1.22.0", "2.1.0", "2.1.0")]
    [InlineData("1.22.0", "3.0.0", "2.1.0, 3.0.0")]
    [InlineData("1.20.0", "1.22.0", "1.22.0")]
    [InlineData("1.20.0", "2.1.0", "1.22.0, 2.1.0")]
    [InlineData("2.1.0", "3.0.0", "3.0.0")]
    [InlineData("3.0.0", "1.0.0", "1.0.0")]
    public void The_shortest_allowed_way_leads_over_required_stops(string from, string to, string way)
    {
        UpgradeStop[] stops = [new("1.22.0", true, null, ""), new("2.0.0", false, ">=1.22.0", ""), new("3.0.0", false, ">=2.0.0-0 <3.0.0", "")];
        string[] available = ["1.0.0", "1.20.0", "1.22.0", "2.0.0", "2.1.0", "2.2.0-rc.1", "3.0.0"];
        Assert.Equal(way, string.Join(", ", UpgradePaths.Of(from, to, available, stops).Versions));
    }

    [Fact]
    public void A_stop_that_no_source_has_is_named()
    {
        var path = UpgradePaths.Of("1.0.0", "2.0.0", ["1.0.0", "2.0.0"], [new("1.5.0", true, null, "")]);
        Assert.Empty(path.Versions);
        Assert.Contains("1.5.0, which no source has", path.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void No_way_breaks_a_rule_and_none_is_longer_than_needed()
    {
        var random = new Random(12);
        for (var round = 0; round < 300; round++)
        {
            var versions = Enumerable.Range(0, 8).Select(i => $"1.{i}.0").ToArray();
            var stops = versions.Skip(1).Where(_ => random.Next(3) == 0).Select(v => new UpgradeStop(v, random.Next(2) == 0, random.Next(2) == 0 ? $">=1.{random.Next(8)}.0" : null, "")).ToArray();
            var path = UpgradePaths.Of("1.0.0", "1.7.0", versions, stops);
            var shortest = Enumerable.Range(0, 64).Select(bits => versions.Skip(1).Take(6).Where((_, i) => (bits & (1 << i)) != 0).Append("1.7.0").ToArray()).Where(w => Legal(w, stops)).OrderBy(w => w.Length).FirstOrDefault();
            Assert.Equal(shortest?.Length ?? 0, path.Versions.Count);
            Assert.True(path.Versions.Count == 0 || Legal([.. path.Versions], stops));
        }
    }

    private static bool Legal(string[] way, UpgradeStop[] stops)
    {
        var at = 0;
        foreach (var next in way.Select(w => int.Parse(w.Split('.')[1], System.Globalization.CultureInfo.InvariantCulture)))
        {
            foreach (var stop in stops)
            {
                var s = int.Parse(stop.Version.Split('.')[1], System.Globalization.CultureInfo.InvariantCulture);
                if (s > at && ((stop.Required && s < next) || (s <= next && stop.From is { } from && at < int.Parse(from.Split('.')[1], System.Globalization.CultureInfo.InvariantCulture))))
                {
                    return false;
                }
            }

            at = next;
        }

        return true;
    }

    [Fact]
    public void What_concerns_the_operator_comes_first()
    {
        ChangelogEntry[] entries =
        [
            new("2.0.0", ChangeKind.Breaking, "`jupyter.authToken` is now `jupyterGateway.authToken`."), new("2.0.0", ChangeKind.Breaking, "`storage.*` moved."), new("2.0.0", ChangeKind.Removed, "Keycloak (`keycloak.*`)."),
            new("2.0.0", ChangeKind.Fixed, "iom-core no longer loses sessions."), new("2.0.0", ChangeKind.Changed, "Each StatefulSet waits longer."), new("2.0.0", ChangeKind.Added, "`logging.source`"), new("2.0.0", ChangeKind.Fixed, "storages are counted, iom-corella too"),
        ];
        var concerning = Concerns.Of(entries, ["storage.bucketName", "keycloak.adminUser", "clusterDomain"], ["registry.example.com:5000/iomete/iom-core:1.2", "quay.io/keycloak/keycloak@sha256:00"], ["StatefulSet", "Deployment"]);
        Assert.Equal(
            ["`storage.*` moved. <- storage.bucketName", "Keycloak (`keycloak.*`). <- keycloak.adminUser, quay.io/keycloak/keycloak@sha256:00", "iom-core no longer loses sessions. <- registry.example.com:5000/iomete/iom-core:1.2", "Each StatefulSet waits longer. <- StatefulSet"],
            concerning.Where(c => c.Concerns.Count > 0).Select(c => $"{c.Entry.Text} <- {string.Join(", ", c.Concerns)}"));
        Assert.Equal(3, concerning.SkipWhile(c => c.Concerns.Count > 0).Count());
    }
}
