using Portal.Helm.Actions;
using Portal.Helm.Kube;

namespace Portal.Cli.Releases;

/// <summary>
/// The verbs that act on a cluster: break-glass for when the portal is down, and for pipelines. They ask nobody for approval; the portal shows
/// their revisions as made outside.
/// </summary>
internal static class ReleaseVerbs
{
    public static IReadOnlyList<Verb> All { get; } = [.. ReadVerbs.All, .. ChangeVerbs.All];

    /// <summary>A verb that talks to a cluster; what the cluster or the release refuses becomes Helm's "Error: ..." with exit code 1.</summary>
    public static Verb Verb(string name, string arguments, string help, int least, int most, IReadOnlyList<Flag> flags, Func<FlagSet, Terminal, ClusterConnection, CancellationToken, Task> run, string failure = "") =>
        new(name, arguments, help, least, most, flags, async (set, terminal, cancellation) =>
        {
            using var connection = ClusterConnection.Open(set);
            try
            {
                await run(set, terminal, connection, cancellation);
                return 0;
            }
            catch (Exception error) when (error is HelmException or KubeException or ClusterUnreachableException)
            {
                throw new UsageException(failure + error.Message);
            }
        });

    /// <summary>"--timeout 5m30s" in Go's notation.</summary>
    public static TimeSpan Duration(FlagSet flags, string name, TimeSpan otherwise)
    {
        if (flags.One(name) is not { } text)
        {
            return otherwise;
        }

        var total = 0.0;
        var rest = text;
        while (rest.Length > 0)
        {
            var digits = rest.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
            var unit = new string([.. rest.Skip(digits).TakeWhile(char.IsAsciiLetter)]);
            var factor = unit switch { "h" => 3600, "m" => 60, "s" => 1, "ms" => 0.001, _ => 0 };
            if (factor == 0 || !double.TryParse(rest.AsSpan(0, digits), System.Globalization.CultureInfo.InvariantCulture, out var number))
            {
                throw new UsageException($"invalid argument \"{text}\" for \"--{name}\" flag: time: invalid duration \"{text}\"");
            }

            total += number * factor;
            rest = rest[(digits + unit.Length)..];
        }

        return TimeSpan.FromSeconds(total);
    }

    /// <summary>A flag's whole number.</summary>
    public static int Number(FlagSet flags, string name, int otherwise) => flags.One(name) is not { } text ? otherwise
        : int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number
        : throw new UsageException($"invalid argument \"{text}\" for \"--{name}\" flag: strconv.ParseInt: parsing \"{text}\": invalid syntax");
}
