using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.DataProtection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Portal.Core.Access;
using Portal.Helm.Kube;
using Portal.Server;
using Portal.Server.Data;
using Portal.Server.Features.Access;
using Portal.Server.Features.Backups;
using Portal.Server.Features.Catalog;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Operations;
using Portal.Server.Features.Overview;
using Portal.Server.Features.Plans;
using Portal.Server.Features.Releases;
using Portal.Server.Features.Values;
using Portal.Server.Jobs;
using Portal.Server.Web;

if (StartCommand.AsksForHelp(args))
{
    Console.WriteLine(StartCommand.Usage);
    return 0;
}

if (StartCommand.NotUnderstood(args) is { } words)
{
    Console.Error.WriteLine($"\"{words}\" is not understood\n{StartCommand.Usage}");
    return 2;
}

PrivateFiles.MakeFromNowOn();
// Published, the client's files are beside the program, wherever it is started from.
var published = Directory.Exists(Path.Combine(AppContext.BaseDirectory, "wwwroot"));
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = published ? AppContext.BaseDirectory : null });
// A build keeps the client's files where they were made and a list of them beside the program; Development alone would read it.
builder.WebHost.UseStaticWebAssets();
try
{
    var settings = PortalSettings.Read(builder.Configuration, builder.Environment.ContentRootPath, builder.Environment.IsDevelopment());
    if (args is ["admin", ..] && !settings.HasDatabase)
    {
        throw new SettingsException($"there is no portal in {settings.DataDirectory}: set PORTAL_DATA, or ConnectionStrings__Portal, as the portal has it");
    }

    PrivateFiles.Close(settings.DataDirectory);
    var box = new SecretBox(PortalKey.Load(settings, Console.Error.WriteLine));
    if (builder.Configuration["urls"] is null && builder.Configuration["ASPNETCORE_URLS"] is null && builder.Configuration["URLS"] is null)
    {
        builder.WebHost.UseUrls("http://127.0.0.1:5080");
    }

    builder.Services.AddSingleton(settings).AddSingleton(box).AddSingleton(TimeProvider.System);
    builder.Services.AddData(settings);
    builder.Services.AddHostedService<Presence>();
    builder.Services.AddJobs(settings);
    builder.Services.AddAccess();
    builder.Services.AddClusters();
    builder.Services.AddCatalog();
    // Before everything that looks at clusters: the sandbox has a new address with every start.
    builder.Services.AddHostedService<SampleSeeder>();
    builder.Services.AddReleases();
    builder.Services.AddValues();
    builder.Services.AddPlans();
    builder.Services.AddOperations();
    builder.Services.AddBackups();

    // It warns that keys may be stored in clear; DatabaseKeys encrypts them.
    builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error);
    // "An error occurred" without a cause: whoever used the connection gets the error, and says what it means.
    builder.Logging.AddFilter("Microsoft.EntityFrameworkCore.Database.Connection", LogLevel.Critical);
    builder.Services.AddDataProtection().SetApplicationName("iomete-portal");
    builder.Services.AddSingleton<Microsoft.Extensions.Options.IConfigureOptions<Microsoft.AspNetCore.DataProtection.KeyManagement.KeyManagementOptions>, DatabaseKeys>();
    builder.Services.AddExceptionHandler<ProblemHandler>().AddProblemDetails();
    builder.Services.ConfigureHttpJsonOptions(o =>
    {
        o.SerializerOptions.Converters.Add(new JsonStringEnumConverter(allowIntegerValues: false));
        o.SerializerOptions.Converters.Add(new ExactTime());
        o.SerializerOptions.TypeInfoResolver = o.SerializerOptions.TypeInfoResolver!.WithAddedModifier(RequiredMembers.Mark);
    });
    builder.Services.AddSignalR().AddJsonProtocol(o => o.PayloadSerializerOptions.Converters.Add(new JsonStringEnumConverter()));
    builder.Services.AddOpenApi();
    builder.Services.AddOpenTelemetry()
        .ConfigureResource(r => r.AddService("iomete-portal"))
        .WithMetrics(m => m.AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddRuntimeInstrumentation().AddMeter(OperationsFeature.Name).AddPrometheusExporter())
        .WithTracing(t =>
        {
            t.AddAspNetCoreInstrumentation().AddSource(OperationsFeature.Name, KubeClient.Activities.Name);
            if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not null)
            {
                t.AddOtlpExporter();
            }
        });

    var app = builder.Build();
    await DataFeature.MigrateAsync(app.Services, app.Logger);
    await DatabaseKeys.CheckFingerprintAsync(app.Services, box);
    if (args is ["admin", "reset-password", var user])
    {
        return await AccessFeature.ResetPasswordAsync(app.Services, user);
    }

    if (args is ["admin", "rotate-key", var file])
    {
        return await KeyRotation.RunAsync(app.Services, settings, box, file);
    }

    await AccessFeature.EnsureAdminAsync(app.Services, settings, Console.WriteLine);

    app.UseTrustedProxies(builder.Configuration);
    app.UseExceptionHandler();
    app.UseWebRules();
    app.UseRouting();
    app.UseAuthentication();
    app.UsePermissions();

    app.MapAccess();
    app.MapClusters();
    app.MapCatalog();
    app.MapReleases();
    app.MapValues();
    app.MapNewValues();
    app.MapPlans();
    app.MapOperations();
    app.MapBackups();
    app.MapOverview();
    app.MapHealth(settings);
    app.MapOpenApi().RequirePermission(Permissions.SessionUse);
    app.MapStaticAssets();
    app.Map("/api/{**rest}", IResult () => throw ProblemException.NotFound("This address of the API")).Anonymous();
    app.MapFallbackToFile("index.html");
    await app.RunAsync();
    return 0;
}
catch (SettingsException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}

/// <summary>The portal's server; tests host it.</summary>
public partial class Program;
