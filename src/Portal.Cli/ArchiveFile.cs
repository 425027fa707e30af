namespace Portal.Cli;

/// <summary>A chart's archive as the command line names it; who writes a values file where the chart should stand is told so (pkg/chart/loader/archive, EnsureArchive).</summary>
internal static class ArchiveFile
{
    /// <summary>Opens an archive.</summary>
    /// <exception cref="UsageException">The file is not compressed by gzip.</exception>
    public static FileStream Open(string path)
    {
        // Behind the end of a short file Helm looks at zeros.
        var head = new byte[512];
        var file = File.OpenRead(path);
        file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        if (head is [0x1F, 0x8B, 8, ..])
        {
            file.Position = 0;
            return file;
        }

        file.Dispose();
        throw new UsageException(path.EndsWith(".yaml", StringComparison.Ordinal) || path.EndsWith(".yml", StringComparison.Ordinal)
            ? $"file '{path}' seems to be a YAML file, but expected a gzipped archive"
            : $"file '{path}' does not appear to be a gzipped archive; got '{Kind(head)}'");
    }

    private static string Kind(byte[] head) => head is [(byte)'P', (byte)'K', 3, 4, ..] ? "application/zip"
        : head.AsSpan().StartsWith("%PDF-"u8) ? "application/pdf"
        : head.Any(b => b is <= 8 or 0x0B or (>= 0x0E and <= 0x1A) or (>= 0x1C and <= 0x1F)) ? "application/octet-stream"
        : "text/plain; charset=utf-8";
}
