using Portal.Helm.Templating;

namespace Portal.Helm.Sprig;

/// <summary>Go's path package: base, dir, ext, clean, isAbs; the os-variants are the same on Linux.</summary>
internal static class Paths
{
    public static void Register(FunctionTable table)
    {
        foreach (var prefix in new[] { "", "os" })
        {
            string Name(string n) => prefix.Length == 0 ? n : prefix + char.ToUpperInvariant(n[0]) + n[1..];
            table.Add(Name("base"), [GoType.String], a => Base((string)a[0]!));
            table.Add(Name("dir"), [GoType.String], a => Clean(((string)a[0]!)[..(((string)a[0]!).LastIndexOf('/') + 1)]));
            table.Add(Name("ext"), [GoType.String], a => (string)a[0]! is var path && path.LastIndexOf('.') is >= 0 and var dot && dot > path.LastIndexOf('/') ? path[dot..] : "");
            table.Add(Name("clean"), [GoType.String], a => Clean((string)a[0]!));
            table.Add(Name("isAbs"), [GoType.String], a => ((string)a[0]!).StartsWith('/'));
        }
    }

    internal static string Base(string path)
    {
        if (path.Length == 0)
        {
            return ".";
        }

        var trimmed = path.TrimEnd('/');
        return trimmed.Length == 0 ? "/" : trimmed[(trimmed.LastIndexOf('/') + 1)..];
    }

    internal static string Clean(string path)
    {
        var rooted = path.StartsWith('/');
        var parts = new List<string>();
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".")
            {
                continue;
            }

            if (part == ".." && parts.Count > 0 && parts[^1] != "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part != ".." || !rooted)
            {
                parts.Add(part);
            }
        }

        var result = (rooted ? "/" : "") + string.Join('/', parts);
        return result.Length == 0 ? "." : result;
    }
}
