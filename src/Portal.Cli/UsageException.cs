namespace Portal.Cli;

/// <summary>A command line that makes no sense. Helm ends with 1 for it, as for every other error.</summary>
internal sealed class UsageException(string message) : Exception(message);
