using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

namespace Portal.Client.Features.Plans;

/// <summary>Two texts line by line: "add", "del" or "" with three lines around each change.</summary>
internal static class LineDiff
{
    public static IEnumerable<(string Kind, string Line)> Of(string from, string to)
    {
        var lines = InlineDiffBuilder.Diff(from, to).Lines;
        var near = new bool[lines.Count];
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].Type != ChangeType.Unchanged)
            {
                for (var j = Math.Max(0, i - 3); j <= Math.Min(lines.Count - 1, i + 3); j++)
                {
                    near[j] = true;
                }
            }
        }

        var skipped = false;
        for (var i = 0; i < lines.Count; i++)
        {
            if (!near[i])
            {
                skipped = true;
                continue;
            }

            if (skipped)
            {
                yield return ("", "…");
                skipped = false;
            }

            yield return (lines[i].Type switch { ChangeType.Inserted => "add", ChangeType.Deleted => "del", _ => "" }, lines[i].Text);
        }
    }
}
