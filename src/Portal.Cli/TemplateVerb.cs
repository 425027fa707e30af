using System.Text;
using Portal.Cli.Releases;
using Portal.Helm.Charts;
using Portal.Helm.Releases;
using Portal.Helm.Rendering;

namespace Portal.Cli;

/// <summary><c>template</c>: what a chart renders to, byte for byte as Helm prints it (pkg/cmd/template.go, pkg/action/install.go).</summary>
internal static class TemplateVerb
{
    // Flags that say how objects reach a cluster: Helm takes them here as well, and they change nothing.
    private static readonly Flag[] WithoutEffect =
    [
        new("create-namespace", FlagKind.Switch, ""), new("force-replace", FlagKind.Switch, ""), new("force", FlagKind.Switch, ""), new("force-conflicts", FlagKind.Switch, ""),
        new("server-side", FlagKind.Text, "", Alone: "true"), new("replace", FlagKind.Switch, ""), new("timeout", FlagKind.Text, ""), new("wait", FlagKind.Text, "", Alone: "watcher"),
        new("wait-for-jobs", FlagKind.Switch, ""), new("description", FlagKind.Text, ""), new("disable-openapi-validation", FlagKind.Switch, ""), new("rollback-on-failure", FlagKind.Switch, ""),
        new("atomic", FlagKind.Switch, ""), new("skip-crds", FlagKind.Switch, ""), new("render-subchart-notes", FlagKind.Switch, ""), new("labels", FlagKind.Texts, "", 'l'),
        new("hide-notes", FlagKind.Switch, ""), new("take-ownership", FlagKind.Switch, ""),
    ];

    private static readonly Flag[] Own =
    [
        new("show-only", FlagKind.Texts, "print only what these templates render: templates/x.yaml, globs allowed", 's'),
        new("output-dir", FlagKind.Text, "write files below this folder instead of printing"),
        new("release-name", FlagKind.Switch, "put the release's name into the path below --output-dir"),
        new("include-crds", FlagKind.Switch, "print the files of crds/ as well"),
        new("no-hooks", FlagKind.Switch, "leave hooks out"),
        new("skip-tests", FlagKind.Switch, "leave test hooks out"),
        new("is-upgrade", FlagKind.Switch, "set .Release.IsUpgrade instead of .Release.IsInstall"),
        new("kube-version", FlagKind.Text, "the Kubernetes version of .Capabilities.KubeVersion"),
        new("api-versions", FlagKind.List, "adds to .Capabilities.APIVersions", 'a'),
        new("skip-schema-validation", FlagKind.Switch, "do not check the values against values.schema.json"),
        new("enable-dns", FlagKind.Switch, "let getHostByName ask the name server"),
        new("generate-name", FlagKind.Switch, "leave NAME out", 'g'),
        new("name-template", FlagKind.Text, "a template that gives the release's name"),
        new("dry-run", FlagKind.Text, "client, or server: the cluster says its version and APIs, answers lookups and knows the kinds", Alone: "unset"),
        new("validate", FlagKind.Switch, "the same as --dry-run=server"),
        new("dependency-update", FlagKind.Switch, ""),
        .. PostRendering.Flags,
    ];

    public static Verb Verb { get; } = new("template", "[NAME] [CHART]", "render a chart's templates and print the objects", 1, int.MaxValue, [.. Own, .. ValueFlags.Flags, .. ChartLocator.Flags, .. WithoutEffect], RunAsync);

    private static async Task<int> RunAsync(FlagSet flags, Terminal terminal, CancellationToken cancellation)
    {
        var capabilities = WithVersion(flags);
        using var cluster = AsksServer(flags) ? ClusterConnection.Open(flags) : null;
        PostRendering.Refuse(flags);
        var (name, reference) = NameAndChart(flags);
        var locator = new ChartLocator(flags, terminal.Output);
        var chart = await locator.LoadAsync(reference, cancellation);
        var values = await ValueFlags.MergeAsync(flags, terminal, locator, cancellation);
        CheckInstallable(chart, terminal);
        MissingDependencies.Refuse(chart, flags);
        CheckName(name);

        RenderResult result;
        var release = new ReleaseOptions(name, ReleaseNamespace.Of(flags), IsUpgrade: flags.Has("is-upgrade"));
        try
        {
            result = cluster is null
                ? ClusterConnection.RendererOf(flags).Render(chart, values, release, capabilities)
                : await cluster.Helm.RenderAsync(chart, values, release, cancellation);
        }
        catch (ChartException error)
        {
            throw new ChartException($"chart dependencies processing failed: {error.Message}", error);
        }
        catch (RenderException error) when (error.Files is { } files)
        {
            if (!flags.Has("debug"))
            {
                throw new RenderException($"{error.Message}\n\nUse --debug flag to render out invalid YAML", error);
            }

            terminal.Output.WriteLine(string.Concat(files.Where(f => f.Value.AsSpan().Trim().Length > 0).Select(f => Source(f.Key, f.Value))).Trim());
            throw;
        }

        if (cluster is not null)
        {
            terminal.WarnOfDefinitions(result.Crds);
        }

        Print(flags, result, terminal, name);
        return 0;
    }

    private static void Print(FlagSet flags, RenderResult result, Terminal terminal, string name)
    {
        var crds = flags.Has("include-crds") ? result.Crds : [];
        var hooks = flags.Has("no-hooks") ? [] : result.Hooks.Where(h => !flags.Has("skip-tests") || !h.Events.Contains("test")).ToArray();
        if (flags.One("output-dir") is { Length: > 0 } folder)
        {
            var below = flags.Has("release-name") ? Path.Combine(folder, name) : folder;
            var files = new OutputFolder(terminal.Output);
            foreach (var crd in crds)
            {
                files.Write(folder, crd.Name, crd.Text);
            }

            foreach (var document in result.Documents)
            {
                files.Write(below, document.Path, document.Content);
            }

            foreach (var hook in hooks)
            {
                files.Write(below, hook.Path, hook.Manifest);
            }

            terminal.Output.Write(flags.All("show-only").Count > 0 ? ShowOnly("\n", flags.All("show-only")) : "\n");
            return;
        }

        var manifests = Manifests([.. crds.Select(c => (c.Name, c.Text)), .. result.Documents.Select(d => (d.Path, d.Content))])
            .Concat(hooks.Select(h => Source(h.Path, h.Manifest)));
        if (flags.All("show-only").Count > 0)
        {
            terminal.Output.Write(ShowOnly(string.Concat(manifests), flags.All("show-only")));
            return;
        }

        foreach (var text in manifests)
        {
            terminal.Output.Write(text);
        }
    }

    // Helm trims the manifest as a whole and leaves the hooks as they are. Even an empty manifest is a line.
    private static IEnumerable<string> Manifests((string Path, string Text)[] objects)
    {
        for (var i = 0; i < objects.Length - 1; i++)
        {
            yield return Source(objects[i].Path, objects[i].Text);
        }

        if (objects.Length > 0)
        {
            yield return Source(objects[^1].Path, objects[^1].Text).Trim();
        }

        yield return "\n";
    }

    private static string Source(string path, string text) => $"---\n# Source: {path}\n{text}\n";

    // Helm cuts what it would print at its separators again, and looks for "# Source:" in each part.
    private static string ShowOnly(string manifests, IReadOnlyList<string> wanted)
    {
        var parts = ManifestSplitter.Documents(manifests).Select(part => (Path: SourcePath(part), Text: part)).ToArray();
        var result = new StringBuilder();
        foreach (var pattern in wanted.Select(w => w.Replace('\\', '/')))
        {
            var found = parts.Where(p => p.Path is not null && PathPattern.Matches(pattern, p.Path)).ToArray();
            if (found.Length == 0)
            {
                throw new UsageException($"could not find template {pattern} in chart");
            }

            foreach (var part in found)
            {
                result.Append("---\n").Append(part.Text).Append('\n');
            }
        }

        return result.ToString();
    }

    // The path behind the chart's name: "# Source: demo/templates/x.yaml" -> "templates/x.yaml".
    private static string? SourcePath(string document)
    {
        const string Head = "# Source: ";
        for (var at = document.IndexOf(Head, StringComparison.Ordinal); at >= 0; at = document.IndexOf(Head, at + 1, StringComparison.Ordinal))
        {
            var end = document.IndexOf('\n', at);
            var path = document[(at + Head.Length)..(end < 0 ? document.Length : end)];
            var slash = path.IndexOf('/', StringComparison.Ordinal);
            if (slash > 0 && slash + 1 < path.Length)
            {
                return path[(slash + 1)..];
            }
        }

        return null;
    }

    private static Capabilities WithVersion(FlagSet flags)
    {
        var result = Capabilities.Default;
        if (flags.One("kube-version") is { Length: > 0 } version)
        {
            result = KubernetesVersion.Of(result, version);
        }

        return result with { ApiVersions = [.. result.ApiVersions, .. flags.All("api-versions")] };
    }

    // Whether a cluster says its version and APIs and answers lookups; --kube-version and --api-versions then count for nothing, as in Helm.
    private static bool AsksServer(FlagSet flags)
    {
        if (flags.Given("validate") && flags.Given("dry-run"))
        {
            throw new UsageException("if any flags in the group [validate dry-run] are set none of the others can be; [dry-run validate] were all set");
        }

        if (flags.One("dry-run") is { } value and not ("client" or "unset" or "true" or "server"))
        {
            throw new UsageException($"invalid dry-run value (\"{value}\"). Must be \"server\" or \"client\"");
        }

        return flags.One("dry-run") is "server" || flags.Has("validate");
    }

    private static (string Name, string Chart) NameAndChart(FlagSet flags)
    {
        switch (flags.Words)
        {
            case [var chart]:
                return (flags.One("name-template") is { Length: > 0 } template ? NameTemplate.Execute(template) : "release-name", chart);
            case [_, _] when flags.Has("generate-name"):
                throw new UsageException("cannot set --generate-name and also specify a name");
            case [_, _] when flags.One("name-template") is { Length: > 0 }:
                throw new UsageException("cannot set --name-template and also specify a name");
            case [var name, var chart]:
                return (name, chart);
            default:
                throw new UsageException($"expected at most two arguments, unexpected arguments: {string.Join(", ", flags.Words.Skip(2))}");
        }
    }

    private static void CheckInstallable(Chart chart, Terminal terminal)
    {
        if (chart.Metadata.Type is not ("" or "application"))
        {
            throw new ChartException($"{chart.Metadata.Type} charts are not installable");
        }

        if (chart.Metadata.Deprecated)
        {
            terminal.Warn("this chart is deprecated");
        }
    }

    private static void CheckName(string name)
    {
        if (!ReleaseNames.IsValid(name))
        {
            throw new UsageException(ReleaseNames.Refusal(name));
        }
    }
}
