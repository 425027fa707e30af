using Portal.Core;
using Portal.Core.Plans;

namespace Portal.Server.Tests.Plans;

/// <summary>Two things that a plan left out: objects that Helm keeps, and images of hooks.</summary>
public sealed class KeptAndHookImagesTests(PortalServer portal)
{
    private static (string, string) Hook(string image) => ("templates/hook.yaml", $"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: migrate, annotations: {{helm.sh/hook: pre-upgrade}}}}\nspec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: main, image: {image}}}]}}}}}}\n");

    [Fact]
    public async Task What_is_kept_when_it_is_left_out_is_shown_and_images_of_hooks_are_listed()
    {
        var own = new OwnChart(portal);
        await own.UploadAsync("1.0.0", ("templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept, annotations: {helm.sh/resource-policy: keep}}\ndata: {a: b}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: lost}\ndata: {a: b}\n"), Hook("registry.example.com/migrate:1"));
        await own.UploadAsync("2.0.0", ("templates/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {a: b}\n"), Hook("registry.example.com/migrate:2"));
        await own.InstallAsync("1.0.0");
        var plan = await own.PlanUpgradeAsync("2.0.0");
        Assert.True(plan.State == PlanState.Ready, plan.Error);
        Assert.Equal(new ImageChange("Job/migrate", "main", "registry.example.com/migrate:1", "registry.example.com/migrate:2"), Assert.Single(plan.Images));
        var changes = (await PortalServer.GetAsync<Page<ObjectChange>>(portal.Viewer, $"plans/{plan.Id}/changes")).Items;
        Assert.Equal(["Added ConfigMap/b", "Kept ConfigMap/kept", "Removed ConfigMap/lost"], changes.Select(c => $"{c.Kind} {c.Object}").Order(StringComparer.Ordinal));
        Assert.Equal((1, 0, 1), (plan.Summary!.Added, plan.Summary.Changed, plan.Summary.Removed));
        Assert.Contains("ConfigMap/kept is no longer part of the release and stays in the cluster", Assert.Single(plan.Findings, f => f.Code == "kept").Message, StringComparison.Ordinal);
        // Hooks that do not run pull nothing.
        Assert.Empty((await own.PlanUpgradeAsync("2.0.0", new PlanOptionsRequest(NoHooks: true))).Images);
    }
}
