using System.Globalization;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Storage;

/// <summary>
/// All objects, their one revision counter and the recent changes. Whoever writes holds <see cref="Gate"/>; stored
/// objects are never changed, so readers may keep them.
/// </summary>
internal sealed class ObjectStore : IAsyncDisposable
{
    private readonly Dictionary<string, SortedDictionary<string, JsonMap>> _buckets = new(StringComparer.Ordinal);
    private readonly Queue<Change> _history = new();
    private readonly List<Action<Change>> _listeners = [];
    private readonly int _historyLimit;
    private readonly Journal? _journal;
    private long _forgotten = 1;

    private ObjectStore(int historyLimit, Journal? journal)
    {
        _historyLimit = historyLimit;
        _journal = journal;
    }

    /// <summary>Guards every write, and reads that must be of one moment.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The newest revision.</summary>
    public long Revision { get; private set; } = 1;

    /// <summary>Opens the store; with a folder, what was written there is read back.</summary>
    public static ObjectStore Open(string? directory, int historyLimit)
    {
        if (directory is null)
        {
            return new ObjectStore(historyLimit, null);
        }

        var journal = Journal.Open(directory);
        var store = new ObjectStore(historyLimit, journal);
        foreach (var record in journal.Recovered)
        {
            store.Replay(record);
        }

        journal.ForgetRecovered();
        store._forgotten = store.Revision;
        return store;
    }

    private void Replay(JournalRecord record)
    {
        Revision = Math.Max(Revision, record.Revision);
        if (record.Key is { } key)
        {
            if (record.Object is null)
            {
                Bucket(key.Bucket).Remove(key.Path);
            }
            else
            {
                Bucket(key.Bucket)[key.Path] = record.Object;
            }
        }
    }

    public JsonMap? Get(ObjectKey key)
    {
        lock (Gate)
        {
            return _buckets.TryGetValue(key.Bucket, out var bucket) && bucket.TryGetValue(key.Path, out var found) ? found : null;
        }
    }

    /// <summary>The objects of a resource in the order of their keys; null for all namespaces.</summary>
    public List<JsonMap> List(string bucket, string? ns = null)
    {
        lock (Gate)
        {
            return !_buckets.TryGetValue(bucket, out var objects) ? [] :
                ns is null ? [.. objects.Values] : [.. objects.Where(o => InNamespace(o.Key, ns)).Select(o => o.Value)];
        }
    }

    /// <summary>The state of a resource at an earlier revision, by undoing what came after; null when that is forgotten.</summary>
    public List<KeyValuePair<string, JsonMap>>? ListAt(string bucket, string? ns, long revision)
    {
        lock (Gate)
        {
            if (revision < _forgotten)
            {
                return null;
            }

            var state = new SortedDictionary<string, JsonMap>(Bucket(bucket), StringComparer.Ordinal);
            foreach (var change in _history.Reverse().TakeWhile(c => c.Revision > revision).Where(c => c.Key.Bucket == bucket))
            {
                if (change.Before is null)
                {
                    state.Remove(change.Key.Path);
                }
                else
                {
                    state[change.Key.Path] = change.Before;
                }
            }

            return [.. state.Where(o => ns is null || InNamespace(o.Key, ns))];
        }
    }

    /// <summary>The changes after a revision; null when they are forgotten.</summary>
    public List<Change>? Since(long revision)
    {
        lock (Gate)
        {
            return revision < _forgotten ? null : [.. _history.SkipWhile(c => c.Revision <= revision)];
        }
    }

    /// <summary>The names of all resources that have objects.</summary>
    public List<string> Buckets()
    {
        lock (Gate)
        {
            return [.. _buckets.Where(b => b.Value.Count > 0).Select(b => b.Key)];
        }
    }

    /// <summary>Writes an object (null removes it) and gives it the next revision. The caller holds the gate and gives the tree away.</summary>
    public JsonMap? Put(ObjectKey key, JsonMap? value)
    {
        if (!Gate.IsHeldByCurrentThread)
        {
            throw new InvalidOperationException("a write needs the gate");
        }

        var bucket = Bucket(key.Bucket);
        bucket.TryGetValue(key.Path, out var before);
        var revision = ++Revision;
        if (value is null)
        {
            bucket.Remove(key.Path);
        }
        else
        {
            value.Ensure("metadata")["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture);
            bucket[key.Path] = value;
        }

        _journal?.Append(new JournalRecord(revision, key, value), Snapshot);
        var change = new Change(revision, key, before, value);
        _history.Enqueue(change);
        while (_history.Count > _historyLimit)
        {
            _forgotten = _history.Dequeue().Revision;
        }

        foreach (var listener in _listeners)
        {
            listener(change);
        }

        return value;
    }

    /// <summary>Drops the memory of past changes: watches from before are answered with 410 from now on.</summary>
    public void Compact()
    {
        lock (Gate)
        {
            _history.Clear();
            _forgotten = Revision;
        }
    }

    /// <summary>Calls a listener under the gate for each change; it must return at once.</summary>
    public IDisposable Listen(Action<Change> listener)
    {
        lock (Gate)
        {
            _listeners.Add(listener);
        }

        return new Subscription(() =>
        {
            lock (Gate)
            {
                _listeners.Remove(listener);
            }
        });
    }

    /// <summary>Ends when all writes so far are safe on disk.</summary>
    public Task FlushAsync() => _journal?.FlushAsync() ?? Task.CompletedTask;

    private IEnumerable<JournalRecord> Snapshot()
    {
        var all = new List<JournalRecord>();
        foreach (var (bucket, objects) in _buckets)
        {
            all.AddRange(objects.Select(o => new JournalRecord(Revision, new ObjectKey(bucket, o.Key), o.Value)));
        }

        return all;
    }

    private SortedDictionary<string, JsonMap> Bucket(string name)
    {
        if (!_buckets.TryGetValue(name, out var bucket))
        {
            bucket = new SortedDictionary<string, JsonMap>(StringComparer.Ordinal);
            _buckets[name] = bucket;
        }

        return bucket;
    }

    private static bool InNamespace(string path, string ns) =>
        path.Length > ns.Length && path[ns.Length] == '/' && path.StartsWith(ns, StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        if (_journal is not null)
        {
            await _journal.DisposeAsync();
        }
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
