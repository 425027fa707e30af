using MudBlazor;
using MudBlazor.Services;
using Portal.Client.Api;
using Portal.Client.Features.Access;
using Portal.Client.Features.Operations;

namespace Portal.Client;

/// <summary>What the pages need; tests register the same.</summary>
public static class ClientServices
{
    public static IServiceCollection AddPortalClient(this IServiceCollection services)
    {
        services.AddMudServices(o =>
        {
            o.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight;
            o.SnackbarConfiguration.VisibleStateDuration = 5000;
        });
        return services.AddScoped<PortalApi>().AddScoped<SessionState>().AddScoped<OperationFeed>().AddScoped<Shared.ThemeState>().AddScoped<Shared.News>().AddSingleton(TimeProvider.System);
    }
}
