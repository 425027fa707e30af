using System.Diagnostics;

namespace Portal.Testing;

/// <summary>What comes about in its own time.</summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan? every = null)
    {
        var since = Stopwatch.StartNew();
        while (since.Elapsed < Patience)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(every ?? TimeSpan.FromMilliseconds(200));
        }

        throw new TimeoutException($"it did not come about within {Patience.TotalMinutes:0} minutes");
    }
}
