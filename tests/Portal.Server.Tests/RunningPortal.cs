using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using MySqlConnector;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;

[assembly: AssemblyFixture(typeof(Portal.Server.Tests.RunningPortal))]

namespace Portal.Server.Tests;

/// <summary>The server with its sandbox and an empty database: SQLite, or MySQL when PORTAL_TEST_DB=mysql.</summary>
public sealed class RunningPortal : WebApplicationFactory<Program>, IAsyncLifetime
{
    public const string AdminPassword = "a-long-test-password";
    private readonly string _data = Directory.CreateTempSubdirectory("portal-server-").FullName;
    private readonly string _database = "portal_" + Guid.NewGuid().ToString("N")[..12];

    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    /// <summary>The folder with database files, keys and the sandbox's objects.</summary>
    public string DataDirectory => _data;

    private static string? MySql => Environment.GetEnvironmentVariable("PORTAL_TEST_DB") == "mysql" ? Environment.GetEnvironmentVariable("PORTAL_TEST_MYSQL") : null;

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Development");
        builder.UseSetting("PORTAL_DATA", _data);
        builder.UseSetting("PORTAL_ADMIN_PASSWORD", AdminPassword);
        if (MySql is { } server)
        {
            builder.UseSetting("ConnectionStrings:Portal", $"{server};Database={_database}");
        }
    }

    public ValueTask InitializeAsync()
    {
        UseKestrel(0);
        StartServer();
        return ValueTask.CompletedTask;
    }

    /// <summary>A client with a session of its own.</summary>
    public async Task<HttpClient> SignInAsync(string userName = "admin", string password = AdminPassword)
    {
        var client = NewClient();
        var answer = await client.PostAsJsonAsync("/api/v1/session", new SignInRequest(userName, password), Json);
        answer.EnsureSuccessStatusCode();
        return client;
    }

    /// <summary>A client without a session.</summary>
    public HttpClient NewClient()
    {
        var address = ClientOptions.BaseAddress;
        return new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer(), UseCookies = true }) { BaseAddress = address };
    }

    /// <summary>A user with one role, signed in.</summary>
    public async Task<HttpClient> SignInAsAsync(Role role)
    {
        using var admin = await SignInAsync();
        var name = role.ToString().ToLowerInvariant() + Guid.NewGuid().ToString("N")[..6];
        (await admin.PostAsJsonAsync("/api/v1/users", new CreateUserRequest(name, name, [role], "another-long-password"), Json)).EnsureSuccessStatusCode();
        return await SignInAsync(name, "another-long-password");
    }

    /// <summary>The sample release, once its first install has ended.</summary>
    public static async Task<Release> SampleAsync(HttpClient client)
    {
        await UntilAsync(async () =>
        {
            var operations = await GetAsync<Page<Operation>>(client, "/api/v1/operations");
            return operations.Items.Count > 0 && operations.Items.All(o => o.EndedAt is not null);
        });
        return (await GetAsync<Page<Release>>(client, "/api/v1/releases")).Items.Single(r => r.Name == "data-plane");
    }

    public static async Task<T> GetAsync<T>(HttpClient client, string path) => (await client.GetFromJsonAsync<T>(path, Json))!;

    public static async Task<T> ReadAsync<T>(HttpResponseMessage answer)
    {
        if (!answer.IsSuccessStatusCode)
        {
            Assert.Fail($"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }

        return (await answer.Content.ReadFromJsonAsync<T>(Json))!;
    }

    public static async Task<Plan> PlanAsync(HttpClient client, string releaseId, CreatePlanRequest request)
    {
        var plan = await ReadAsync<Plan>(await client.PostAsJsonAsync($"/api/v1/releases/{releaseId}/plans", request, Json));
        await UntilAsync(async () => (plan = await GetAsync<Plan>(client, $"/api/v1/plans/{plan.Id}")).State != PlanState.Pending);
        return plan;
    }

    public static async Task<Operation> StartAsync(HttpClient client, Plan plan) => await ReadAsync<Operation>(
        await client.PostAsJsonAsync($"/api/v1/plans/{plan.Id}/operations", new StartOperationRequest("a test asks for it", [.. plan.Findings.Select(f => f.Id)]), Json));

    public static async Task<Operation> EndAsync(HttpClient client, string operationId)
    {
        Operation? operation = null;
        await UntilAsync(async () => (operation = await GetAsync<Operation>(client, $"/api/v1/operations/{operationId}")).EndedAt is not null);
        return operation!;
    }

    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 600; i++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(200);
        }

        Assert.Fail("it did not come about within two minutes");
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await base.DisposeAsync();
        if (MySql is { } server)
        {
            await using var connection = new MySqlConnection(server);
            await connection.OpenAsync();
            await using var command = new MySqlCommand($"DROP DATABASE IF EXISTS `{_database}`", connection);
            await command.ExecuteNonQueryAsync();
        }

        Directory.Delete(_data, recursive: true);
    }
}
