using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MySqlConnector;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;

[assembly: AssemblyFixture(typeof(Portal.Server.Tests.PortalServer))]

namespace Portal.Server.Tests;

/// <summary>
/// The portal over real HTTP with the embedded sandbox, on the database that PORTAL_TEST_DB names: sqlite (the default), or mysql (server in PORTAL_TEST_MYSQL).
/// </summary>
public sealed class PortalServer : WebApplicationFactory<Program>, IAsyncLifetime
{
    public const string Password = "a-long-test-password";

    /// <summary>JSON as the API speaks it.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    private readonly Dictionary<Role, HttpClient> _people = [];

    public string DataDirectory { get; } = Directory.CreateTempSubdirectory("portal-test-").FullName;

    /// <summary>The name of the MySQL database; dropped at the end.</summary>
    public string Database { get; } = $"portal_{Guid.NewGuid():N}";

    public static bool OnMySql => Environment.GetEnvironmentVariable("PORTAL_TEST_DB") == "mysql";

    /// <summary>Another clock than the system's.</summary>
    public TimeProvider? Time { get; init; }

    public Uri Url => ClientOptions.BaseAddress;

    public HttpClient Admin => _people[Role.Admin];

    public HttpClient Operator => _people[Role.Operator];

    public HttpClient Viewer => _people[Role.Viewer];

    public HttpClient As(Role role) => _people[role];

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("urls", "http://127.0.0.1:0");
        builder.UseSetting("PORTAL_DATA", DataDirectory);
        builder.UseSetting("PORTAL_ADMIN_PASSWORD", Password);
        builder.ConfigureLogging(l => l.Services.AddSingleton<ILoggerProvider>(new PortalErrors()));
        if (Time is { } time)
        {
            builder.ConfigureTestServices(s => s.AddSingleton(time));
        }

        if (OnMySql)
        {
            var server = Environment.GetEnvironmentVariable("PORTAL_TEST_MYSQL") ?? throw new InvalidOperationException("PORTAL_TEST_MYSQL must hold a connection string without a database");
            builder.UseSetting("ConnectionStrings:Portal", $"{server};Database={Database}");
        }
    }

    public async ValueTask InitializeAsync()
    {
        UseKestrel();
        StartServer();
        _people[Role.Admin] = await SignInAsync("admin", Password);
        foreach (var role in new[] { Role.Viewer, Role.Operator, Role.Approver })
        {
            var name = role.ToString().ToLowerInvariant();
            await CreateUserAsync(name, role);
            _people[role] = await SignInAsync(name, Password);
        }
    }

    public async Task CreateUserAsync(string name, params Role[] roles)
    {
        var answer = await Admin.PostAsJsonAsync($"{Routes.Api}/users", new CreateUserRequest(name, name, roles, Password), Json);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    /// <summary>A client that carries nothing but its own cookies.</summary>
    public HttpClient Anonymous() => new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = Url };

    public async Task<HttpClient> SignInAsync(string name, string password)
    {
        var client = Anonymous();
        var answer = await client.PostAsJsonAsync($"{Routes.Api}/session", new SignInRequest(name, password), Json);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return client;
    }

    /// <summary>The release that the first start installed.</summary>
    public async Task<Release> SampleAsync() => (await GetAsync<Page<Release>>(Viewer, "releases")).Items.Single(r => r.Name == "data-plane");

    public async Task<Cluster> SandboxAsync() => (await GetAsync<Page<Cluster>>(Viewer, "clusters")).Items.Single(c => c.Kind == ClusterKind.Sandbox);

    /// <summary>A release that was prepared and never installed: tests of values do not disturb each other.</summary>
    public async Task<string> PrepareAsync(string values)
    {
        var sample = await SampleAsync();
        var name = "r" + Guid.NewGuid().ToString("N")[..12];
        var answer = await Operator.PostAsJsonAsync($"{Routes.Api}/releases", new AddReleaseRequest(AddReleaseMode.Prepare, sample.ClusterId, name, name, sample.SourceId, sample.Chart, "1.0.5", values), Json);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    /// <summary>The same once nothing runs on any release.</summary>
    public async Task<Release> SettledSampleAsync()
    {
        await UntilAsync(async () => (await GetAsync<Page<Operation>>(Viewer, "operations")).Items is { Count: > 0 } operations && operations.All(o => o.EndedAt is not null || o.State == OperationState.AwaitingApproval));
        return await SampleAsync();
    }

    /// <summary>A plan, once it is made.</summary>
    public static async Task<Plan> PlanAsync(HttpClient client, string releaseId, CreatePlanRequest request)
    {
        var plan = await ReadAsync<Plan>(await PostAsync(client, $"releases/{releaseId}/plans", request));
        await UntilAsync(async () => (plan = await GetAsync<Plan>(client, $"plans/{plan.Id}")).State != PlanState.Pending);
        return plan;
    }

    /// <summary>Makes an operation of a plan, every warning acknowledged.</summary>
    public static async Task<Operation> StartAsync(HttpClient client, Plan plan)
    {
        Assert.True(plan.State == PlanState.Ready, $"{plan.Error ?? plan.VoidReason}{PortalErrors.Last()}");
        return await ReadAsync<Operation>(await PostAsync(client, $"plans/{plan.Id}/operations", new StartOperationRequest("a test asks for it", [.. plan.Findings.Select(f => f.Id)])));
    }

    /// <summary>The operation at its end.</summary>
    public static async Task<Operation> EndAsync(HttpClient client, string operationId)
    {
        Operation? operation = null;
        await UntilAsync(async () => (operation = await GetAsync<Operation>(client, $"operations/{operationId}")).EndedAt is not null);
        return operation!;
    }

    /// <summary>Plans, starts and waits: must succeed.</summary>
    public static async Task<Operation> RunAsync(HttpClient client, string releaseId, CreatePlanRequest request)
    {
        var ended = await EndAsync(client, (await StartAsync(client, await PlanAsync(client, releaseId, request))).Id);
        Assert.True(ended.State == OperationState.Succeeded, $"{ended.State}: {ended.Failure?.Cause}");
        return ended;
    }

    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 1200; i++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(100);
        }

        Assert.Fail("it did not come about within two minutes");
    }

    public static async Task<T> GetAsync<T>(HttpClient client, string path) => await ReadAsync<T>(await client.GetAsync(new Uri($"{Routes.Api}/{path}", UriKind.Relative)));

    public static Task<HttpResponseMessage> PostAsync(HttpClient client, string path, object body) => client.PostAsJsonAsync($"{Routes.Api}/{path}", body, Json);

    public static async Task<T> ReadAsync<T>(HttpResponseMessage answer)
    {
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}{(answer.StatusCode == HttpStatusCode.InternalServerError ? PortalErrors.Last() : "")}");
        return (await answer.Content.ReadFromJsonAsync<T>(Json))!;
    }

    /// <summary>The problem of an answer; fails when it is another status or no problem.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage answer, int status, string code)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode} instead of {status}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.True(problem.GetProperty("detail").GetString() is { Length: > 10 });
        return problem;
    }

    public HttpClient WithToken(string token)
    {
        var client = Anonymous();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var client in _people.Values)
        {
            client.Dispose();
        }

        await base.DisposeAsync();
        if (OnMySql)
        {
            await using var connection = new MySqlConnection(Environment.GetEnvironmentVariable("PORTAL_TEST_MYSQL"));
            await connection.OpenAsync();
            await using var drop = new MySqlCommand($"DROP DATABASE IF EXISTS `{Database}`", connection);
            await drop.ExecuteNonQueryAsync();
        }

        Directory.Delete(DataDirectory, recursive: true);
    }
}
