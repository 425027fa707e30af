using System.Globalization;

namespace Portal.Sandbox;

/// <summary>The cluster's clock: runs <c>speed</c> times as fast as the clock it is made of.</summary>
internal sealed class SandboxClock(TimeProvider time, double speed)
{
    private readonly DateTimeOffset _start = time.GetUtcNow();

    public TimeProvider Provider => time;

    public DateTimeOffset Now => _start + ((time.GetUtcNow() - _start) * speed);

    /// <summary>Now, as Kubernetes writes times.</summary>
    public string NowText => Text(Now);

    public static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static DateTimeOffset? Parse(string? text) =>
        text is not null && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null;

    /// <summary>How long a span of the cluster's time lasts outside; never negative.</summary>
    public TimeSpan Outside(TimeSpan inside) => inside <= TimeSpan.Zero ? TimeSpan.Zero : inside / speed;

    public Task DelayAsync(TimeSpan inside, CancellationToken cancellationToken) => Task.Delay(Outside(inside), time, cancellationToken);
}
