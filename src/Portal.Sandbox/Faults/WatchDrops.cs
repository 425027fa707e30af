namespace Portal.Sandbox.Faults;

/// <summary>Ends all open watches at once, on an admin's call or when the server stops.</summary>
internal sealed class WatchDrops : IDisposable
{
    private CancellationTokenSource _source = new();

    public CancellationToken Token => _source.Token;

    /// <summary>True while connections are to be cut instead of ended well.</summary>
    public bool IsCutting { get; private set; }

    public void Drop(bool cut)
    {
        IsCutting = cut;
        var old = Interlocked.Exchange(ref _source, new CancellationTokenSource());
        old.Cancel();
        IsCutting = false;
    }

    public void Dispose() => _source.Cancel();
}
