namespace Portal.Sandbox.Faults;

/// <summary>Ends all open watches at once, on an admin's call or when the server stops.</summary>
internal sealed class WatchDrops : IDisposable
{
    private Ending _ending = new();

    /// <summary>How the watches that open now will end. A watch keeps it: it looks when it has ended, and another ending may be ahead by then.</summary>
    public Ending Next => _ending;

    public void Drop(bool cut) => Interlocked.Exchange(ref _ending, new Ending()).Come(cut);

    public void Dispose() => _ending.Dispose();

    internal sealed class Ending : IDisposable
    {
        private readonly CancellationTokenSource _source = new();

        public CancellationToken Token => _source.Token;

        /// <summary>True when connections are cut instead of ended well.</summary>
        public bool Cut { get; private set; }

        public void Come(bool cut)
        {
            Cut = cut;
            _source.Cancel();
        }

        public void Dispose() => _source.Dispose();
    }
}
