using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;

namespace Portal.Sandbox.Faults;

/// <summary>A fault of requests: which ones, and what happens to them.</summary>
internal sealed class RequestFault
{
    /// <summary>delay, status, drop.</summary>
    public required string Kind { get; init; }

    /// <summary>Upper-case method; null for all.</summary>
    public string? Method { get; init; }

    /// <summary>A part of the path; null for all.</summary>
    public string? Path { get; init; }

    public int Status { get; init; } = 500;

    public int RetryAfter { get; init; } = 1;

    public double DelayMs { get; init; }

    public string Message { get; init; } = "";

    /// <summary>How many more requests it hits; null for no end.</summary>
    public int? Times { get; set; }
}

/// <summary>A refusal by admission.</summary>
/// <param name="Kind">The kind that is refused; null for all, and so on.</param>
/// <param name="Name">The object's name.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Operation">CREATE or UPDATE.</param>
/// <param name="Message">What is said.</param>
/// <param name="Status">403 for a webhook that denies, 500 for one that cannot be asked.</param>
/// <param name="Until">When it ends; null for never.</param>
internal sealed record Refusal(string? Kind, string? Name, string? Namespace, string? Operation, string Message, int Status, DateTimeOffset? Until);

/// <summary>An image that a registry does not give at once.</summary>
internal sealed class ImageFault
{
    public required string Image { get; init; }

    public required string Message { get; init; }

    /// <summary>Pulls that fail before one succeeds; null for all.</summary>
    public int? Times { get; set; }
}

/// <summary>All faults that an admin has set. Thread-safe.</summary>
internal sealed class FaultPlan(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<RequestFault> _requests = [];
    private readonly List<Refusal> _refusals = [];
    private readonly List<ImageFault> _images = [];
    private DateTimeOffset _downUntil = DateTimeOffset.MinValue;

    public bool IsDown => time.GetUtcNow() < _downUntil;

    public void Add(RequestFault fault)
    {
        lock (_gate)
        {
            _requests.Add(fault);
        }
    }

    public void Add(Refusal refusal)
    {
        lock (_gate)
        {
            _refusals.Add(refusal);
        }
    }

    public void Add(ImageFault image)
    {
        lock (_gate)
        {
            _images.Add(image);
        }
    }

    public void DownFor(TimeSpan span) => _downUntil = In(span);

    /// <summary>The end of a span that begins now.</summary>
    public DateTimeOffset In(TimeSpan span) => time.GetUtcNow() + span;

    public void Clear()
    {
        lock (_gate)
        {
            _requests.Clear();
            _refusals.Clear();
            _images.Clear();
            _downUntil = DateTimeOffset.MinValue;
        }
    }

    /// <summary>The faults that hit a request; counts them down.</summary>
    public List<RequestFault> Hits(string method, string path)
    {
        lock (_gate)
        {
            var hits = _requests.Where(f => (f.Method is null || f.Method == method) && (f.Path is null || path.Contains(f.Path, StringComparison.Ordinal))).ToList();
            foreach (var hit in hits.Where(h => h.Times is not null))
            {
                if (--hit.Times <= 0)
                {
                    _requests.Remove(hit);
                }
            }

            return hits;
        }
    }

    public Refusal? RefusalOf(ResourceKind kind, JsonMap obj, string operation)
    {
        lock (_gate)
        {
            return _refusals.FirstOrDefault(r => (r.Until is null || time.GetUtcNow() < r.Until) && (r.Kind is null || r.Kind == kind.Kind) && (r.Operation is null || r.Operation == operation)
                && (r.Name is null || r.Name == obj.Text("metadata", "name")) && (r.Namespace is null || r.Namespace == obj.Text("metadata", "namespace")));
        }
    }

    /// <summary>Why a pull of an image fails now; null when it works.</summary>
    public string? PullError(string image)
    {
        lock (_gate)
        {
            var fault = _images.FirstOrDefault(i => image.Contains(i.Image, StringComparison.Ordinal));
            if (fault is null)
            {
                return null;
            }

            if (fault.Times is not null && --fault.Times <= 0)
            {
                _images.Remove(fault);
            }

            return fault.Message;
        }
    }
}
