using Portal.Helm.Kube;
using Portal.Helm.Releases;

namespace Portal.Helm.Actions;

/// <summary>An action that cannot be prepared or performed; nothing was changed unless <see cref="ReleaseFailedException"/> says so.</summary>
public class HelmException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>There is no such release.</summary>
public sealed class ReleaseNotFoundException(string message) : HelmException(message);

/// <summary>The release holds a pending operation of somebody: until it is settled nothing else may run.</summary>
public sealed class ReleasePendingException(Release release)
    : HelmException($"another operation (install/upgrade/rollback) is in progress: revision {release.Version} is {release.Info.Status}")
{
    /// <summary>The revision that it is about.</summary>
    public Release Release { get; } = release;
}

/// <summary>The action failed after it began to change the cluster. The revision is recorded as failed.</summary>
public sealed class ReleaseFailedException(string message, Release release, FailureCause? cause, Exception? inner = null) : HelmException(message, inner)
{
    /// <summary>The revision that it is about.</summary>
    public Release Release { get; } = release;

    /// <summary>What stood in the way, when it was found.</summary>
    public FailureCause? Cause { get; } = cause;
}

/// <summary>Another runner took the operation over; this one must stop without writing.</summary>
public sealed class FenceLostException(string message, Exception? inner = null) : HelmException(message, inner);
