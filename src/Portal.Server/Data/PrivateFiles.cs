using System.Runtime.InteropServices;

namespace Portal.Server.Data;

/// <summary>
/// What the portal keeps is its owner's alone: log files, the simulated cluster's Secrets and the database hold what charts and people wrote. New files are made so by
/// the process's mask, those of earlier starts are changed. On Windows the folder's own rights count.
/// </summary>
internal static class PrivateFiles
{
    private const UnixFileMode Folder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode File = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int Others = 0x3F;

    /// <summary>Files that this process makes from now on are readable by its user only.</summary>
    public static void MakeFromNowOn()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = SetMask(Others);
        }
    }

    /// <summary>Takes the rights of others away from what is in the data folder already. What belongs to another user stays as it is.</summary>
    /// <param name="data">The portal's folder; one that is shared by design (/tmp) or holds no portal is left alone.</param>
    public static void Close(string data)
    {
        if (OperatingSystem.IsWindows() || (System.IO.File.GetUnixFileMode(data) & UnixFileMode.StickyBit) != 0
            || (Directory.EnumerateFileSystemEntries(data).Any() && !System.IO.File.Exists(Path.Combine(data, "portal.db")) && !Directory.Exists(Path.Combine(data, "keys"))))
        {
            return;
        }

        Set(data, Folder);
        foreach (var file in Directory.EnumerateFiles(data, "portal.db*").Concat(Below(data, "sandbox")).Concat(Below(data, "keys")))
        {
            Set(file, File);
        }
    }

    private static IEnumerable<string> Below(string data, string folder) =>
        Directory.Exists(Path.Combine(data, folder)) ? Directory.EnumerateFiles(Path.Combine(data, folder), "*", SearchOption.AllDirectories) : [];

    private static void Set(string path, UnixFileMode mode)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && (System.IO.File.GetUnixFileMode(path) & ~mode) != 0)
            {
                System.IO.File.SetUnixFileMode(path, mode);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Not this user's, or gone meanwhile (a snapshot that was replaced).
        }
    }

    [DllImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint SetMask(uint mask);
}
