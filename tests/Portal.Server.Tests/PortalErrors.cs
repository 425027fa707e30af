using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Portal.Server.Tests;

/// <summary>What portals of this run logged as errors: a test that gets a 500 says why.</summary>
public sealed class PortalErrors : ILoggerProvider, ILogger
{
    private const int Most = 5;
    private static readonly ConcurrentQueue<string> Errors = new();

    /// <summary>The last few, newest last.</summary>
    public static string Last() => string.Concat(Errors.Select(e => "\n" + e));

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        Errors.Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {formatter(state, exception)} {exception}");
        while (Errors.Count > Most)
        {
            Errors.TryDequeue(out _);
        }
    }

    public void Dispose()
    {
        // The next portal logs here as well.
    }
}
