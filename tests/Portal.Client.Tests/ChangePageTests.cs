using System.Net;
using System.Net.Http.Json;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Portal.Client.Api;
using Portal.Client.Features.Access;
using Portal.Client.Features.Releases;
using Portal.Core.Access;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;

namespace Portal.Client.Tests;

public sealed class ChangePageTests : BunitContext
{
    /// <summary>The address was set when all of the plan had come: who was quicker than its last call was brought back from the request to the plan.</summary>
    [Fact]
    public async Task Who_goes_on_before_the_changes_have_come_is_not_brought_back()
    {
        var changes = new TaskCompletionSource<object>();
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddPortalClient().AddScoped(_ => new HttpClient(new Answers(path => path switch
        {
            "releases/r" => Task.FromResult<object>(Installed),
            "releases/r/policy" => Task.FromResult<object>(new ReleasePolicy(false, true)),
            "releases/r/revisions" => Task.FromResult<object>(new Core.Page<Revision>([Made(2, "deployed"), Made(1, "superseded")], null)),
            "releases/r/plans" => Task.FromResult<object>(Ready),
            "plans/p/changes" => changes.Task,
            _ => throw new InvalidOperationException(path),
        }))
        { BaseAddress = new Uri("http://portal.example/") });
        Services.GetRequiredService<SessionState>().Set(new Session("u", "ana", "Ana", [Role.Operator], [Permissions.PlansWrite, Permissions.OperationsStart]));
        Services.GetRequiredService<NavigationManager>().NavigateTo("/releases/r/rollback");
        Render<MudBlazor.MudPopoverProvider>();
        var page = Render<ChangePage>(p => p.Add(c => c.Id, "r"));

        // The first click lasts until the changes are there.
        var planned = page.WaitForElement("button:contains('Next: plan')").ClickAsync();
        await page.WaitForElement("button:contains('Next: request')").ClickAsync();
        Assert.NotEmpty(page.FindAll("[aria-label='Request'] textarea, [aria-label='Request'] input"));

        changes.SetResult(new Core.Page<ObjectChange>([], null));
        await planned;
        Assert.NotEmpty(page.FindAll("[aria-label='Request'] textarea, [aria-label='Request'] input"));
    }

    private static readonly Release Installed = new(
        "r", "c", "main", ClusterEnvironment.Test, false, "ns", "data-plane", "s", "iomete-dataplane", "1.1.0", null, 2, "deployed", new ReleaseHealth(Health.Healthy), Activity.None, null, 2, 2, [], null);

    private static Revision Made(int number, string status) => new(number, status, "iomete-dataplane", "1.0.5", null, number, "", null, false, null, null, null, null, null);

    private static readonly Plan Ready = new(
        "p", "r", OperationKind.Rollback, PlanState.Ready, "d", null, null, "1.1.0", "1.0.5", null, 2, 1, 1, 2, new PlanOptions(), new PlanSummary(0, 1, 0, 0, 1, 0, 0), [], [], [], null, "ana", DateTimeOffset.UnixEpoch, null);

    private sealed class Answers(Func<string, Task<object>> answer) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
        {
            var body = await answer(request.RequestUri!.AbsolutePath["/api/v1/".Length..]);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = JsonContent.Create(body, body.GetType(), options: PortalApi.Json) };
        }
    }
}
