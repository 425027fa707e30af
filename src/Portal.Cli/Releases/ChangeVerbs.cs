using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Helm.Releases;
using Portal.Helm.Rendering;

namespace Portal.Cli.Releases;

/// <summary><c>install</c>, <c>upgrade</c>, <c>rollback</c>, <c>uninstall</c> and <c>test</c>.</summary>
internal static class ChangeVerbs
{
    // What pflag takes for "--dry-run" without a value.
    private const string BareDryRun = "unset";

    private static readonly Flag[] Waiting =
    [
        new("wait", FlagKind.Text, "until everything is ready: watcher (the value when none is written) or hookOnly", Alone: "watcher"), new("timeout", FlagKind.Text, "for waiting and for each hook (5m0s)"),
        new("no-hooks", FlagKind.Switch, "leave hooks out"), new("description", FlagKind.Text, "kept on the revision"),
    ];

    private static readonly Flag[] Applying =
    [
        new("wait-for-jobs", FlagKind.Switch, "with --wait: until jobs have ended as well"), new("server-side", FlagKind.Text, "server-side apply: true, false or auto", Alone: "true"),
        new("force-conflicts", FlagKind.Switch, "take fields over that others own"),
        new("force-replace", FlagKind.Switch, "with --server-side=false: send whole objects, what others added is lost"), new("force", FlagKind.Switch, ""), new("dry-run", FlagKind.Text, "change nothing: client, or server to ask the API as well", Alone: BareDryRun),
    ];

    private static readonly Flag[] Deploying =
    [
        .. Waiting, .. Applying, .. ValueFlags.Flags, .. ChartLocator.Flags, OutputFormat.Flag, .. PostRendering.Flags,
        new("rollback-on-failure", FlagKind.Switch, "go back (or uninstall) when it fails; waits"), new("atomic", FlagKind.Switch, ""), new("create-namespace", FlagKind.Switch, "make the namespace if it is missing"),
        new("skip-crds", FlagKind.Switch, "leave crds/ out"), new("labels", FlagKind.List, "labels of the record: key=value,...", 'l'), new("take-ownership", FlagKind.Switch, "take objects over that belong to no release"),
        new("skip-schema-validation", FlagKind.Switch, "do not check the values against values.schema.json"), new("hide-notes", FlagKind.Switch, "do not print the notes"),
        new("hide-secret", FlagKind.Switch, "with --dry-run: leave Secrets out of what is printed"), new("enable-dns", FlagKind.Switch, "let getHostByName ask the name server"),
        new("disable-openapi-validation", FlagKind.Switch, ""), new("dependency-update", FlagKind.Switch, ""), new("render-subchart-notes", FlagKind.Switch, "print the notes of subcharts as well"),
    ];

    public static IReadOnlyList<Verb> All { get; } =
    [
        ReleaseVerbs.Verb("install", "NAME CHART", "install a chart", 1, 2, [.. Deploying, new("replace", FlagKind.Switch, "use the name of a failed or uninstalled release again"), new("generate-name", FlagKind.Switch, "leave NAME out", 'g'), new("name-template", FlagKind.Text, "a template that gives the release's name")], InstallAsync, "INSTALLATION FAILED: "),
        ReleaseVerbs.Verb("upgrade", "RELEASE CHART", "upgrade a release", 2, 2,
        [
            .. Deploying, new("install", FlagKind.Switch, "install it if it is not there", 'i'), new("reuse-values", FlagKind.Switch, "the last values and the last chart's defaults under those given"),
            new("reset-values", FlagKind.Switch, "only the values given"), new("reset-then-reuse-values", FlagKind.Switch, "the last values under those given, over the new chart's defaults"),
            new("history-max", FlagKind.Text, "how many revisions stay (10; 0: all)"), new("cleanup-on-fail", FlagKind.Switch, "delete what a failed upgrade created"),
        ], UpgradeAsync, "UPGRADE FAILED: "),
        ReleaseVerbs.Verb("rollback", "RELEASE [REVISION]", "go back to an earlier revision", 1, 2, [.. Waiting, .. Applying, new("history-max", FlagKind.Text, "how many revisions stay (10; 0: all)"), new("cleanup-on-fail", FlagKind.Switch, "delete what a failed rollback created")], RollbackAsync),
        ReleaseVerbs.Verb("uninstall", "RELEASE_NAME [...]", "remove releases", 1, int.MaxValue,
            [.. Waiting, new("keep-history", FlagKind.Switch, "keep the records"), new("ignore-not-found", FlagKind.Switch, "a release that is not there is no error"), new("cascade", FlagKind.Text, "what becomes of what the objects made: background (the default), orphan or foreground"), new("dry-run", FlagKind.Switch, "change nothing")], UninstallAsync, "uninstall: "),
        ReleaseVerbs.Verb("test", "RELEASE", "run the tests of a release", 1, 1, [new("timeout", FlagKind.Text, "for each test (5m0s)"), new("filter", FlagKind.List, "only some tests: name=NAME, or all but some: !name=NAME"), new("logs", FlagKind.Switch, "print what the tests write"), OutputFormat.Flag], TestAsync),
    ];

    private static async Task InstallAsync(FlagSet flags, Terminal terminal, ClusterConnection connection, CancellationToken cancellation)
    {
        var (name, reference) = flags switch
        {
            { Words: [var only] } when flags.One("name-template") is { Length: > 0 } template => (NameTemplate.Execute(template), only),
            { Words: [_, _] } when flags.One("name-template") is { Length: > 0 } => throw new UsageException("cannot set --name-template and also specify a name"),
            { Words: [_, _] } when flags.Has("generate-name") => throw new UsageException("cannot set --generate-name and also specify a name"),
            { Words: [var only] } when flags.Has("generate-name") => ($"{Path.GetFileNameWithoutExtension(only.TrimEnd('/'))}-{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}", only),
            { Words: [var first, var second] } => (first, second),
            _ => throw new UsageException("must either provide a name or specify --generate-name"),
        };
        await DeployAsync(flags, terminal, connection, await RequestAsync(flags, terminal, connection, name, reference, cancellation), upgrade: false, cancellation);
    }

    private static async Task UpgradeAsync(FlagSet flags, Terminal terminal, ClusterConnection connection, CancellationToken cancellation)
    {
        var request = await RequestAsync(flags, terminal, connection, flags.Words[0], flags.Words[1], cancellation);
        var upgrade = true;
        if (flags.Has("install"))
        {
            var history = await connection.Helm.HistoryAsync(connection.Namespace, request.Name, cancellation);
            upgrade = history.Count > 0 && history[^1].Info.Status != ReleaseStatus.Uninstalled;
            if (!upgrade && IsTable(flags))
            {
                await terminal.Output.WriteAsync($"Release \"{request.Name}\" does not exist. Installing it now.\n");
            }
        }

        await DeployAsync(flags, terminal, connection, request, upgrade, cancellation);
    }

    private static async Task<DeployRequest> RequestAsync(FlagSet flags, Terminal terminal, ClusterConnection connection, string name, string reference, CancellationToken cancellation)
    {
        PostRendering.Refuse(flags);
        var locator = new ChartLocator(flags, terminal.Output);
        var chart = await locator.LoadAsync(reference, cancellation);
        MissingDependencies.Refuse(chart, flags);
        var values = await ValueFlags.MergeAsync(flags, terminal, locator, cancellation);
        return new DeployRequest(connection.Namespace, name, chart, values, Options(flags))
        {
            Reuse = flags.Has("reset-values") ? ValuesReuse.Reset : flags.Has("reuse-values") ? ValuesReuse.Reuse : flags.Has("reset-then-reuse-values") ? ValuesReuse.ResetThenReuse : ValuesReuse.Auto,
        };
    }

    private static async Task DeployAsync(FlagSet flags, Terminal terminal, ClusterConnection connection, DeployRequest request, bool upgrade, CancellationToken cancellation)
    {
        var dryRun = DryRun(flags, terminal);
        if (flags.Has("hide-secret") && dryRun == "none")
        {
            throw new UsageException("hiding Kubernetes secrets requires a dry-run mode");
        }

        if (request.Options is { ForceReplace: true, ServerSide: ServerSideApply.True })
        {
            throw new UsageException("invalid operation: cannot use server-side apply and force replace together");
        }

        var action = upgrade ? await connection.Helm.PrepareUpgradeAsync(request, cancellation)
            : dryRun == "client" ? Preparation.Install(request, [], Capabilities.Default, lookup: null, connection.Renderer, DateTimeOffset.UtcNow)
            : await connection.Helm.PrepareInstallAsync(request, cancellation);
        Release release;
        switch (dryRun)
        {
            case "none":
                release = flags.Has("rollback-on-failure") || flags.Has("atomic")
                    ? await RollbackOnFailure.PerformAsync(connection.Helm, action, new TerminalObserver(terminal), guard: null, cancellation)
                    : await connection.Helm.PerformAsync(action, new TerminalObserver(terminal), guard: null, cancellation);
                break;
            case "client" or "server":
                if (dryRun == "server")
                {
                    terminal.WarnOfDefinitions(action.Crds);
                    await CheckAsync(connection, action, cancellation);
                }

                release = action.Target with { Info = action.Target.Info with { Description = "Dry run complete" } };
                break;
            default:
                throw new UsageException($"invalid dry-run value (\"{dryRun}\"). Must be \"none\", \"server\", or \"client\"");
        }

        if (upgrade && IsTable(flags))
        {
            await terminal.Output.WriteAsync($"Release \"{request.Name}\" has been upgraded. Happy Helming!\n");
        }

        OutputFormat.Write(flags, terminal, () => ReadVerbs.Json(release, chart: true), () => ReleaseText.Of(release, rendered: dryRun != "none", hideNotes: flags.Has("hide-notes"), hideSecrets: flags.Has("hide-secret")));
    }

    private static async Task CheckAsync(ClusterConnection connection, PreparedAction action, CancellationToken cancellation)
    {
        var refused = (await connection.Helm.DryRunAsync(action, cancellation)).Where(o => o.Result is DryRunResult.Refused or DryRunResult.Conflict).Select(o => o.Message).ToList();
        if (refused.Count > 0)
        {
            throw new HelmException(string.Join(" && ", refused));
        }
    }

    private static async Task RollbackAsync(FlagSet flags, Terminal terminal, ClusterConnection connection, CancellationToken cancellation)
    {
        var revision = flags.Words.Count < 2 ? 0 : int.TryParse(flags.Words[1], out var number) ? number : throw new UsageException($"could not convert revision to a number: {flags.Words[1]}");
        var action = await connection.Helm.PrepareRollbackAsync(new RollbackRequest(connection.Namespace, flags.Words[0], revision, Options(flags)), cancellation);
        if (DryRun(flags, terminal) == "none")
        {
            await connection.Helm.PerformAsync(action, new TerminalObserver(terminal), guard: null, cancellation);
        }

        await terminal.Output.WriteAsync("Rollback was a success! Happy Helming!\n");
    }

    private static async Task UninstallAsync(FlagSet flags, Terminal terminal, ClusterConnection connection, CancellationToken cancellation)
    {
        foreach (var name in flags.Words)
        {
            var seen = new TerminalObserver(terminal);
            try
            {
                var action = await connection.Helm.PrepareUninstallAsync(new UninstallRequest(connection.Namespace, name, Options(flags)), cancellation);
                if (!flags.Has("dry-run"))
                {
                    await connection.Helm.PerformAsync(action, seen, guard: null, cancellation);
                }
            }
            catch (ReleaseNotFoundException) when (flags.Has("ignore-not-found"))
            {
                // Nothing to remove is what was wanted, and Helm says no more than that it is gone.
            }

            if (seen.Kept.Count > 0)
            {
                await terminal.Output.WriteAsync($"These resources were kept due to the resource policy:\n{string.Concat(seen.Kept.Select(k => $"[{k.Kind}] {k.Name}\n"))}\n");
            }

            await terminal.Output.WriteAsync($"release \"{name}\" uninstalled\n");
        }
    }

    private static async Task TestAsync(FlagSet flags, Terminal terminal, ClusterConnection connection, CancellationToken cancellation)
    {
        var seen = new TerminalObserver(terminal, flags.Has("logs"));
        void Print(Release release) => OutputFormat.Write(flags, terminal, () => ReadVerbs.Json(release), () => ReleaseText.Of(release, hideNotes: true) + seen.Logs());
        try
        {
            Print(await connection.Helm.TestAsync(connection.Namespace, flags.Words[0], Tests(flags), seen, guard: null, cancellation));
        }
        catch (ReleaseFailedException error)
        {
            Print(error.Release);
            throw;
        }
    }

    private static ActionOptions Tests(FlagSet flags)
    {
        var filters = flags.All("filter").SelectMany(f => f.Split(',')).Select(f => f.Split('=', 2)).ToList();
        if (filters.FirstOrDefault(f => f.Length != 2 || f[0] is not ("name" or "!name")) is { } wrong)
        {
            throw new UsageException($"invalid test filter \"{string.Join('=', wrong)}\": write name=NAME or !name=NAME");
        }

        return Options(flags) with { OnlyTests = [.. filters.Where(f => f[0] == "name").Select(f => f[1])], SkippedTests = [.. filters.Where(f => f[0] == "!name").Select(f => f[1])] };
    }

    /// <summary>What --dry-run asks for; without a value and as a boolean it still works, with Helm's warning (pkg/cmd/helpers.go).</summary>
    private static string DryRun(FlagSet flags, Terminal terminal)
    {
        var value = flags.One("dry-run") ?? "none";
        var meant = value == BareDryRun ? "client" : FlagSet.Boolean(value) switch { true => "client", false => "none", null => value };
        if (value == BareDryRun)
        {
            terminal.Warn("--dry-run is deprecated and should be replaced with '--dry-run=client'");
        }
        else if (meant != value)
        {
            terminal.Warn($"boolean '--dry-run={value}' flag is deprecated and must be replaced with '--dry-run={meant}'");
        }

        return meant;
    }

    private static bool IsTable(FlagSet flags) => flags.One("output") is null or "table";

    private static ActionOptions Options(FlagSet flags)
    {
        var replace = flags.Has("force-replace") ? "force-replace" : flags.Has("force") ? "force" : null;
        if (replace is not null && flags.Has("force-conflicts"))
        {
            throw new UsageException($"if any flags in the group [{replace} force-conflicts] are set none of the others can be; [force-conflicts {replace}] were all set");
        }

        return OptionsOf(flags);
    }

    private static bool Waits(FlagSet flags) => flags.One("wait") switch
    {
        null or "hookOnly" or "false" => false,
        "watcher" or "legacy" or "true" => true,
        var other => throw new UsageException($"invalid argument \"{other}\" for \"--wait\" flag: invalid wait input \"{other}\". Valid inputs are watcher, hookOnly, and legacy"),
    };

    private static ActionOptions OptionsOf(FlagSet flags) => new()
    {
        Wait = flags.Has("rollback-on-failure") || flags.Has("atomic") || Waits(flags),
        WaitForJobs = flags.Has("wait-for-jobs"),
        Timeout = ReleaseVerbs.Duration(flags, "timeout", TimeSpan.FromMinutes(5)),
        NoHooks = flags.Has("no-hooks"),
        SkipCrds = flags.Has("skip-crds"),
        CreateNamespace = flags.Has("create-namespace"),
        HistoryMax = ReleaseVerbs.Number(flags, "history-max", int.TryParse(Environment.GetEnvironmentVariable("HELM_MAX_HISTORY"), out var most) ? most : 10),
        Description = flags.One("description") ?? "",
        Labels = flags.All("labels").Select(l => l.Split('=', 2)).ToDictionary(l => l[0], l => l.Length > 1 ? l[1] : throw new UsageException($"{l[0]} must be formatted as key=value"), StringComparer.Ordinal),
        ForceConflicts = flags.Has("force-conflicts"),
        ForceReplace = flags.Has("force-replace") || flags.Has("force"),
        TakeOwnership = flags.Has("take-ownership"),
        Replace = flags.Has("replace"),
        KeepHistory = flags.Has("keep-history"),
        Cascade = flags.One("cascade") switch
        {
            null or "background" => Propagation.Background,
            "foreground" => Propagation.Foreground,
            "orphan" => Propagation.Orphan,
            var other => throw new UsageException($"invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""),
        },
        CleanupOnFail = flags.Has("cleanup-on-fail"),
        ServerSide = flags.One("server-side") switch
        {
            null or "auto" => ServerSideApply.Auto,
            "true" => ServerSideApply.True,
            "false" => ServerSideApply.False,
            var other => throw new UsageException($"invalid/unknown release server-side apply method: {other}"),
        },
    };

    /// <summary>Says on the error stream what stands in the way, and keeps what is printed at the end: objects that stay, and on request what containers wrote.</summary>
    private sealed class TerminalObserver(Terminal terminal, bool logs = false) : IHelmObserver
    {
        private readonly List<ContainerLine> _lines = [];

        public List<ObjectRef> Kept { get; } = [];

        public void OnEvent(HelmEvent helmEvent)
        {
            switch (helmEvent)
            {
                case CauseFound cause:
                    terminal.Warn(cause.Cause.Text);
                    break;
                case HelmMessage { Warning: true } message:
                    terminal.Warn(message.Text);
                    break;
                case ResourceApplied { Verb: "kept" } kept:
                    Kept.Add(kept.Object);
                    break;
                case ContainerLine line when logs:
                    _lines.Add(line);
                    break;
            }
        }

        /// <summary>The logs as "helm test --logs" prints them; here also those of Jobs and of pods that a hook policy has deleted.</summary>
        public string Logs() => logs
            ? "\n" + string.Concat(_lines.GroupBy(l => (l.Pod, l.Container)).Select(g => $"POD LOGS: {g.Key.Pod} ({g.Key.Container})\n{string.Concat(g.Select(l => l.Text + "\n"))}\n"))
            : "";
    }
}
