namespace Portal.Helm.Actions;

/// <summary>Passes events on from one thread at a time: objects are written and logs are read side by side.</summary>
internal sealed class SerialObserver(IHelmObserver inner) : IHelmObserver
{
    private readonly Lock _gate = new();

    public void OnEvent(HelmEvent helmEvent)
    {
        lock (_gate)
        {
            inner.OnEvent(helmEvent);
        }
    }
}
