using System.Globalization;
using System.Text;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Values;

/// <summary>
/// What the values of a text are called when numbers do not count: an item of a list is called by its name ("env.[DB_PASSWORD].value"), so that it is the same one after others
/// came or went. Nameless items keep their number, with how many there are beside it.
/// </summary>
internal sealed class SecretKeys
{
    private static readonly string[] Naming = ["name", "key", "id"];

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <param name="scalars">All values of the text.</param>
    public SecretKeys(IReadOnlyList<YamlScalar> scalars)
    {
        var taken = new HashSet<(string List, string Name)>();
        foreach (var scalar in scalars)
        {
            for (var at = scalar.Path.IndexOf('.', StringComparison.Ordinal); at >= 0; at = scalar.Path.IndexOf('.', at + 1))
            {
                var end = scalar.Path.IndexOf('.', at + 1) is >= 0 and var next ? next : scalar.Path.Length;
                if (Index(scalar.Path.AsSpan(at + 1, end - at - 1)) is { } index)
                {
                    var list = scalar.Path[..at];
                    _counts[list] = Math.Max(_counts.GetValueOrDefault(list), index + 1);
                    // Two items of one name are told apart by their number.
                    if (Naming.Contains(scalar.Path[Math.Min(end + 1, scalar.Path.Length)..]) && !_names.ContainsKey(scalar.Path[..end]) && taken.Add((list, scalar.Value)))
                    {
                        _names[scalar.Path[..end]] = scalar.Value;
                    }
                }
            }
        }
    }

    /// <summary>The key of a path, and how many stand in each list on the way whose items have no names.</summary>
    public (string Key, string Others) Of(string path)
    {
        if (_counts.Count == 0)
        {
            return (path, "");
        }

        var key = new StringBuilder();
        var others = new StringBuilder();
        var at = 0;
        while (at <= path.Length)
        {
            var end = path.IndexOf('.', at) is >= 0 and var dot ? dot : path.Length;
            var part = path.AsSpan(at, end - at);
            var list = at == 0 ? "" : path[..(at - 1)];
            key.Append(at == 0 ? "" : ".");
            if (Index(part) is null || !_counts.TryGetValue(list, out var count))
            {
                key.Append(part);
            }
            else if (_names.TryGetValue(path[..end], out var name))
            {
                key.Append('[').Append(name).Append(']');
            }
            else
            {
                key.Append(part);
                others.Append(CultureInfo.InvariantCulture, $"/{count}");
            }

            at = end + 1;
        }

        return (key.ToString(), others.ToString());
    }

    private static int? Index(ReadOnlySpan<char> part) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;
}
