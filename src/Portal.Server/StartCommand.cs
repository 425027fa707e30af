namespace Portal.Server;

/// <summary>What the program was asked to do on its command line. Settings (--name value, --name=value, name=value) may stand there as well.</summary>
internal static class StartCommand
{
    public const string Usage = """
        usage:
          Portal.Server                             starts the portal; the README lists its settings
          Portal.Server admin reset-password USER   prints a new password
          Portal.Server admin rotate-key FILE       encrypts the database's secrets with another key
        """;

    /// <summary>The first words that are neither a command nor a setting; null when all are understood.</summary>
    public static string? NotUnderstood(string[] args)
    {
        if (args is ["admin", ..])
        {
            return args is ["admin", "reset-password" or "rotate-key", _] ? null : string.Join(' ', args);
        }

        for (var i = 0; i < args.Length; i++)
        {
            if (args[i].Contains('=', StringComparison.Ordinal))
            {
                continue;
            }

            if (!args[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == args.Length)
            {
                return args[i];
            }

            i++;
        }

        return null;
    }

    public static bool AsksForHelp(string[] args) => args is ["--help" or "-h" or "-?" or "help"];
}
