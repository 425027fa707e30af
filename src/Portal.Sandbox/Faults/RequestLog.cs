using System.Diagnostics;
using System.Globalization;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Faults;

/// <summary>One request as it was answered; no headers and no bodies, so no secrets.</summary>
internal sealed class LoggedRequest(DateTimeOffset at, string method, string path, string query, string userAgent)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    public int Status { get; private set; }

    public double Milliseconds { get; private set; }

    public string Path => path;

    public void End(int status)
    {
        Status = status;
        Milliseconds = Stopwatch.GetElapsedTime(_start).TotalMilliseconds;
    }

    public JsonMap ToJson() => new()
    {
        ["at"] = at.ToString("O", CultureInfo.InvariantCulture),
        ["method"] = method,
        ["path"] = path,
        ["query"] = query,
        ["userAgent"] = userAgent,
        ["status"] = (long)Status,
        ["ms"] = Math.Round(Milliseconds, 2),
    };
}

/// <summary>The newest requests, for tests to count.</summary>
internal sealed class RequestLog(TimeProvider time)
{
    private const int Limit = 20_000;
    private readonly Lock _gate = new();
    private readonly Queue<LoggedRequest> _requests = new();

    public LoggedRequest Begin(HttpContext http)
    {
        var entry = new LoggedRequest(time.GetUtcNow(), http.Request.Method, http.Request.Path.Value ?? "", http.Request.QueryString.Value ?? "", http.Request.Headers.UserAgent.ToString());
        lock (_gate)
        {
            _requests.Enqueue(entry);
            if (_requests.Count > Limit)
            {
                _requests.Dequeue();
            }
        }

        return entry;
    }

    public static void End(LoggedRequest entry, int status) => entry.End(status);

    public List<object?> Read(string? contains)
    {
        lock (_gate)
        {
            return [.. _requests.Where(r => contains is null || r.Path.Contains(contains, StringComparison.Ordinal)).Select(r => r.ToJson())];
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _requests.Clear();
        }
    }
}
