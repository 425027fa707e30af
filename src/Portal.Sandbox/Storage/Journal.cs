using System.Globalization;

namespace Portal.Sandbox.Storage;

/// <summary>
/// The write-ahead log on disk. Files: <c>log-N</c> holds records in order, <c>snapshot-N</c> the whole state before
/// the first record of <c>log-N</c>. A snapshot is written beside, flushed and renamed, so it is whole or absent; a
/// torn record at the end of the last log was never acknowledged and is cut off.
/// </summary>
internal sealed class Journal : IAsyncDisposable
{
    private const long CompactAfterBytes = 32 * 1024 * 1024;
    private readonly string _directory;
    private readonly FileStream _lock;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Task _writer;
    private List<byte[]> _pending = [];
    private TaskCompletionSource _batch = NewBatch();
    private TaskCompletionSource? _writing;
    private FileStream _log;
    private int _generation;
    private long _bytes;
    private Task _snapshot = Task.CompletedTask;
    private Rotation? _rotate;
    private bool _closed;

    private Journal(string directory, FileStream lockFile, List<JournalRecord> recovered, int generation, FileStream log)
    {
        _directory = directory;
        _lock = lockFile;
        Recovered = recovered;
        _generation = generation;
        _log = log;
        _bytes = log.Length;
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>What was on disk, oldest first.</summary>
    public IReadOnlyList<JournalRecord> Recovered { get; private set; }

    /// <summary>Lets go of the records once they are replayed.</summary>
    public void ForgetRecovered() => Recovered = [];

    /// <exception cref="IOException">Another process has the folder open.</exception>
    /// <exception cref="InvalidDataException">A file that was complete once is damaged.</exception>
    public static Journal Open(string directory)
    {
        Directory.CreateDirectory(directory);
        var lockFile = new FileStream(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var records = new List<JournalRecord>();
        var snapshots = Numbers(directory, "snapshot-");
        var first = snapshots.Count == 0 ? 0 : snapshots[^1];
        if (snapshots.Count > 0)
        {
            var file = FileOf(directory, "snapshot-", first);
            var (found, _) = ReadAll(file);
            if (found.Count == 0 || found[^1].Key is not null)
            {
                throw new InvalidDataException($"{file} is damaged");
            }

            records.AddRange(found);
        }

        var logs = Numbers(directory, "log-").Where(n => n >= first).ToList();
        for (var i = 0; i < logs.Count; i++)
        {
            var file = FileOf(directory, "log-", logs[i]);
            var (found, whole) = ReadAll(file);
            records.AddRange(found);
            if (whole < new FileInfo(file).Length)
            {
                if (i < logs.Count - 1)
                {
                    throw new InvalidDataException($"{file} is damaged at byte {whole}");
                }

                using var cut = new FileStream(file, FileMode.Open, FileAccess.Write);
                cut.SetLength(whole);
                cut.Flush(flushToDisk: true);
            }
        }

        var generation = logs.Count == 0 ? first : logs[^1];
        var log = new FileStream(FileOf(directory, "log-", generation), FileMode.Append, FileAccess.Write, FileShare.Read, 1);
        return new Journal(directory, lockFile, records, generation, log);
    }

    /// <summary>Hands a record to the writer. Called in the order of revisions.</summary>
    /// <param name="record">The write.</param>
    /// <param name="state">Gives the whole state after the write, when the log has grown enough for a snapshot.</param>
    public void Append(JournalRecord record, Func<IEnumerable<JournalRecord>> state)
    {
        var bytes = record.Encode();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _pending.Add(bytes);
            _bytes += bytes.Length;
            if (_bytes > CompactAfterBytes && _rotate is null && _snapshot.IsCompleted)
            {
                _rotate = new Rotation(_generation + 1, _pending.Count, [.. state(), new JournalRecord(record.Revision, null, null)]);
                _bytes = 0;
            }
        }

        _wake.Release();
    }

    /// <summary>Ends when every record appended before the call is flushed to the disk.</summary>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            return _pending.Count > 0 ? _batch.Task : _writing?.Task ?? Task.CompletedTask;
        }
    }

    private async Task WriteAsync()
    {
        while (true)
        {
            await _wake.WaitAsync();
            List<byte[]> records;
            TaskCompletionSource batch;
            Rotation? rotate;
            lock (_gate)
            {
                if (_pending.Count == 0)
                {
                    if (_closed)
                    {
                        return;
                    }

                    continue;
                }

                (records, _pending) = (_pending, []);
                (batch, _batch) = (_batch, NewBatch());
                _writing = batch;
                rotate = _rotate;
                _rotate = null;
            }

            try
            {
                // What the snapshot holds belongs to the old log, what came after it to the new one.
                var toOld = rotate?.Before ?? records.Count;
                Write(records.Take(toOld));
                if (rotate is not null)
                {
                    await _log.DisposeAsync();
                    _log = new FileStream(FileOf(_directory, "log-", rotate.Generation), FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1);
                    _generation = rotate.Generation;
                    _snapshot = Task.Run(() => WriteSnapshot(rotate.Generation, rotate.State));
                    Write(records.Skip(toOld));
                }

                batch.SetResult();
            }
            catch (IOException x)
            {
                // Nothing more can be acknowledged: every waiting and later write fails with this.
                batch.SetException(x);
                lock (_gate)
                {
                    _closed = true;
                    _batch.TrySetException(x);
                }

                return;
            }

            lock (_gate)
            {
                if (ReferenceEquals(_writing, batch))
                {
                    _writing = null;
                }
            }
        }
    }

    private void Write(IEnumerable<byte[]> records)
    {
        foreach (var record in records)
        {
            _log.Write(record);
        }

        _log.Flush(flushToDisk: true);
    }

    private void WriteSnapshot(int generation, List<JournalRecord> state)
    {
        var target = FileOf(_directory, "snapshot-", generation);
        using (var file = new FileStream(target + ".tmp", FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
        {
            foreach (var record in state)
            {
                file.Write(record.Encode());
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(target + ".tmp", target, overwrite: true);
        foreach (var prefix in (string[])["log-", "snapshot-"])
        {
            foreach (var old in Numbers(_directory, prefix).Where(n => n < generation))
            {
                File.Delete(FileOf(_directory, prefix, old));
            }
        }
    }

    private static (List<JournalRecord> Records, long Whole) ReadAll(string file)
    {
        var data = File.ReadAllBytes(file);
        var records = new List<JournalRecord>();
        var position = 0;
        while (JournalRecord.Decode(data, ref position) is { } record)
        {
            records.Add(record);
        }

        return (records, position);
    }

    private static List<int> Numbers(string directory, string prefix) =>
        [.. Directory.EnumerateFiles(directory, prefix + "*")
            .Select(f => int.TryParse(Path.GetFileName(f).AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1)
            .Where(n => n >= 0).Order()];

    private static string FileOf(string directory, string prefix, int number) =>
        Path.Combine(directory, prefix + number.ToString("D8", CultureInfo.InvariantCulture));

    private static TaskCompletionSource NewBatch() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closed = true;
        }

        _wake.Release();
        await _writer;
        await _snapshot;
        await _log.DisposeAsync();
        await _lock.DisposeAsync();
        _wake.Dispose();
    }

    /// <summary>A change of files: the records before the mark stay in the old log, the state goes to the snapshot.</summary>
    private sealed record Rotation(int Generation, int Before, List<JournalRecord> State);
}
