using System.Text;
using Portal.Helm.Charts;
using Portal.Helm.Linting;
using Portal.Helm.Rendering;

namespace Portal.Cli;

/// <summary><c>lint</c>: looks for mistakes in charts (pkg/cmd/lint.go).</summary>
internal static class LintVerb
{
    private static readonly Flag[] Own =
    [
        new("strict", FlagKind.Switch, "fail on warnings"),
        new("with-subcharts", FlagKind.Switch, "look at the charts in charts/ too"),
        new("quiet", FlagKind.Switch, "print warnings and errors only"),
        new("skip-schema-validation", FlagKind.Switch, "do not check the values against values.schema.json"),
        new("kube-version", FlagKind.Text, "the Kubernetes version to check for"),
    ];

    public static Verb Verb { get; } = new("lint", "PATH", "look for mistakes in charts", 1, int.MaxValue, [.. Own, .. ValueFlags.Flags], RunAsync);

    private static async Task<int> RunAsync(FlagSet flags, Terminal terminal, CancellationToken cancellation)
    {
        var capabilities = flags.One("kube-version") is { Length: > 0 } version ? KubernetesVersion.Of(Capabilities.Default, version) : null;
        var options = new LintOptions(ReleaseNamespace.Of(flags), capabilities, flags.Has("skip-schema-validation"));
        var paths = flags.Words.Concat(flags.Has("with-subcharts") ? flags.Words.SelectMany(Subcharts) : []).ToArray();
        var values = await ValueFlags.MergeAsync(flags, terminal, new ChartLocator(flags, terminal.Output), cancellation);
        var (failed, noticed) = (0, 0);
        var report = new StringBuilder();
        foreach (var path in paths)
        {
            var (messages, problem) = Lint(path, values, options);
            var worst = problem is not null ? LintSeverity.Error : messages.Count > 0 ? messages.Max(m => m.Severity) : LintSeverity.Info;
            noticed += worst > LintSeverity.Info ? 1 : 0;
            failed += worst >= (flags.Has("strict") ? LintSeverity.Warning : LintSeverity.Error) ? 1 : 0;
            if (flags.Has("quiet") && worst == LintSeverity.Info)
            {
                continue;
            }

            report.Append("==> Linting ").Append(path).Append('\n');
            report.Append(problem is null ? "" : $"Error {problem}\n");
            report.AppendJoin("", messages.Where(m => !flags.Has("quiet") || m.Severity > LintSeverity.Info).Select(m => $"{m}\n")).Append('\n');
        }

        await terminal.Output.WriteAsync(report.ToString());
        var summary = $"{paths.Length} chart(s) linted, {failed} chart(s) failed";
        if (failed > 0)
        {
            throw new UsageException(summary);
        }

        if (!flags.Has("quiet") || noticed > 0)
        {
            await terminal.Output.WriteLineAsync(summary);
        }

        return 0;
    }

    private static (IReadOnlyList<LintMessage> Messages, string? Problem) Lint(string path, Dictionary<string, object?> values, LintOptions options)
    {
        try
        {
            using var archive = path.EndsWith(".tgz", StringComparison.Ordinal) || path.EndsWith(".tar.gz", StringComparison.Ordinal) ? File.OpenRead(path) : null;
            if (archive is null && !File.Exists(Path.Combine(path, "Chart.yaml")))
            {
                return ([], $"unable to check Chart.yaml file in chart: stat {Path.Combine(path, "Chart.yaml")}: no such file or directory");
            }

            var files = archive is null ? ChartLoader.ReadDirectory(path) : ChartLoader.ReadArchive(archive);
            return (ChartLinter.Lint(files, Path.GetFullPath(path), values, options), null);
        }
        catch (Exception error) when (error is ChartException or FileNotFoundException)
        {
            return ([], error is FileNotFoundException ? $"unable to open tarball: open {path}: no such file or directory" : error.Message);
        }
    }

    private static IEnumerable<string> Subcharts(string path)
    {
        var folder = Path.Combine(path, "charts");
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(f => Path.GetFileName(f) == "Chart.yaml" ? Path.GetDirectoryName(f)! : f.EndsWith(".tgz", StringComparison.Ordinal) || f.EndsWith(".tar.gz", StringComparison.Ordinal) ? f : "")
                .Where(f => f.Length > 0)
            : [];
    }
}
