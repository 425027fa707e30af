using Portal.Helm.Templating;

namespace Portal.Cli;

/// <summary>Files that the command line names, with Go's words when they cannot be read or written.</summary>
internal static class LocalFile
{
    public static string Read(string path)
    {
        try
        {
            return GoBytes.ToText(File.ReadAllBytes(path));
        }
        catch (Exception error) when (Reason(error, path, "read") is { } reason)
        {
            throw new IOException(reason, error);
        }
    }

    public static async Task WriteAsync(string path, byte[] data, CancellationToken cancellation)
    {
        try
        {
            await File.WriteAllBytesAsync(path, data, cancellation);
        }
        catch (Exception error) when (Reason(error, path, "open") is { } reason)
        {
            throw new IOException(reason, error);
        }
    }

    private static string? Reason(Exception error, string path, string onFolder) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException => $"open {path}: no such file or directory",
        UnauthorizedAccessException => Directory.Exists(path) ? $"{onFolder} {path}: is a directory" : $"open {path}: permission denied",
        _ => null,
    };
}
