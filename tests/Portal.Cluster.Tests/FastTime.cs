namespace Portal.Cluster.Tests;

/// <summary>A clock that runs so many times as fast as the real one, for cluster and client alike: what waits 90 seconds waits for 90 of these.</summary>
internal sealed class FastTime(double speed) : TimeProvider
{
    private readonly DateTimeOffset _start = System.GetUtcNow();
    private readonly long _origin = System.GetTimestamp();

    public override long TimestampFrequency => System.TimestampFrequency;

    public override long GetTimestamp() => _origin + (long)((System.GetTimestamp() - _origin) * speed);

    public override DateTimeOffset GetUtcNow() => _start + (System.GetElapsedTime(_origin) * speed);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => System.CreateTimer(callback, state, Real(dueTime), Real(period));

    private TimeSpan Real(TimeSpan span) => span == Timeout.InfiniteTimeSpan ? span : span / speed;
}
