using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Core.Values;

namespace Portal.Testing;

/// <summary>The admin at the REST API of one portal process.</summary>
public sealed class PortalApi : IDisposable
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
    private readonly HttpClientHandler _handler = new() { CookieContainer = new CookieContainer() };

    private PortalApi(Uri url) => Http = new HttpClient(_handler) { BaseAddress = url };

    public HttpClient Http { get; }

    public CookieContainer Cookies => _handler.CookieContainer;

    public static async Task<PortalApi> SignInAsync(PortalProcess portal)
    {
        var api = new PortalApi(new Uri(portal.Url));
        (await api.Http.PostAsJsonAsync("/api/v1/session", new SignInRequest("admin", PortalProcess.AdminPassword), Json)).EnsureSuccessStatusCode();
        return api;
    }

    public async Task<T> GetAsync<T>(string path) => (await Http.GetFromJsonAsync<T>($"/api/v1/{path}", Json))!;

    public async Task<T> PostAsync<T>(string path, object body)
    {
        var answer = await Http.PostAsJsonAsync($"/api/v1/{path}", body, Json);
        await AcceptedAsync(answer);
        return (await answer.Content.ReadFromJsonAsync<T>(Json))!;
    }

    public async Task PutAsync(string path, object body)
    {
        await AcceptedAsync(await Http.PutAsJsonAsync($"/api/v1/{path}", body, Json));
    }

    public async Task SaveValuesAsync(string releaseId, int editedFrom, string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/releases/{releaseId}/values") { Content = JsonContent.Create(new SaveValuesRequest(text, "by a test"), options: Json) };
        request.Headers.IfMatch.Add(new($"\"{editedFrom}\""));
        await AcceptedAsync(await Http.SendAsync(request));
    }

    /// <summary>The sample release, once its installation has ended.</summary>
    public async Task<Release> EndedSampleAsync()
    {
        await Eventually.TrueAsync(async () => (await GetAsync<Page<Operation>>("operations")).Items.Any(o => o.Release == "data-plane" && o.EndedAt is not null));
        return (await GetAsync<Page<Release>>("releases")).Items.Single(r => r.Name == "data-plane");
    }

    public Task<string> StartUpgradeAsync(string releaseId, string version) => StartAsync(releaseId, new CreatePlanRequest(OperationKind.Upgrade, version));

    /// <summary>Makes a plan, waits for it and starts it with every finding acknowledged. Answers with the operation's id.</summary>
    public async Task<string> StartAsync(string releaseId, CreatePlanRequest request)
    {
        var plan = await PostAsync<Plan>($"releases/{releaseId}/plans", request);
        await Eventually.TrueAsync(async () => (plan = await GetAsync<Plan>($"plans/{plan.Id}")).State != PlanState.Pending);
        if (plan.State != PlanState.Ready)
        {
            throw new InvalidOperationException($"the plan is {plan.State}: {plan.Error}");
        }

        return (await PostAsync<Operation>($"plans/{plan.Id}/operations", new StartOperationRequest("tests", [.. plan.Findings.Select(f => f.Id)]))).Id;
    }

    public async Task<Operation> EndAsync(string operationId)
    {
        Operation? operation = null;
        await Eventually.TrueAsync(async () => (operation = await GetAsync<Operation>($"operations/{operationId}")).EndedAt is not null);
        return operation!;
    }

    /// <summary>The whole log of an operation.</summary>
    public async Task<IReadOnlyList<LogLine>> LogAsync(string operationId)
    {
        var lines = new List<LogLine>();
        while ((await GetAsync<Page<LogLine>>($"operations/{operationId}/log?limit=5000&after={(lines.Count == 0 ? 0 : lines[^1].Seq)}")).Items is { Count: > 0 } more)
        {
            lines.AddRange(more);
        }

        return lines;
    }

    /// <summary>Waits for a line of an operation's log that begins so.</summary>
    public async Task SeeLineAsync(string operationId, string begin)
    {
        long after = 0;
        await Eventually.TrueAsync(async () =>
        {
            var lines = (await GetAsync<Page<LogLine>>($"operations/{operationId}/log?after={after}")).Items;
            after = lines.Count > 0 ? lines[^1].Seq : after;
            return lines.Any(l => l.Text.StartsWith(begin, StringComparison.Ordinal));
        }, TimeSpan.FromMilliseconds(10));
    }

    public void Dispose() => Http.Dispose();

    private static async Task AcceptedAsync(HttpResponseMessage answer)
    {
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{answer.RequestMessage?.RequestUri}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }
}
