using Microsoft.EntityFrameworkCore;
using Portal.Core.Operations;
using Portal.Helm.Actions;
using Portal.Server.Data;
using LogLevel = Portal.Core.Operations.LogLevel;

namespace Portal.Server.Features.Operations;

/// <summary>Steps, waiting table and failure of a running operation, written under its fence. Takes Helm's events.</summary>
internal sealed class RunState(IDbContextFactory<PortalDb> dbs, OperationFeeds feeds, OperationLog log, TimeProvider time, OperationRow row, OperationLease lease, Func<string, string> redact) : IHelmObserver, IDisposable
{
    private readonly List<Step> _steps = OperationView.Read<List<Step>>(row.Steps)!;
    private readonly object _lock = new();
    private List<WaitRow> _waiting = [];
    private OperationFailure? _failure = OperationView.Read<OperationFailure>(row.Failure);
    private ActionProgress _progress = OperationView.Read<ActionProgress>(row.Progress) ?? ActionProgress.None;
    private StepName? _current;
    private bool _dirty;
    private bool _saving;
    private readonly SemaphoreSlim _order = new(1);

    public StepName? Current => _current;

    public OperationFailure? Failure => _failure;

    /// <summary>How far the change of the cluster came, across processes.</summary>
    public ActionProgress Progress => _progress;

    public async Task BeginAsync(StepName name)
    {
        lock (_lock)
        {
            _current = name;
            if (!_steps.Exists(s => s.Name == name))
            {
                _steps.Add(new Step(name, StepState.Pending, null, null, null));
            }

            Set(name, s => s with { State = StepState.Running, StartedAt = s.StartedAt ?? time.GetUtcNow(), EndedAt = null });
        }

        log.Add(name, LogLevel.Info, "portal", $"{name} begins");
        await SaveAsync();
    }

    public async Task EndAsync(StepName name, StepState state, string? message = null)
    {
        lock (_lock)
        {
            Set(name, s => s with { State = state, EndedAt = time.GetUtcNow(), Message = message is null ? null : Short(redact(message)) });
            _waiting = [];
        }

        log.Add(name, state == StepState.Failed ? LogLevel.Error : LogLevel.Info, "portal", $"{name} {Word(state)}{(message is null ? "" : ": " + message)}");
        await SaveAsync();
    }

    /// <summary>Closes what is still open: the running step with a state, the pending ones as skipped.</summary>
    public async Task CloseAsync(StepState running)
    {
        lock (_lock)
        {
            for (var i = 0; i < _steps.Count; i++)
            {
                _steps[i] = _steps[i].State switch
                {
                    StepState.Running => _steps[i] with { State = running, EndedAt = time.GetUtcNow() },
                    StepState.Pending => _steps[i] with { State = StepState.Skipped },
                    _ => _steps[i],
                };
            }

            _waiting = [];
            if (running == StepState.Succeeded)
            {
                // Also what a process that died had found.
                _failure = _failure is null or { SlowStart: true } ? null : _failure with { Cleared = true };
            }
        }

        await SaveAsync();
    }

    public void Fail(string cause, string? item, IReadOnlyList<string> evidence, string done, string next, bool slowStart = false)
    {
        lock (_lock)
        {
            _failure = new OperationFailure(redact(cause), item, [.. evidence.Select(redact)], done, next, time.GetUtcNow(), SlowStart: slowStart);
            _dirty = true;
        }
    }

    public void Done(string done, string next)
    {
        lock (_lock)
        {
            // What was done may say what the cluster said.
            _failure = _failure is null ? null : _failure with { Done = redact(done), Next = redact(next), SlowStart = false };
        }
    }

    public void OnEvent(HelmEvent helmEvent)
    {
        var progress = _progress.After(helmEvent);
        if (progress != _progress)
        {
            // Written down before the part begins: who takes over after a crash goes on from here.
            _progress = progress;
            SaveAsync().GetAwaiter().GetResult();
        }

        switch (helmEvent)
        {
            case PhaseStarted { Phase: HelmPhase.Wait } when _current == StepName.Apply && _steps.Exists(s => s.Name == StepName.Wait):
                EndAsync(StepName.Apply, StepState.Succeeded).GetAwaiter().GetResult();
                BeginAsync(StepName.Wait).GetAwaiter().GetResult();
                return;
            case PhaseStarted phase:
                log.Add(_current, LogLevel.Debug, "helm", $"{phase.Phase} begins");
                return;
            case PhaseEnded phase:
                log.Add(_current, LogLevel.Debug, "helm", $"{phase.Phase} ends");
                return;
            case ResourceApplied applied:
                log.Add(_current, LogLevel.Info, "helm", $"{applied.Object} {applied.Verb}");
                return;
            case HookStarted hook:
                log.Add(_current, LogLevel.Info, "helm", $"hook {hook.Object} ({hook.Event}) begins");
                return;
            case HookEnded hook:
                log.Add(_current, hook.Succeeded ? LogLevel.Info : LogLevel.Error, "helm", $"hook {hook.Object} {(hook.Succeeded ? "succeeded" : "failed")}");
                return;
            case ContainerLine line:
                log.Add(_current, LogLevel.Info, line.Source, line.Text, line.At);
                return;
            case HelmMessage message:
                log.Add(_current, message.Warning ? LogLevel.Warning : LogLevel.Info, "helm", message.Text);
                return;
            case WaitingFor waiting:
                lock (_lock)
                {
                    _waiting = [.. waiting.Rows.Select(r => new WaitRow(r.Object.ToString(), r.Want, r.Have, r.Since, r.LastEvent is null ? null : redact(r.LastEvent)))];
                    _dirty = true;
                }

                foreach (var wait in waiting.Rows.Take(20))
                {
                    log.Add(_current, LogLevel.Debug, "helm", $"waiting for {wait.Object}: {wait.Have}, wanted {wait.Want}");
                }

                break;
            case CauseFound found when _current == StepName.Rollback && _failure is not null:
                // Why it goes back stays what the operation says; what stands in the way of going back is in the log.
                log.Add(_current, LogLevel.Warning, "helm", found.Cause.Text);
                break;
            case CauseFound { Cause.IsSlowStart: true } slow:
                Fail(slow.Cause.Text, slow.Cause.Object, slow.Cause.Evidence, "It is waited for until the time-out.", "Nothing: a slow start is no failure.", slowStart: true);
                log.Add(_current, LogLevel.Info, "helm", slow.Cause.Text);
                break;
            case CauseFound found:
                Fail(found.Cause.Text, found.Cause.Object, found.Cause.Evidence, "Waiting for it to get better until the grace ends.", "Nothing yet: it may still succeed.");
                log.Add(_current, LogLevel.Warning, "helm", found.Cause.Text);
                break;
            case CauseCleared cleared:
                lock (_lock)
                {
                    _failure = _failure is null || _current == StepName.Rollback ? _failure : _failure.SlowStart ? null : _failure with { Cleared = true };
                    _dirty = true;
                }

                log.Add(_current, LogLevel.Info, "helm", cleared.Cause.IsSlowStart ? $"ready now: {cleared.Cause.Object}" : $"cleared: {cleared.Cause.Text}");
                break;
        }

        lock (_lock)
        {
            if (!_dirty || _saving)
            {
                return;
            }

            _saving = true;
        }

        _ = SaveUntilCleanAsync();
    }

    // What comes while something is written is written next: a cause that nobody sees before the next event may be seen only at the end.
    private async Task SaveUntilCleanAsync()
    {
        try
        {
            do
            {
                await SaveAsync();
            }
            while (!IsClean());
        }
        catch (FenceLostException)
        {
            // Another runner has the operation, and writes what it sees.
        }
    }

    private bool IsClean()
    {
        lock (_lock)
        {
            _saving = _dirty;
            return !_dirty;
        }
    }

    /// <summary>Writes all of it, if the fence still holds.</summary>
    /// <exception cref="FenceLostException">Another runner has the operation.</exception>
    public async Task SaveAsync()
    {
        // One after the other: an older state never lands on a newer one.
        await _order.WaitAsync();
        try
        {
            await WriteAsync();
        }
        finally
        {
            _order.Release();
        }

        feeds.Publish(row.Id);
    }

    private async Task WriteAsync()
    {
        string steps, waiting, progress;
        string? failure;
        lock (_lock)
        {
            _dirty = false;
            steps = OperationView.Write(_steps);
            waiting = OperationView.Write(_waiting);
            progress = OperationView.Write(_progress);
            failure = _failure is null ? null : OperationView.Write(_failure);
        }

        await lease.WriteAsync(async () =>
        {
            await using var db = await dbs.CreateDbContextAsync();
            return await db.Set<OperationRow>().Where(o => o.Id == row.Id && o.Fence == lease.Fence)
                .ExecuteUpdateAsync(s => s.SetProperty(o => o.Steps, steps).SetProperty(o => o.Waiting, waiting).SetProperty(o => o.Failure, failure).SetProperty(o => o.Progress, progress)) > 0;
        });
    }

    public void Dispose() => _order.Dispose();

    private void Set(StepName name, Func<Step, Step> change)
    {
        var at = _steps.FindIndex(s => s.Name == name);
        _steps[at] = change(_steps[at]);
    }

    // The steps are one column; the whole text is in the log and in the failure.
    private static string Short(string text) => text.Length > 500 ? text[..500] + " ..." : text;

    private static string Word(StepState state) => state switch
    {
        StepState.Succeeded => "succeeded",
        StepState.Failed => "failed",
        StepState.Cancelled => "was cancelled",
        _ => state.ToString().ToLowerInvariant(),
    };
}
