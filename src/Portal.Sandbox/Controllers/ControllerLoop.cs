using System.Threading.Channels;
using Portal.Sandbox.Api;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>
/// Runs all controllers on one task. Work comes from changes of the store and from timers; nothing polls, so a
/// cluster at rest uses no processor.
/// </summary>
internal sealed class ControllerLoop : IAsyncDisposable
{
    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(1);
    private readonly IReadOnlyList<Controller> _controllers;
    private readonly SandboxClock _clock;
    private readonly Channel<(Controller, ObjectKey)> _work = Channel.CreateUnbounded<(Controller, ObjectKey)>(new UnboundedChannelOptions { SingleReader = true });
    private readonly HashSet<(Controller, ObjectKey)> _queued = [];
    private readonly Dictionary<(Controller, ObjectKey), (DateTimeOffset Due, ITimer Timer)> _timers = [];
    private readonly Lock _gate = new();
    private readonly IDisposable _listening;
    private readonly Task _running;
    private bool _stopped;

    public ControllerLoop(IReadOnlyList<Controller> controllers, ObjectStore store, SandboxClock clock)
    {
        _controllers = controllers;
        _clock = clock;
        _listening = store.Listen(OnChange);
        foreach (var controller in controllers)
        {
            foreach (var obj in store.List(controller.Bucket))
            {
                Enqueue(controller, new ObjectKey(controller.Bucket, obj.Text("metadata", "namespace") ?? "", obj.Text("metadata", "name")!));
            }
        }

        _running = Task.Run(RunAsync);
    }

    /// <summary>The last fault of a controller that should not happen; for tests to look at.</summary>
    public Exception? Fault { get; private set; }

    private void OnChange(Change change)
    {
        foreach (var controller in _controllers)
        {
            foreach (var key in controller.Affected(change))
            {
                Enqueue(controller, key);
            }
        }
    }

    private void Enqueue(Controller controller, ObjectKey key)
    {
        lock (_gate)
        {
            if (_queued.Add((controller, key)))
            {
                _work.Writer.TryWrite((controller, key));
            }
        }
    }

    private async Task RunAsync()
    {
        await foreach (var (controller, key) in _work.Reader.ReadAllAsync())
        {
            lock (_gate)
            {
                _queued.Remove((controller, key));
            }

            DateTimeOffset? again;
            try
            {
                again = controller.Reconcile(key);
            }
            catch (ApiError)
            {
                // Refused by quota, admission or a conflict: as a real controller, try again later.
                again = _clock.Now + _retry;
            }
            catch (Exception x) when (x is not OutOfMemoryException)
            {
                // One broken object must not stop the others; the fault is kept and the object tried again.
                Fault = x;
                again = _clock.Now + (10 * _retry);
            }

            if (again is { } due)
            {
                Later(controller, key, due);
            }
        }
    }

    private void Later(Controller controller, ObjectKey key, DateTimeOffset due)
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            if (_timers.TryGetValue((controller, key), out var set))
            {
                if (set.Due <= due && set.Due > _clock.Now)
                {
                    return;
                }

                set.Timer.Dispose();
            }

            var wait = _clock.Outside(due - _clock.Now) + TimeSpan.FromMilliseconds(1);
            _timers[(controller, key)] = (due, _clock.Provider.CreateTimer(_ => Fire(controller, key), null, wait, Timeout.InfiniteTimeSpan));
        }
    }

    private void Fire(Controller controller, ObjectKey key)
    {
        lock (_gate)
        {
            if (_timers.Remove((controller, key), out var set))
            {
                set.Timer.Dispose();
            }
        }

        Enqueue(controller, key);
    }

    public async ValueTask DisposeAsync()
    {
        _listening.Dispose();
        lock (_gate)
        {
            _stopped = true;
            foreach (var (_, timer) in _timers.Values)
            {
                timer.Dispose();
            }

            _timers.Clear();
        }

        _work.Writer.Complete();
        await _running;
    }
}
