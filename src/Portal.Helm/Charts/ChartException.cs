namespace Portal.Helm.Charts;

/// <summary>A folder or an archive that is no chart, or one that is refused. The message says what is wrong and where.</summary>
public sealed class ChartException(string message, Exception? inner = null) : Exception(message, inner);
