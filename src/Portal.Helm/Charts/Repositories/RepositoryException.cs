namespace Portal.Helm.Charts.Repositories;

/// <summary>A repository or registry does not give what was asked for: unreachable, refused, unknown, or other content than promised.</summary>
public sealed class RepositoryException(string message, Exception? inner = null) : Exception(message, inner);
