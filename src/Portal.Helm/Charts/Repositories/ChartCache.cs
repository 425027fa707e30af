using System.Security.Cryptography;
using System.Text;

namespace Portal.Helm.Charts.Repositories;

/// <summary>
/// A folder of what was fetched: archives by their digest, indexes by their address with the tag (ETag) under which a repository knows them.
/// Files are written beside their place and moved there, so that several processes can share the folder.
/// </summary>
public sealed class ChartCache(string folder)
{
    /// <summary>The archive with a digest (hexadecimal SHA-256), or null. A damaged file counts as absent.</summary>
    public byte[]? Archive(string digest)
    {
        var path = ArchivePath(digest);
        if (path is null || !File.Exists(path))
        {
            return null;
        }

        var archive = File.ReadAllBytes(path);
        return ChartArchive.Digest(archive) == digest ? archive : null;
    }

    /// <summary>Keeps an archive under its digest.</summary>
    public void Keep(byte[] archive) => Write(ArchivePath(ChartArchive.Digest(archive))!, file => file.Write(archive));

    internal string IndexPath(Uri uri) => Path.Combine(folder, "indexes", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(uri.AbsoluteUri)))[..32] + ".yaml");

    internal string? IndexTag(Uri uri)
    {
        var path = IndexPath(uri);
        return File.Exists(path) && File.Exists(path + ".etag") ? File.ReadAllText(path + ".etag") : null;
    }

    // The old tag goes first: a new index with an old tag would stay for ever.
    internal async Task KeepIndexAsync(Uri uri, string? tag, Func<Stream, Task> write)
    {
        var path = IndexPath(uri);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path + ".etag");
        var draft = Draft(path);
        try
        {
            await using (var file = File.Create(draft))
            {
                await write(file);
            }

            File.Move(draft, path, overwrite: true);
        }
        finally
        {
            File.Delete(draft);
        }

        if (tag is not null)
        {
            Write(path + ".etag", file => file.Write(Encoding.UTF8.GetBytes(tag)));
        }
    }

    private string? ArchivePath(string digest) => digest.Length == 64 && digest.All(char.IsAsciiHexDigitLower) ? Path.Combine(folder, "charts", digest + ".tgz") : null;

    private static string Draft(string path) => $"{path}.{Environment.ProcessId}-{Guid.NewGuid():N}";

    private static void Write(string path, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var draft = Draft(path);
        using (var file = File.Create(draft))
        {
            write(file);
        }

        File.Move(draft, path, overwrite: true);
    }
}
