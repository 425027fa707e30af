namespace Portal.Server.Features.Catalog;

/// <summary>Which of the known names somebody may have meant. Pure.</summary>
internal static class NearestName
{
    /// <summary>The known name with the fewest letters that differ, or null when none is near: at most two letters, or a quarter of a long word.</summary>
    public static string? Of(string word, IEnumerable<string> known)
    {
        string? best = null;
        var most = Math.Max(2, word.Length / 4);
        foreach (var name in known)
        {
            if (Distance(name, word, most) is { } distance)
            {
                (best, most) = (name, distance - 1);
            }
        }

        return best;
    }

    // Levenshtein's; null where it is over the most: a chart has thousands of keys, and nearly all of them are far away.
    private static int? Distance(string a, string b, int most)
    {
        if (most < 0 || Math.Abs(a.Length - b.Length) > most)
        {
            return null;
        }

        var (previous, current) = (Enumerable.Range(0, b.Length + 1).ToArray(), new int[b.Length + 1]);
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            var least = i;
            for (var j = 1; j <= b.Length; j++)
            {
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                least = Math.Min(least, current[j]);
            }

            if (least > most)
            {
                return null;
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length] <= most ? previous[b.Length] : null;
    }
}
