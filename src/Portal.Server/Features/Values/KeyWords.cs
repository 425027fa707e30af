using System.Globalization;
using System.Text.RegularExpressions;

namespace Portal.Server.Features.Values;

/// <summary>The words in the names of keys, and which of them mean the same: "dbHostname" and "database.host". Pure.</summary>
internal static partial class KeyWords
{
    // A word of a line stands for the first one of it. What charts abbreviate or say in two ways; Kubernetes' own short names among them.
    private static readonly Dictionary<string, string> Same = new[]
    {
        "database db", "postgresql postgres pg", "mail email mailer", "host hostname server address", "user username login", "password pass passwd pwd", "url uri endpoint",
        "enabled enable installed active on", "count replica number", "limit max maximum", "minimum min", "ttl lifetime expiry expiration", "path dir directory folder", "config configuration settings setting options option",
        "memory mem", "namespace ns", "serviceaccount sa", "service svc", "persistentvolumeclaim pvc claim", "repository repo", "registry hub", "certificate cert", "authentication auth", "kubernetes k8s kube",
        "timeout deadline", "interval period", "message msg", "environment env", "image img", "domain zone", "verbosity level", "label tag",
    }.SelectMany(line => line.Split(' ').Select(w => (Word: Stem(w), First: Stem(line.Split(' ')[0])))).DistinctBy(p => p.Word).ToDictionary(p => p.Word, p => p.First, StringComparer.Ordinal);

    // A product and what it is: postgres.sslMode may become database.sslMode, never mysql.sslMode.
    private static readonly Dictionary<string, string> KindOf = new Dictionary<string, string>
    {
        ["postgresql"] = "database", ["mysql"] = "database", ["mariadb"] = "database", ["mongodb"] = "database", ["minio"] = "object", ["s3"] = "object", ["redis"] = "cache", ["valkey"] = "cache", ["memcached"] = "cache",
        ["kafka"] = "queue", ["rabbitmq"] = "queue", ["nats"] = "queue", ["elasticsearch"] = "search", ["opensearch"] = "search", ["ldap"] = "directory", ["vault"] = "secret",
    }.ToDictionary(p => Stem(p.Key), p => p.Value, StringComparer.Ordinal);

    // Tables of every program: they tell no program from another.
    private static readonly HashSet<string> Facets = new(StringComparer.Ordinal)
    {
        "auth", "tls", "ssl", "metrics", "logging", "log", "logs", "service", "ingress", "route", "persistence", "storage", "volume", "probe", "probes", "livenessprobe", "readinessprobe", "startupprobe", "httpget",
        "image", "images", "resources", "limits", "requests", "securitycontext", "podsecuritycontext", "containersecuritycontext", "rbac", "serviceaccount", "autoscaling", "hpa", "affinity", "poddisruptionbudget", "pdb", "networkpolicy", "env", "config",
        "settings", "options", "pool", "retry", "replica", "deployment", "pod", "container", "job", "admin", "http", "https", "grpc", "api", "web", "servicemonitor", "podmonitor", "annotations", "labels", "strategy", "rollingupdate", "credentials", "secret", "existingsecret", "database",
    };

    /// <summary>The words of one name, lower case and without a plural's s.</summary>
    public static string[] Of(string key) => [.. Words().Matches(key).Select(m => Stem(m.Value.ToLower(CultureInfo.InvariantCulture)))];

    /// <summary>Whether a table of that name is found below programs of all kinds.</summary>
    public static bool IsFacet(string key) => Facets.Contains(Squash(key));

    /// <summary>Without the marks between words.</summary>
    public static string Squash(string key) => key.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>Whether two words mean the same: equal, said in two ways, a product and what it is, or one the beginning of the other (log and logging).</summary>
    public static bool Related(string a, string b)
    {
        if (a == b || First(a) == First(b) || KindOf.GetValueOrDefault(First(a)) == First(b) || KindOf.GetValueOrDefault(First(b)) == First(a))
        {
            return true;
        }

        var (small, large) = a.Length < b.Length ? (a, b) : (b, a);
        return small.Length >= 3 && large.StartsWith(small, StringComparison.Ordinal);
    }

    /// <summary>How many words of the one have a fellow in the other; each is taken once.</summary>
    public static int Shared(IEnumerable<string> a, IEnumerable<string> b)
    {
        var left = b.ToList();
        var count = 0;
        foreach (var word in a)
        {
            var at = left.IndexOf(word);
            at = at >= 0 ? at : left.FindIndex(w => Related(word, w));
            if (at >= 0)
            {
                left.RemoveAt(at);
                count++;
            }
        }

        return count;
    }

    /// <summary>How far two paths say the same in all their words together, 0 to 1.</summary>
    public static double Likeness(IReadOnlyCollection<string> a, IReadOnlyCollection<string> b) => a.Count + b.Count == 0 ? 0 : 2.0 * Shared(a, b) / (a.Count + b.Count);

    /// <summary>
    /// Whether two paths speak of the same thing. What both begin and end with is set aside; a table that both end with and that is one program's own decides; else what is left has to share a
    /// word, or nothing is left of one of them. Beside the keys of each path stand the words of each key.
    /// </summary>
    public static bool SameSubject(string[] from, string[][] fromWords, string[] to, string[][] toWords)
    {
        var start = 0;
        while (start < Math.Min(from.Length, to.Length) - 1 && from[start] == to[start])
        {
            start++;
        }

        var end = 0;
        while (end < Math.Min(from.Length, to.Length) - start && from[^(end + 1)] == to[^(end + 1)])
        {
            end++;
            if (end > 1 && !IsFacet(from[^end]))
            {
                return true;
            }
        }

        var (a, b) = (fromWords[start..^end], toWords[start..^end]);
        return a.Length == 0 || b.Length == 0 || Array.Exists(a, x => Array.Exists(x, w => Array.Exists(b, y => Array.Exists(y, v => Related(w, v)))));
    }

    private static string Stem(string word) => word.Length > 3 ? word.TrimEnd('s') : word;

    private static string First(string word) => Same.GetValueOrDefault(word, word);

    [GeneratedRegex("[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")]
    private static partial Regex Words();
}
