using System.Globalization;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Controllers;

/// <summary>
/// What a simulated container does: how long it runs, how it ends and what it logs. All of it follows from the Pod
/// alone, so a log needs no storage and reads the same after a restart.
/// </summary>
internal sealed class ContainerScript
{
    private readonly string _name;
    private readonly string _image;
    private readonly double _rate;
    private readonly long? _lines;
    private readonly bool _server;
    private readonly string _says;

    private ContainerScript(string name, string image, bool server, double rate, long? lines, TimeSpan? duration, int exitCode, string? says)
    {
        _name = name;
        _image = image;
        _server = server;
        _rate = rate;
        _lines = lines;
        Duration = duration;
        ExitCode = exitCode;
        _says = says is null ? "" : " " + says;
    }

    /// <summary>How long it runs; null runs until it is stopped.</summary>
    public TimeSpan? Duration { get; }

    public int ExitCode { get; }

    /// <summary>Reads the script of a container.</summary>
    /// <param name="pod">The Pod.</param>
    /// <param name="container">The container's part of the spec.</param>
    /// <param name="hook">The Pod belongs to a hook of a chart.</param>
    /// <param name="init">It is an init container.</param>
    /// <param name="restarts">How often it was started before.</param>
    public static ContainerScript Of(JsonMap pod, JsonMap container, bool hook, bool init, long restarts)
    {
        var image = container.Text("image") ?? "";
        var name = container.Text("name") ?? "";
        string? Setting(string key) => container.Maps("env").FirstOrDefault(e => e.Text("name") == key)?.Text("value");
        double? Number(string key) => double.TryParse(Setting(key), NumberStyles.Float, CultureInfo.InvariantCulture, out var n) && n >= 0 ? n : null;
        var lines = (long?)Number("SANDBOX_LOG_LINES");
        var rate = Number("SANDBOX_LOG_RATE");
        var duration = Number("SANDBOX_DURATION");
        var exit = (int?)Number("SANDBOX_EXIT_CODE");
        var crashes = (long?)Number("SANDBOX_CRASHES");
        var says = Setting("SANDBOX_LOG_TEXT");
        var crashing = image.Contains("crash", StringComparison.Ordinal) || restarts < crashes;
        var ends = init || pod.Text("spec", "restartPolicy") != "Always";
        if (crashing && !init)
        {
            return new ContainerScript(name, image, false, rate ?? 10, lines ?? 6, TimeSpan.FromSeconds(duration ?? 1), exit ?? 1, says);
        }

        if (!ends)
        {
            return new ContainerScript(name, image, true, rate ?? 0, lines, duration is { } d ? TimeSpan.FromSeconds(d) : null, exit ?? 0, says);
        }

        var perSecond = Math.Max(rate ?? (hook ? 20 : 10), 0.01);
        var seconds = duration ?? (lines is { } count ? Math.Max(1, count / perSecond) : init ? 1 : 2);
        var total = lines ?? (long)Math.Ceiling(seconds * perSecond);
        return new ContainerScript(name, image, false, perSecond, total, TimeSpan.FromSeconds(seconds), exit ?? (image.Contains("fail", StringComparison.Ordinal) ? 1 : 0), says);
    }

    /// <summary>The n-th line (from 0) and when it is written after the start; null when there is none.</summary>
    public (TimeSpan At, string Text)? Line(long n)
    {
        if (_server && _rate <= 0)
        {
            return n switch
            {
                0 => (TimeSpan.Zero, $"{_name}: starting ({_image})"),
                1 => (TimeSpan.FromMilliseconds(100), $"{_name}: configuration loaded"),
                2 => (TimeSpan.FromMilliseconds(250), $"{_name}: listening on 0.0.0.0"),
                3 => (TimeSpan.FromMilliseconds(400), $"{_name}: ready to serve"),
                _ => (TimeSpan.FromSeconds(10 * (n - 3)), $"{_name}: {n - 3} health checks answered"),
            };
        }

        if (_lines is { } total && n >= total)
        {
            return null;
        }

        var at = TimeSpan.FromSeconds(n / _rate);
        if (Duration is { } duration && at >= duration)
        {
            return null;
        }

        var last = _lines is { } count ? n == count - 1 : Duration is { } end && TimeSpan.FromSeconds((n + 1) / _rate) >= end;
        if (n == 0)
        {
            return (at, $"{_name}: starting ({_image})");
        }

        if (last)
        {
            return (at, ExitCode == 0 ? $"{_name}: done" : $"{_name}: fatal: cannot go on, exiting with code {ExitCode}");
        }

        return (at, _lines is { } all ? $"{_name}: step {n} of {all - 2}{_says}" : $"{_name}: step {n}{_says}");
    }
}
