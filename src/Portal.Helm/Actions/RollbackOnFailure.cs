using Portal.Helm.Releases;

namespace Portal.Helm.Actions;

/// <summary>What --rollback-on-failure does: a failed upgrade goes back to the newest revision that was deployed, a failed install is uninstalled.</summary>
public static class RollbackOnFailure
{
    /// <summary>Performs an action; when it fails on the way, undoes it and says both.</summary>
    /// <exception cref="ReleaseFailedException">It failed; the message says that it was undone, or why it could not be.</exception>
    public static async Task<Release> PerformAsync(HelmClient helm, PreparedAction action, IHelmObserver observer, IActionGuard? guard, CancellationToken cancellation)
    {
        try
        {
            return await helm.PerformAsync(action, observer, guard, cancellation);
        }
        catch (ReleaseFailedException failure)
        {
            var done = await UndoAsync(helm, action, observer, guard, cancellation);
            throw new ReleaseFailedException($"release {action.Target.Name} failed, and has been {done} due to rollback-on-failure being set: {failure.Message}", failure.Release, failure.Cause, failure);
        }
    }

    private static async Task<string> UndoAsync(HelmClient helm, PreparedAction action, IHelmObserver observer, IActionGuard? guard, CancellationToken cancellation)
    {
        var (ns, name) = (action.Target.Namespace, action.Target.Name);
        var options = action.Options with { Wait = true, Description = "", Labels = new Dictionary<string, string>(), KeepHistory = false };
        if (action.Kind == ActionKind.Install)
        {
            await helm.PerformAsync(await helm.PrepareUninstallAsync(new UninstallRequest(ns, name, options), cancellation), observer, guard, cancellation);
            return "uninstalled";
        }

        var back = (await helm.HistoryAsync(ns, name, cancellation)).LastOrDefault(h => h.Info.Status is ReleaseStatus.Deployed or ReleaseStatus.Superseded)
            ?? throw new HelmException($"unable to find a previously successful release when attempting to rollback {name}");
        await helm.PerformAsync(await helm.PrepareRollbackAsync(new RollbackRequest(ns, name, back.Version, options), cancellation), observer, guard, cancellation);
        return "rolled back";
    }
}
