using Portal.Sandbox.Json;

namespace Portal.Sandbox.Storage;

/// <summary>Where an object is kept: the resource, and "namespace/name" (or "/name").</summary>
internal readonly record struct ObjectKey(string Bucket, string Path)
{
    public ObjectKey(string bucket, string ns, string name)
        : this(bucket, $"{ns}/{name}")
    {
    }

    public string Namespace => Path[..Path.IndexOf('/', StringComparison.Ordinal)];

    public string Name => Path[(Path.IndexOf('/', StringComparison.Ordinal) + 1)..];
}

/// <summary>One write: the object before and after it; null where it did not exist.</summary>
/// <param name="Revision">The store's counter after the write; the new object's resourceVersion.</param>
/// <param name="Key">Where the object is kept.</param>
/// <param name="Before">The object before.</param>
/// <param name="After">The object after.</param>
internal sealed record Change(long Revision, ObjectKey Key, JsonMap? Before, JsonMap? After);
