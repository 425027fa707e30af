using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Portal.Helm.Charts;

/// <summary>Packs a chart into a .tgz. The same files give the same bytes: times, owners and modes are fixed.</summary>
public static class ChartArchive
{
    // Without them TarWriter writes the time of packing, and the same files would have another digest each time.
    private static readonly KeyValuePair<string, string>[] Times = [new("atime", "0"), new("ctime", "0")];

    /// <summary>The archive's bytes. Everything stands below a folder named as the chart, as Helm packs it.</summary>
    public static byte[] Pack(Chart chart)
    {
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.SmallestSize, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var file in chart.Raw.OrderBy(f => f.Name == "Chart.yaml" ? "" : f.Name, StringComparer.Ordinal))
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"{chart.Name}/{file.Name}", Times)
                {
                    DataStream = new MemoryStream(file.Data.ToArray()),
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
                    ModificationTime = DateTimeOffset.UnixEpoch,
                });
            }
        }

        return result.ToArray();
    }

    /// <summary>The digest by which a chart version is pinned: SHA-256 of the archive, as index.yaml gives it (64 hex digits).</summary>
    public static string Digest(ReadOnlySpan<byte> archive) => Convert.ToHexStringLower(SHA256.HashData(archive));
}
