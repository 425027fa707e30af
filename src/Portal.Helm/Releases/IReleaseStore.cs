namespace Portal.Helm.Releases;

/// <summary>Where the revisions of releases are kept.</summary>
public interface IReleaseStore
{
    /// <summary>All revisions of a release, oldest first; empty when there is none.</summary>
    Task<IReadOnlyList<StoredRelease>> HistoryAsync(string ns, string name, CancellationToken cancellation);

    /// <summary>The newest revision of every release in a namespace (empty: everywhere).</summary>
    Task<IReadOnlyList<StoredRelease>> ListAsync(string ns, CancellationToken cancellation);

    /// <summary>Adds a revision.</summary>
    /// <exception cref="Kube.KubeException">409 when the revision exists.</exception>
    Task<StoredRelease> CreateAsync(Release release, IReadOnlyDictionary<string, string> annotations, CancellationToken cancellation);

    /// <summary>Writes a revision again, if nobody did since it was read.</summary>
    /// <exception cref="Kube.KubeException">409 when somebody else wrote it.</exception>
    Task<StoredRelease> UpdateAsync(StoredRelease stored, Release release, IReadOnlyDictionary<string, string> annotations, CancellationToken cancellation);

    /// <summary>Removes a revision.</summary>
    Task DeleteAsync(StoredRelease stored, CancellationToken cancellation);
}

/// <summary>A revision with the version of the object that holds it, and the annotations on it.</summary>
public sealed record StoredRelease(Release Release, string ResourceVersion, IReadOnlyDictionary<string, string> Annotations);
