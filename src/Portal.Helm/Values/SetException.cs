namespace Portal.Helm.Values;

/// <summary>A --set expression that cannot be read. The message is that of Helm's pkg/strvals.</summary>
public sealed class SetException(string message, Exception? inner = null) : Exception(message, inner);
