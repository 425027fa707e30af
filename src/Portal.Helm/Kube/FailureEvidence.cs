namespace Portal.Helm.Kube;

/// <summary>Completes a cause with what the container said last. It is read once for each cause: a rollback takes the container away.</summary>
internal static class FailureEvidence
{
    private const string Mark = "log: ";
    private const int Lines = 20;

    /// <summary>The found cause with the last lines of the crashed container's log as evidence, taken from the known cause when it is the same.</summary>
    public static async Task<FailureCause?> CompleteAsync(KubeClient client, FailureCause? found, FailureCause? known, CancellationToken cancellation)
    {
        if (found?.Crashed is not { } crashed)
        {
            return found;
        }

        var lines = known is not null && found.IsSameAs(known) ? known.Evidence.Where(e => e.StartsWith(Mark, StringComparison.Ordinal)) : await ReadAsync(client, crashed, cancellation);
        return found with { Evidence = [.. found.Evidence, .. lines] };
    }

    private static async Task<IEnumerable<string>> ReadAsync(KubeClient client, CrashedContainer crashed, CancellationToken cancellation)
    {
        try
        {
            var lines = new List<string>();
            await foreach (var line in client.LogsAsync(crashed.Namespace, crashed.Pod, crashed.Container, follow: false, crashed.Previous, Lines, cancellation: cancellation))
            {
                lines.Add(Mark + line);
            }

            return lines;
        }
        catch (Exception error) when (error is KubeException or ClusterUnreachableException or HttpRequestException or IOException)
        {
            return [$"{Mark}it cannot be read: {error.Message}"];
        }
    }
}
