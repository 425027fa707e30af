using Portal.Helm.Charts;
using Portal.Helm.Releases;
using Portal.Helm.Rendering;

namespace Portal.Helm.Actions;

/// <summary>Install or upgrade a release to a chart and values.</summary>
public sealed record DeployRequest(string Namespace, string Name, Chart Chart, Dictionary<string, object?> Values, ActionOptions Options)
{
    /// <summary>Upgrades only: what becomes of the values before.</summary>
    public ValuesReuse Reuse { get; init; }
}

/// <summary>Go back to an earlier revision (0: the one before the newest).</summary>
public sealed record RollbackRequest(string Namespace, string Name, int Revision, ActionOptions Options);

/// <summary>Remove a release.</summary>
public sealed record UninstallRequest(string Namespace, string Name, ActionOptions Options);

/// <summary>The pure half of every action: from what is asked and what is recorded to what would be done.</summary>
public static class Preparation
{
    private static readonly string[] SystemLabels = ["name", "owner", "status", "version", "createdAt", "modifiedAt"];

    /// <summary>A first install, or a new one after an uninstall that kept the history.</summary>
    /// <exception cref="HelmException">The name is in use.</exception>
    /// <exception cref="RenderException">The chart cannot be rendered.</exception>
    public static PreparedAction Install(DeployRequest request, IReadOnlyList<StoredRelease> history, Capabilities capabilities, ILookup? lookup, ChartRenderer renderer, DateTimeOffset now)
    {
        var last = CheckFree(request, history);
        if (request.Chart.Metadata.Type == "library")
        {
            throw new HelmException("library charts are not installable");
        }

        var revision = (last?.Version ?? 0) + 1;
        return Deploy(ActionKind.Install, request, revision, last, currentManifest: last?.Info.Status == ReleaseStatus.Failed ? last.Manifest : "", capabilities, lookup, renderer, now, first: now, Method(request.Options, ApplyMethods.ServerSide));
    }

    /// <summary>An upgrade of a release that exists.</summary>
    public static PreparedAction Upgrade(DeployRequest request, IReadOnlyList<StoredRelease> history, Capabilities capabilities, ILookup? lookup, ChartRenderer renderer, DateTimeOffset now)
    {
        var (last, current) = Current(request, history);
        var (chart, values) = ReusedValues.Of(request, current);
        request = request with { Chart = chart, Values = values, Options = request.Options with { Labels = MergeLabels(last.Labels, request.Options.Labels) } };
        // Objects of a failed attempt in between are removed as well, if the new chart does not have them.
        var manifest = last.Version != current.Version && last.Info.Status == ReleaseStatus.Failed ? current.Manifest + "\n" + last.Manifest : current.Manifest;
        return Deploy(
            ActionKind.Upgrade, request, last.Version + 1, last, manifest, capabilities, lookup, renderer, now,
            last.Info.FirstDeployed ?? now, Method(request.Options, ApplyMethods.After(last.ApplyMethod)));
    }

    /// <summary>The newest revision that a new install may follow, or null; refused before the cluster is asked for anything else.</summary>
    internal static Release? CheckFree(DeployRequest request, IReadOnlyList<StoredRelease> history)
    {
        if (!ReleaseNames.IsValid(request.Name))
        {
            throw new HelmException(ReleaseNames.Refusal(request.Name));
        }

        var last = history.Count > 0 ? history[^1].Release : null;
        if (last is not null && (!request.Options.Replace || last.Info.Status is not (ReleaseStatus.Uninstalled or ReleaseStatus.Failed)))
        {
            throw ReleaseStatus.IsPending(last.Info.Status) ? new ReleasePendingException(last) : new HelmException("release name check failed: cannot reuse a name that is still in use");
        }

        return last;
    }

    /// <summary>The newest revision and the one that an upgrade goes on from; refused before the cluster is asked for anything else.</summary>
    internal static (Release Last, Release Current) Current(DeployRequest request, IReadOnlyList<StoredRelease> history)
    {
        if (!ReleaseNames.IsValid(request.Name))
        {
            throw new HelmException($"release name is invalid: {request.Name}");
        }

        var last = Newest(request.Name, history);
        CheckReplacement(request.Options, last);
        return (last, history.LastOrDefault(h => h.Release.Info.Status == ReleaseStatus.Deployed)?.Release
            ?? (last.Info.Status is ReleaseStatus.Failed or ReleaseStatus.Superseded ? last : throw new HelmException($"\"{request.Name}\" has no deployed releases")));
    }

    /// <summary>A rollback: the record of the earlier revision becomes a new one; its hooks run, not the newest one's.</summary>
    public static PreparedAction Rollback(RollbackRequest request, IReadOnlyList<StoredRelease> history, DateTimeOffset now)
    {
        var last = history.Count > 0 ? Newest(request.Name, history) : throw new ReleaseNotFoundException("release: not found");
        var revision = request.Revision == 0 ? last.Version - 1 : request.Revision;
        var target = history.FirstOrDefault(h => h.Release.Version == revision)?.Release
            ?? throw new HelmException($"release has no {revision} version");
        CheckReplacement(request.Options, target);
        return new PreparedAction
        {
            Kind = ActionKind.Rollback,
            Base = BaseState.Of(last),
            CurrentManifest = last.Manifest,
            Options = request.Options,
            Target = target with
            {
                Version = last.Version + 1,
                Labels = request.Options.Labels.Count > 0 ? request.Options.Labels : target.Labels,
                // Helm looks at the revision that is gone back to, not at the newest one.
                ApplyMethod = Method(request.Options, ApplyMethods.After(target.ApplyMethod)),
                Info = new ReleaseInfo
                {
                    FirstDeployed = last.Info.FirstDeployed,
                    LastDeployed = now,
                    Status = ReleaseStatus.PendingRollback,
                    Notes = target.Info.Notes,
                    Description = request.Options.Description.Length > 0 ? request.Options.Description : $"Rollback to {revision}",
                },
            },
        };
    }

    /// <summary>Removing a release.</summary>
    public static PreparedAction Uninstall(UninstallRequest request, IReadOnlyList<StoredRelease> history)
    {
        var last = history.Count > 0 ? history[^1].Release : throw new ReleaseNotFoundException($"Release not loaded: {request.Name}: release: not found");
        if (last.Info.Status == ReleaseStatus.Uninstalled && request.Options.KeepHistory)
        {
            throw new HelmException($"the release named \"{request.Name}\" is already deleted");
        }

        return new PreparedAction { Kind = ActionKind.Uninstall, Base = BaseState.Of(last), Target = last, Options = request.Options, CurrentManifest = last.Manifest };
    }

    private static Dictionary<string, string> MergeLabels(IReadOnlyDictionary<string, string> old, IReadOnlyDictionary<string, string> given)
    {
        var result = old.ToDictionary(StringComparer.Ordinal);
        foreach (var (key, value) in given)
        {
            result[key] = value;
        }

        return result.Where(l => l.Value != "null").ToDictionary(StringComparer.Ordinal);
    }

    private static string Method(ActionOptions options, string otherwise) => options.ServerSide switch
    {
        ServerSideApply.True => ApplyMethods.ServerSide,
        ServerSideApply.False => ApplyMethods.ClientSide,
        _ => otherwise,
    };

    // Whole objects are sent by client-side changes only (pkg/kube, Client.Update). Helm finds out after it has written a revision, which stays as failed.
    private static void CheckReplacement(ActionOptions options, Release from)
    {
        if (options.ForceReplace && Method(options, ApplyMethods.After(from.ApplyMethod)) == ApplyMethods.ServerSide)
        {
            throw new HelmException("invalid operation: cannot use server-side apply and force replace together");
        }
    }

    private static Release Newest(string name, IReadOnlyList<StoredRelease> history)
    {
        var last = history.Count > 0 ? history[^1].Release : throw new HelmException($"\"{name}\" has no deployed releases");
        return ReleaseStatus.IsPending(last.Info.Status) ? throw new ReleasePendingException(last) : last;
    }

    private static PreparedAction Deploy(
        ActionKind kind, DeployRequest request, int revision, Release? last, string currentManifest, Capabilities capabilities, ILookup? lookup, ChartRenderer renderer,
        DateTimeOffset now, DateTimeOffset first, string applyMethod)
    {
        if (request.Options.Labels.Keys.FirstOrDefault(SystemLabels.Contains) is { } reserved)
        {
            throw new HelmException($"user supplied labels contains system reserved label name \"{reserved}\". System labels: [{string.Join(' ', SystemLabels)}]");
        }

        var rendered = renderer.Render(request.Chart, request.Values, new ReleaseOptions(request.Name, request.Namespace, revision, kind == ActionKind.Upgrade), capabilities, lookup);
        return new PreparedAction
        {
            Kind = kind,
            Base = BaseState.Of(last),
            CurrentManifest = currentManifest,
            Options = request.Options,
            Crds = kind == ActionKind.Install && !request.Options.SkipCrds ? rendered.Crds : [],
            Target = new Release
            {
                Name = request.Name,
                Namespace = request.Namespace,
                Version = revision,
                Chart = request.Chart,
                Config = request.Values,
                Manifest = rendered.Manifest(),
                Hooks = rendered.Hooks,
                Labels = request.Options.Labels,
                ApplyMethod = applyMethod,
                Info = new ReleaseInfo
                {
                    FirstDeployed = first,
                    LastDeployed = now,
                    Status = kind == ActionKind.Install ? ReleaseStatus.PendingInstall : ReleaseStatus.PendingUpgrade,
                    Description = kind == ActionKind.Install ? "Initial install underway" : "Preparing upgrade",
                    Notes = rendered.Notes,
                },
            },
        };
    }
}
