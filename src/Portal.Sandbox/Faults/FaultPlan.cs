using System.Globalization;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;

namespace Portal.Sandbox.Faults;

/// <summary>What all faults have: an end.</summary>
internal abstract class Fault
{
    /// <summary>How many more it hits; null for no end.</summary>
    public int? Times { get; set; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The fault as a call sets it.</summary>
    public abstract JsonMap ToJson();

    protected JsonMap With(params (string Key, object? Value)[] fields)
    {
        var result = new JsonMap();
        foreach (var (key, value) in fields.Append(("times", (object?)(long?)Times)).Append(("until", Until?.ToString("O", CultureInfo.InvariantCulture))).Where(f => f.Item2 is not null))
        {
            result[key] = value;
        }

        return result;
    }
}

/// <summary>A fault of requests: which ones, and what happens to them.</summary>
internal sealed class RequestFault : Fault
{
    /// <summary>delay, status, drop.</summary>
    public required string Kind { get; init; }

    /// <summary>Upper-case method; null for all.</summary>
    public string? Method { get; init; }

    /// <summary>A part of the path with its query; null for all.</summary>
    public string? Path { get; init; }

    public int Status { get; init; } = 500;

    public int RetryAfter { get; init; } = 1;

    public long DelayMs { get; init; }

    public string Message { get; init; } = "";

    public override JsonMap ToJson() => With(
        ("kind", Kind), ("method", Method), ("path", Path), ("status", Kind == "status" ? (long)Status : null), ("retryAfter", Kind == "status" && Status == 429 ? (long)RetryAfter : null),
        ("delayMs", DelayMs > 0 ? DelayMs : null), ("message", Message.Length > 0 ? Message : null));
}

/// <summary>A refusal by admission.</summary>
internal sealed class Refusal : Fault
{
    /// <summary>The kind that is refused; null for all, and so on.</summary>
    public string? Kind { get; init; }

    public string? Name { get; init; }

    public string? Namespace { get; init; }

    /// <summary>CREATE, UPDATE or DELETE.</summary>
    public string? Operation { get; init; }

    public required string Message { get; init; }

    /// <summary>403 for a webhook that denies, 500 for one that cannot be asked.</summary>
    public int Status { get; init; } = 403;

    public override JsonMap ToJson() => With(("kind", Kind), ("name", Name), ("namespace", Namespace), ("operation", Operation), ("message", Message), ("status", (long)Status));
}

/// <summary>An image that a registry does not give at once: times are pulls that fail before one succeeds.</summary>
internal sealed class ImageFault : Fault
{
    /// <summary>A part of the image's name.</summary>
    public required string Image { get; init; }

    public required string Message { get; init; }

    public override JsonMap ToJson() => With(("image", Image), ("message", Message));
}

/// <summary>All faults that an admin has set. Thread-safe.</summary>
internal sealed class FaultPlan(TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Fault> _faults = [];
    private DateTimeOffset _downUntil = DateTimeOffset.MinValue;
    private CancellationTokenSource _gone = new();

    public bool IsDown => time.GetUtcNow() < _downUntil;

    /// <summary>Ends when the server goes down: what is under way then is cut off.</summary>
    public CancellationToken Gone => _gone.Token;

    public void Add(Fault fault)
    {
        lock (_gate)
        {
            _faults.Add(fault);
        }
    }

    public void DownFor(TimeSpan span)
    {
        _downUntil = In(span);
        Interlocked.Exchange(ref _gone, new CancellationTokenSource()).Cancel();
    }

    /// <summary>The end of a span that begins now.</summary>
    public DateTimeOffset In(TimeSpan span) => time.GetUtcNow() + span;

    public void Clear()
    {
        lock (_gate)
        {
            _faults.Clear();
            _downUntil = DateTimeOffset.MinValue;
        }
    }

    /// <summary>What stands now, as the calls set it.</summary>
    public JsonMap ToJson()
    {
        List<object?> Of<T>() where T : Fault => [.. _faults.OfType<T>().Where(Stands).Select(f => f.ToJson())];
        lock (_gate)
        {
            return new JsonMap
            {
                ["requests"] = Of<RequestFault>(), ["refusals"] = Of<Refusal>(), ["images"] = Of<ImageFault>(),
                ["downUntil"] = IsDown ? _downUntil.ToString("O", CultureInfo.InvariantCulture) : null,
            };
        }
    }

    /// <summary>The faults that hit a request; counts them down.</summary>
    public List<RequestFault> Hits(string method, string path)
    {
        lock (_gate)
        {
            var hits = _faults.OfType<RequestFault>().Where(f => Stands(f) && (f.Method is null || f.Method == method) && (f.Path is null || path.Contains(f.Path, StringComparison.Ordinal))).ToList();
            hits.ForEach(Count);
            return hits;
        }
    }

    /// <summary>Why a write is refused; null when it is not.</summary>
    public Refusal? RefusalOf(ResourceKind kind, JsonMap obj, string operation)
    {
        lock (_gate)
        {
            var hit = _faults.OfType<Refusal>().FirstOrDefault(r => Stands(r) && (r.Kind is null || r.Kind == kind.Kind) && (r.Operation is null ? operation != "DELETE" : r.Operation == operation)
                && (r.Name is null || r.Name == obj.Text("metadata", "name")) && (r.Namespace is null || r.Namespace == obj.Text("metadata", "namespace")));
            if (hit is not null)
            {
                Count(hit);
            }

            return hit;
        }
    }

    /// <summary>Why a pull of an image fails now; null when it works.</summary>
    public string? PullError(string image)
    {
        lock (_gate)
        {
            var hit = _faults.OfType<ImageFault>().FirstOrDefault(i => Stands(i) && image.Contains(i.Image, StringComparison.Ordinal));
            if (hit is not null)
            {
                Count(hit);
            }

            return hit?.Message;
        }
    }

    public void Dispose() => _gone.Dispose();

    private bool Stands(Fault fault) => fault.Until is null || time.GetUtcNow() < fault.Until;

    private void Count(Fault fault)
    {
        if (fault.Times is not null && --fault.Times <= 0)
        {
            _faults.Remove(fault);
        }
    }
}
