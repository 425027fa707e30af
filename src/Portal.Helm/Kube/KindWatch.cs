namespace Portal.Helm.Kube;

/// <summary>Which objects of a kind are looked at. Selectors are the API's; null means all.</summary>
internal sealed record KindScope(string ApiVersion, string Kind, string Namespace, string? Labels = null, string? Fields = null);

/// <summary>
/// The objects of one kind, kept up to date without polling: one watch that begins with what is there, or a list and a watch from its resourceVersion on
/// where the server does not know such watches. A stream that ends is resumed where it was; when the server has forgotten that place (410) it begins anew.
/// </summary>
internal sealed class KindWatch(KubeClient client, KindScope scope)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);

    // A server that does not know the parameter ignores it and never says that the first events are over.
    private static readonly TimeSpan LongestBeginning = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private readonly Dictionary<(string, string), KubeObject> _items = [];
    private readonly Dictionary<(string, string), KubeObject> _ended = [];

    /// <summary>False until the first list is there.</summary>
    public bool Listed { get; private set; }

    /// <summary>Why the cluster cannot be asked now; null while it can.</summary>
    public string? Away { get; private set; }

    public IReadOnlyList<KubeObject> Items
    {
        get
        {
            lock (_gate)
            {
                return [.. _items.Values];
            }
        }
    }

    /// <summary>Jobs and pods that ended and were deleted since, as they last were: with a ttlSecondsAfterFinished of 0 a job is gone the moment that it is done.</summary>
    public IReadOnlyList<KubeObject> Ended
    {
        get
        {
            lock (_gate)
            {
                return [.. _ended.Values];
            }
        }
    }

    /// <summary>Goes on until cancelled; tells each change.</summary>
    /// <exception cref="KubeException">Refused for good: no right to list, or no such kind.</exception>
    public async Task RunAsync(Action changed, CancellationToken cancellation)
    {
        string? version = null;
        for (var failures = 0; !cancellation.IsCancellationRequested;)
        {
            try
            {
                if (version is null && !client.StreamsLists)
                {
                    var (items, listed) = await client.ListFromAsync(scope, metadataOnly: false, cancellation);
                    Replace(items);
                    version = listed;
                    (Away, failures) = (null, 0);
                    changed();
                }

                var before = version;
                List<KubeObject>? first = version is null ? [] : null;
                using var beginning = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                beginning.CancelAfter(first is null ? Timeout.InfiniteTimeSpan : LongestBeginning);
                await foreach (var (type, item) in client.WatchAsync(scope, version, beginning.Token))
                {
                    (Away, failures) = (null, 0);
                    if (type == "ERROR")
                    {
                        throw new KubeException(item.Int("code") ?? 500, item.Text("reason"), item.Text("message"), $"watch {scope.Kind}", item.Json);
                    }

                    if (first is not null && type != "BOOKMARK")
                    {
                        first.Add(item);
                        continue;
                    }

                    version = item.ResourceVersion;
                    if (first is not null)
                    {
                        beginning.CancelAfter(Timeout.InfiniteTimeSpan);
                        Replace(first);
                        first = null;
                        changed();
                        continue;
                    }

                    if (type != "BOOKMARK")
                    {
                        Take(type, item);
                        changed();
                    }
                }

                if (version == before)
                {
                    // Ended with no word: a proxy that cuts streams must not be asked in a tight loop.
                    await Task.Delay(TimeSpan.FromMilliseconds(250), cancellation);
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (version is null && client.StreamsLists && error is KubeException { Code: 400 or 422 } or OperationCanceledException)
            {
                client.StreamsLists = false;
            }
            catch (KubeException error) when (error.Code == 410)
            {
                version = null;
            }
            catch (Exception error) when (error is ClusterUnreachableException or HttpRequestException or IOException or OperationCanceledException or KubeException { Code: 429 or >= 500 })
            {
                Away = error.Message;
                changed();
                var pause = (error as KubeException)?.RetryAfter ?? TimeSpan.FromMilliseconds(250 << Math.Min(failures++, 4));
                await Task.Delay(pause < LongestPause ? pause : LongestPause, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Replace(IEnumerable<KubeObject> items)
    {
        lock (_gate)
        {
            _items.Clear();
            foreach (var item in items)
            {
                _items[(item.Namespace, item.Name)] = item;
                _ended.Remove((item.Namespace, item.Name));
            }

            Listed = true;
        }
    }

    private void Take(string type, KubeObject item)
    {
        lock (_gate)
        {
            var key = (item.Namespace, item.Name);
            if (type != "DELETED")
            {
                _items[key] = item;
                _ended.Remove(key);
                return;
            }

            _items.Remove(key);
            if (Readiness.HasEnded(item))
            {
                _ended[key] = item;
            }
        }
    }
}
