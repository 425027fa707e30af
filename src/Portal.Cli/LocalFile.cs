using Portal.Helm.Templating;

namespace Portal.Cli;

/// <summary>Files that the command line names, with Go's words when they cannot be read.</summary>
internal static class LocalFile
{
    public static string Read(string path)
    {
        try
        {
            return GoBytes.ToText(File.ReadAllBytes(path));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"open {path}: no such file or directory", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException(Directory.Exists(path) ? $"read {path}: is a directory" : $"open {path}: permission denied", error);
        }
    }
}
