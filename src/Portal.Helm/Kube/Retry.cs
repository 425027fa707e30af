namespace Portal.Helm.Kube;

/// <summary>
/// How long requests outlast a cluster that does not answer. An operation is patient (its own time-out counts on); somebody who looks at a page is not.
/// </summary>
/// <param name="Span">From the first lost request on.</param>
/// <param name="OnAway">Told once when the cluster is gone, with the reason.</param>
/// <param name="OnBack">Told once when it answers again.</param>
/// <param name="BeforeAgain">Called before a write is sent again: meanwhile somebody else may have taken over.</param>
internal sealed record Patience(TimeSpan Span, Action<string> OnAway, Action OnBack, Func<CancellationToken, ValueTask> BeforeAgain)
{
    private int _away;

    public void Away(string why)
    {
        if (Interlocked.Exchange(ref _away, 1) == 0)
        {
            OnAway(why);
        }
    }

    public void Back()
    {
        if (Interlocked.Exchange(ref _away, 0) == 1)
        {
            OnBack();
        }
    }
}

/// <summary>Decides for one request whether and when it is sent again.</summary>
internal sealed class Retry(HttpMethod method, string? contentType, int retries, Patience? patience)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private readonly long _started = System.Diagnostics.Stopwatch.GetTimestamp();
    private int _tries;

    /// <summary>Tries that ended without an answer.</summary>
    public int Unanswered { get; private set; }

    public void Answered()
    {
        if (Unanswered > 0)
        {
            patience?.Back();
        }
    }

    /// <summary>The pause after a refusal, or null when it stands. 429 and every 5xx that says when to come back are passing (as in client-go).</summary>
    public TimeSpan? After(KubeException error)
    {
        var asked = error.Code == 429 || error.Code == 503 || (error.Code >= 500 && error.RetryAfter is not null);
        var gateway = error.Code is 502 or 504 && method != HttpMethod.Post;
        if (!asked && !gateway)
        {
            Answered();
            return null;
        }

        if (error.Code >= 500)
        {
            patience?.Away(error.Message);
        }

        return Next(error.RetryAfter is { } wait ? TimeSpan.FromTicks(Math.Clamp(wait.Ticks, TimeSpan.TicksPerMillisecond * 100, LongestPause.Ticks)) : null);
    }

    /// <summary>The pause after a lost connection, or null when it is given up.</summary>
    public TimeSpan? After(Exception error, string why)
    {
        // Only a request that certainly did not arrive, or may arrive twice, is sent again when nobody is patient.
        var harmless = method == HttpMethod.Get || contentType == "application/apply-patch+yaml" || error is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError };
        if (patience is null && (!harmless || error is OperationCanceledException))
        {
            return null;
        }

        Unanswered++;
        patience?.Away(why);
        return Next(null);
    }

    private TimeSpan? Next(TimeSpan? asked)
    {
        var over = patience is null ? _tries >= retries : System.Diagnostics.Stopwatch.GetElapsedTime(_started) > patience.Span;
        return over ? null : asked ?? TimeSpan.FromMilliseconds(Math.Min(250 << Math.Min(_tries++, 10), 3000));
    }
}

/// <summary>Lets requests pass, or holds all of them back for as long as the server asked.</summary>
internal sealed class Throttle
{
    private long _until;

    public void HoldBack(TimeSpan span)
    {
        var until = Environment.TickCount64 + (long)span.TotalMilliseconds;
        long known;
        while ((known = Interlocked.Read(ref _until)) < until && Interlocked.CompareExchange(ref _until, until, known) != known)
        {
            // Another request was held back at the same moment; the later end counts.
        }
    }

    public async Task PassAsync(CancellationToken cancellation)
    {
        var left = Interlocked.Read(ref _until) - Environment.TickCount64;
        if (left > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(left), cancellation);
        }
    }
}
