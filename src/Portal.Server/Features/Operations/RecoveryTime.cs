namespace Portal.Server.Features.Operations;

/// <summary>
/// An operation whose process died ends within 30 seconds of the restart, whatever its time-out says: people do not know until then what became of it. What was
/// under way gets the first half of that, going back what is left; either gets a few seconds also when the take-over came late. Hooks are the exception: one that
/// still runs may be at work on data, and keeps the time-out of the release.
/// </summary>
internal sealed class RecoveryTime(TimeProvider time, TimeSpan behind)
{
    private static readonly TimeSpan GoingOn = TimeSpan.FromSeconds(14);
    private static readonly TimeSpan GoingBack = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan AtLeast = TimeSpan.FromSeconds(5);

    private readonly long _taken = time.GetTimestamp();

    /// <summary>What is left to finish what was planned.</summary>
    public TimeSpan ToGoOn => Left(GoingOn);

    /// <summary>What is left to go back, or to take away.</summary>
    public TimeSpan ToGoBack => Left(GoingBack);

    private TimeSpan Left(TimeSpan all)
    {
        var left = all - behind - time.GetElapsedTime(_taken);
        return left > AtLeast ? left : AtLeast;
    }
}
