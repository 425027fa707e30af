using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Values;
using Portal.Helm.Yaml;

namespace Portal.Cli;

/// <summary>The verbs of iomete-portal. Names, flags, output and exit codes are Helm's.</summary>
public static class Commands
{
    private const string Usage = """
        iomete-portal: Helm's engine at a terminal

          template NAME CHART [-n NS] [-f FILE]... [--set|--set-string|--set-json|--set-file|--set-literal K=V]... [--is-upgrade] [--no-hooks] [--include-crds] [--kube-version V] [-a API]... [-s TEMPLATE]...
          show values|chart|readme|crds CHART
          version

        CHART is a folder or a .tgz.
        """;

    /// <summary>Runs one command. 0 is success, 1 an error (on the error stream), 2 a wrong command line.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        try
        {
            switch (args)
            {
                case [] or ["help"] or ["--help"] or ["-h"]:
                    await output.WriteLineAsync(Usage);
                    return 0;
                case ["version"]:
                    await output.WriteLineAsync($"iomete-portal {typeof(Commands).Assembly.GetName().Version?.ToString(3)} (Helm {Capabilities.HelmVersion})");
                    return 0;
                case ["template", .. var rest]:
                    await output.WriteAsync(Template(Flags.Parse(rest)));
                    return 0;
                case ["show", var what, var chart]:
                    await output.WriteAsync(Show(what, Load(chart)));
                    return 0;
                default:
                    await error.WriteLineAsync($"Error: unknown command \"{string.Join(' ', args)}\"\n{Usage}");
                    return 2;
            }
        }
        catch (UsageException wrong)
        {
            await error.WriteLineAsync($"Error: {wrong.Message}");
            return 2;
        }
        catch (Exception failure) when (failure is ChartException or SetException or RenderException or TemplateException or YamlException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"Error: {failure.Message}");
            return 1;
        }
    }

    private static string Template(Flags flags)
    {
        if (flags.Words is not [var name, var path])
        {
            throw new UsageException("\"template\" needs a release name and a chart");
        }

        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var file in flags.All("f"))
        {
            ValuesFile.Merge(values, ValuesFile.Read(File.ReadAllText(file)));
        }

        SetAll(flags, "set-json", values, SetExpressions.SetJson);
        SetAll(flags, "set", values, SetExpressions.Set);
        SetAll(flags, "set-string", values, SetExpressions.SetString);
        SetAll(flags, "set-file", values, (expression, into) => SetExpressions.SetFile(expression, into, File.ReadAllText));
        SetAll(flags, "set-literal", values, SetExpressions.SetLiteral);

        var capabilities = Capabilities.Default;
        if (flags.One("kube-version") is { } version)
        {
            capabilities = capabilities with { KubeVersion = version.StartsWith('v') ? version : "v" + version };
        }

        capabilities = capabilities with { ApiVersions = [.. capabilities.ApiVersions, .. flags.All("a")] };
        var result = new ChartRenderer().Render(Load(path), values, new ReleaseOptions(name, flags.One("n") ?? "default", IsUpgrade: flags.Has("is-upgrade")), capabilities);
        var only = flags.All("s").ToArray();
        bool Wanted(string template) => only.Length == 0 || only.Any(o => template.EndsWith("/" + o, StringComparison.Ordinal));
        var crds = flags.Has("include-crds") ? string.Concat(result.Crds.Select(c => $"---\n# Source: {result.Documents.FirstOrDefault()?.Path.Split('/')[0]}/{c.Name}\n{GoBytes.ToText(c.Data.Span)}\n")) : "";
        // Helm trims the manifest as a whole and leaves the hooks as they are.
        var manifest = (crds + string.Concat(result.Documents.Where(d => Wanted(d.Path)).Select(d => $"---\n# Source: {d.Path}\n{d.Content}\n"))).Trim();
        var hooks = flags.Has("no-hooks") ? "" : string.Concat(result.Hooks.Where(h => Wanted(h.Path)).Select(h => $"---\n# Source: {h.Path}\n{h.Manifest}\n"));
        return (manifest.Length > 0 ? manifest + "\n" : "") + hooks;
    }

    // Helm's order: files, then the kinds of --set, each in the order of the command line.
    private static void SetAll(Flags flags, string flag, Dictionary<string, object?> values, Action<string, Dictionary<string, object?>> set)
    {
        foreach (var expression in flags.All(flag))
        {
            try
            {
                set(expression, values);
            }
            catch (SetException error)
            {
                throw new SetException($"failed parsing --{flag} data: {error.Message}", error);
            }
        }
    }

    private static string Show(string what, Chart chart) => what switch
    {
        "values" => chart.ValuesText,
        "chart" => chart.Text("Chart.yaml"),
        "readme" => chart.Text("README.md"),
        "crds" => string.Join("\n---\n", chart.Files.Where(f => f.Name.StartsWith("crds/", StringComparison.Ordinal)).Select(f => GoBytes.ToText(f.Data.Span))),
        _ => throw new UsageException($"show {what}: values, chart, readme or crds"),
    };

    private static Chart Load(string path)
    {
        if (Directory.Exists(path))
        {
            return ChartLoader.LoadDirectory(path);
        }

        using var stream = File.OpenRead(path);
        return ChartLoader.LoadArchive(stream);
    }
}

/// <summary>A command line that makes no sense.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Flags as Helm writes them: -f x, --values x, --values=x.</summary>
internal sealed class Flags
{
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["-n"] = "n", ["--namespace"] = "n", ["-f"] = "f", ["--values"] = "f", ["-a"] = "a", ["--api-versions"] = "a", ["-s"] = "s", ["--show-only"] = "s", ["--kube-version"] = "kube-version",
        ["--set"] = "set", ["--set-string"] = "set-string", ["--set-json"] = "set-json", ["--set-file"] = "set-file", ["--set-literal"] = "set-literal",
    };

    private static readonly string[] Switches = ["--is-upgrade", "--no-hooks", "--include-crds"];
    private readonly List<(string Name, string Value)> _values = [];
    private readonly HashSet<string> _switches = new(StringComparer.Ordinal);

    public List<string> Words { get; } = [];

    public static Flags Parse(IReadOnlyList<string> args)
    {
        var result = new Flags();
        for (var i = 0; i < args.Count; i++)
        {
            var at = args[i].StartsWith("--", StringComparison.Ordinal) ? args[i].IndexOf('=', StringComparison.Ordinal) : -1;
            var flag = at < 0 ? args[i] : args[i][..at];
            if (Switches.Contains(flag))
            {
                result._switches.Add(flag[2..]);
            }
            else if (Names.TryGetValue(flag, out var name))
            {
                var value = at >= 0 ? args[i][(at + 1)..] : i + 1 < args.Count ? args[++i] : throw new UsageException($"flag needs an argument: {flag}");
                result._values.AddRange(name is "a" or "f" ? value.Split(',').Select(v => (name, v)) : [(name, value)]);
            }
            else if (flag.StartsWith('-'))
            {
                throw new UsageException($"unknown flag: {flag}");
            }
            else
            {
                result.Words.Add(args[i]);
            }
        }

        return result;
    }

    public bool Has(string name) => _switches.Contains(name);

    public string? One(string name) => _values.LastOrDefault(v => v.Name == name).Value;

    public IEnumerable<string> All(string name) => _values.Where(v => v.Name == name).Select(v => v.Value);
}
