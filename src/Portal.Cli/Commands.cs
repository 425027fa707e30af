using Portal.Cli.Releases;
using Portal.Helm.Actions;
using Portal.Helm.Charts;
using Portal.Helm.Charts.Repositories;
using Portal.Helm.Kube;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Values;
using Portal.Helm.Yaml;

namespace Portal.Cli;

/// <summary>The verbs of iomete-portal. Names, flags, output and exit codes are Helm's.</summary>
public static class Commands
{
    // Flags that Helm takes before and behind every verb. Those about a cluster matter to the verbs of Releases/ only.
    private static readonly Flag[] Global =
    [
        new("namespace", FlagKind.Text, "namespace of the release (default $HELM_NAMESPACE or \"default\")", 'n'),
        new("debug", FlagKind.Switch, "print what was rendered even where it is no valid YAML"),
        new("help", FlagKind.Switch, "say what the command does", 'h'),
        new("registry-config", FlagKind.Text, "file with the passwords of registries"),
        new("repository-config", FlagKind.Text, "file with names and addresses of repositories"),
        new("repository-cache", FlagKind.Text, "folder for the indexes of repositories"),
        new("content-cache", FlagKind.Text, "folder for charts that were fetched"),
        new("kubeconfig", FlagKind.Text, ""), new("kube-context", FlagKind.Text, ""), new("kube-token", FlagKind.Text, ""), new("kube-as-user", FlagKind.Text, ""),
        new("kube-as-group", FlagKind.Texts, ""), new("kube-apiserver", FlagKind.Text, ""), new("kube-ca-file", FlagKind.Text, ""), new("kube-tls-server-name", FlagKind.Text, ""),
        new("kube-insecure-skip-tls-verify", FlagKind.Switch, ""), new("burst-limit", FlagKind.Text, ""), new("qps", FlagKind.Text, ""), new("color", FlagKind.Text, ""), new("colour", FlagKind.Text, ""),
    ];

    private static readonly Verb[] Verbs =
    [
        TemplateVerb.Verb,
        .. ShowVerb.Verbs,
        PullVerb.Verb,
        LintVerb.Verb,
        DependencyVerb.Verb,
        ConformanceVerb.Verb,
        .. ReleaseVerbs.All,
        new("version", "", "print the version", 0, 0, [new("short", FlagKind.Switch, "print the version alone")], VersionAsync),
    ];

    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["fetch"] = "pull", ["inspect"] = "show", ["dep"] = "dependency", ["dependencies"] = "dependency", ["ls"] = "list", ["hist"] = "history",
        ["del"] = "uninstall", ["delete"] = "uninstall", ["un"] = "uninstall",
    };

    /// <summary>Runs one command: 0 is success, 1 an error, told on the error stream.</summary>
    public static async Task<int> RunAsync(string[] args, TextReader input, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        try
        {
            var (verb, rest) = Find(args);
            if (verb is null)
            {
                await output.WriteLineAsync(Usage());
                return 0;
            }

            var flags = FlagSet.Parse([.. verb.Flags, .. Global], rest);
            if (flags.Has("help"))
            {
                await output.WriteLineAsync(Usage(verb));
                return 0;
            }

            verb.CheckWords(flags.Words.Count);
            return await verb.Run(flags, new Terminal(input, output, error), cancellation);
        }
        catch (Exception failure) when (failure is UsageException or ChartException or SetException or RenderException or TemplateException or YamlException or RepositoryException or HelmException or KubeException or ClusterUnreachableException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"Error: {failure.Message}");
            return 1;
        }
    }

    // The verb may stand behind global flags, and "show values" is one verb.
    private static (Verb? Verb, List<string> Words) Find(string[] args)
    {
        var rest = args.ToList();
        var name = "";
        while (FlagSet.FirstWord(Global, rest) is >= 0 and var at)
        {
            var word = Aliases.GetValueOrDefault(rest[at], rest[at]);
            var longer = name.Length == 0 ? word : $"{name} {word}";
            if (!Array.Exists(Verbs, v => v.Name == longer || v.Name.StartsWith(longer + " ", StringComparison.Ordinal)))
            {
                throw name.Length == 0 && word != "help"
                    ? new UsageException($"unknown command \"{rest[at]}\" for \"iomete-portal\"\nRun 'iomete-portal --help' for usage.")
                    : new UsageException(name.Length == 0 ? Usage() : $"\"iomete-portal {name}\" accepts no arguments\n\nUsage:  iomete-portal {name} [command]");
            }

            rest.RemoveAt(at);
            name = longer;
            if (Array.Find(Verbs, v => v.Name == name) is { } verb)
            {
                return (verb, rest);
            }
        }

        // No verb: flags alone still have to be right.
        FlagSet.Parse(Global, rest);
        return (null, rest);
    }

    private static async Task<int> VersionAsync(FlagSet flags, Terminal terminal, CancellationToken cancellation)
    {
        var version = typeof(Commands).Assembly.GetName().Version?.ToString(3);
        await terminal.Output.WriteLineAsync(flags.Has("short") ? version : $"iomete-portal {version} (Helm {Capabilities.HelmVersion})");
        return 0;
    }

    private static string Usage() => $"""
        iomete-portal: Helm's engine at a terminal

        {string.Join('\n', Verbs.Select(v => $"  {v.Name + " " + v.Arguments,-28} {v.Help}"))}

        CHART is a folder, a .tgz, the address of one, oci://HOST/NAME, or with --repo its name. "iomete-portal VERB --help" lists the flags of a verb.
        """;

    private static string Usage(Verb verb) => $"""
        {verb.Help}

        Usage:  {verb.Use}

        {string.Join('\n', verb.Flags.Concat(Global).Where(f => f.Help.Length > 0).Select(f => $"  {(f.Letter == ' ' ? "   " : $"-{f.Letter},")} --{f.Name,-26} {f.Help}"))}
        """;
}
