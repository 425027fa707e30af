namespace Portal.Helm.Tests;

/// <summary>Cases that do not agree with Helm yet, in known-differences.txt: "family name". A case that agrees again is taken out by hand.</summary>
internal static class KnownDifferences
{
    public static HashSet<string> Load(string family) =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "known-differences.txt"))
            .Where(l => l.StartsWith(family + " ", StringComparison.Ordinal))
            .Select(l => l[(family.Length + 1)..])];
}
