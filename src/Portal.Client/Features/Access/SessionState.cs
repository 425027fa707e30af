using Portal.Client.Api;
using Portal.Core.Access;

namespace Portal.Client.Features.Access;

/// <summary>Who is signed in, for all pages.</summary>
public sealed class SessionState(PortalApi api)
{
    public Session? Current { get; private set; }

    /// <summary>The session ended by itself: nobody signed out.</summary>
    public bool Ended { get; private set; }

    public event Action? Changed;

    public bool Can(string permission) => Current?.Permissions.Contains(permission) == true;

    /// <summary>Asks the server once; false when nobody is signed in.</summary>
    public async Task<bool> LoadAsync()
    {
        if (Current is not null)
        {
            return true;
        }

        try
        {
            Set(await api.SessionAsync());
            return true;
        }
        catch (ApiException error) when (error.Status == 401)
        {
            return false;
        }
    }

    public void Set(Session? session) => Set(session, ended: false);

    /// <summary>The server knows the session no more.</summary>
    public void End() => Set(null, ended: true);

    private void Set(Session? session, bool ended)
    {
        (Current, Ended) = (session, ended);
        Changed?.Invoke();
    }
}
