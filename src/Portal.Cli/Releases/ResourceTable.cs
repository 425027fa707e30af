using System.Text;
using Portal.Helm.Actions;

namespace Portal.Cli.Releases;

/// <summary>The RESOURCES part of "status": the API server's own tables, one after another, with the header of the first of a kind.</summary>
internal static class ResourceTable
{
    // How kubectl sets its tables: a column is at least six wide, and three blanks follow the longest cell. Each object is set by itself.
    private const int Least = 6;
    private const int Padding = 3;

    /// <summary>The part with its heading; none for a release that has no objects left.</summary>
    public static string Of(IReadOnlyList<ReleaseResource> resources)
    {
        if (resources.Count == 0)
        {
            return "";
        }

        var text = new StringBuilder("RESOURCES:\n");
        foreach (var kind in resources.GroupBy(r => r.Kind))
        {
            text.Append("==> ").Append(kind.Key).Append('\n');
            var first = true;
            foreach (var (_, table) in kind)
            {
                var columns = table.List("columnDefinitions").Select((c, at) => (Name: c.Text("name"), Hidden: c.Int("priority") is > 0, At: at)).Where(c => !c.Hidden).ToList();
                List<List<string>> rows = [.. table.List("rows").Select(r => columns.ConvertAll(c => Cell(r, c.At)))];
                if (first)
                {
                    rows.Insert(0, columns.ConvertAll(c => c.Name.ToUpperInvariant()));
                }

                first = false;
                Add(text, rows);
            }

            text.Append('\n');
        }

        return text.Append('\n').ToString();
    }

    private static string Cell(Portal.Helm.Kube.KubeObject row, int at) => row.Json["cells"]?[at]?.ToString() ?? "<none>";

    private static void Add(StringBuilder text, List<List<string>> rows)
    {
        foreach (var row in rows)
        {
            for (var at = 0; at < row.Count; at++)
            {
                text.Append(at == row.Count - 1 ? row[at] : row[at].PadRight(Math.Max(Least, rows.Max(r => r[at].Length) + Padding)));
            }

            text.Append('\n');
        }
    }
}
