using System.Text;
using Portal.Core.Values;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Yaml;
using Portal.Server.Features.Values;

namespace Portal.Server.Tests.Values;

/// <summary>What is said to have happened to a key: "rename a -> b".</summary>
internal sealed record LabelledChange(string Kind, string From, string? To);

/// <summary>How many changes there were, how many of the report's words were right, and what was wrong.</summary>
internal sealed class BumpScore
{
    public int True, Found, Alarms, Live, LiveCalledDead, Quiet;

    public SortedDictionary<string, (int True, int Found)> ByKind { get; } = new(StringComparer.Ordinal);

    public List<string> Misses { get; } = [];

    public double Recall => True == 0 ? 1 : (double)Found / True;

    public double Precision => Alarms == 0 ? 1 : (double)Found / Alarms;

    public override string ToString() =>
        $"recall {Recall:P1} ({Found}/{True}), precision {Precision:P1} ({Found}/{Alarms}), live keys called dead {LiveCalledDead} of {Live}, alarms on what stays {Quiet}; {string.Join(", ", ByKind.Select(k => $"{k.Key} {k.Value.Found}/{k.Value.True}"))}";
}

/// <summary>
/// Two versions of a chart in one text file of the folder Bumps: a sentence, then files, each below a line "-- name --". "old/" and "new/" before a name say which version has it, both have
/// what has neither. "changes" says what happened, a line each: rename, move, merge (a line for each of the old keys), split, remove, default, type, and notes for a key that only NOTES.txt reads.
/// </summary>
internal sealed class MadeBump
{
    private static readonly string[] Measured = ["rename", "move", "merge", "remove", "default", "type"];

    private readonly Dictionary<string, string> _files;

    private MadeBump(string name, Dictionary<string, string> files)
    {
        (Name, _files) = (name, files);
        Changes = [.. files["changes"].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).Select(w => new LabelledChange(w[0], w[1], w.Length > 3 ? w[3] : null))];
        (Old, New) = (Build("old/", "1.0.0"), Build("new/", "2.0.0"));
        Overrides = GoYaml.Write(ValuesPath.Leaves(ChartValues.Coalesce(Old, [])).Where(l => !l.Path.Contains(".global.", StringComparison.Ordinal)).Aggregate(new Dictionary<string, object?>(StringComparer.Ordinal), (tree, leaf) => ValuesPath.With(tree, leaf.Path, RealBumps.Mine(leaf.Value))));
    }

    public string Name { get; }

    public IReadOnlyList<LabelledChange> Changes { get; }

    public Chart Old { get; }

    public Chart New { get; }

    /// <summary>Values in which every key of the old version is overridden.</summary>
    public string Overrides { get; }

    // From beside the tests: a build for others leaves out where its sources stood.
    public static IReadOnlyList<MadeBump> All() =>
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Values", "Bumps"), "*.txt").Order(StringComparer.Ordinal).Select(f => Read(Path.GetFileNameWithoutExtension(f), File.ReadAllText(f)))];

    public static MadeBump Read(string name, string text)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        string? at = null;
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("-- ", StringComparison.Ordinal) && line.EndsWith(" --", StringComparison.Ordinal))
            {
                files[at = line[3..^3]] = "";
            }
            else if (at is not null)
            {
                files[at] += line + "\n";
            }
        }

        return new MadeBump(name, files);
    }

    /// <summary>The report without any migrations file.</summary>
    public OverrideReport Report(string? overrides = null) =>
        OverrideRules.Of(new OverrideInput(Old, New, overrides ?? Overrides, 1, [], new ReleaseOptions("it", "ns", 2, true), Capabilities.Default, new ChartRenderer())).Report;

    /// <summary>Compares what the report says with what happened.</summary>
    public BumpScore Measure()
    {
        var score = new BumpScore();
        var report = Report();
        var alarms = report.Keys.Where(k => k.IsAlarm && k.Verdict != OverrideVerdict.UnsetDefaultChanged).ToDictionary(k => k.Path);
        foreach (var change in Changes)
        {
            // An override of a table is reported by the keys inside it.
            var path = report.Keys.Any(k => k.Path == change.From) ? change.From : change.From + ".mine";
            alarms.Remove(path, out var said);
            if (!Measured.Contains(change.Kind))
            {
                continue;
            }

            score.True++;
            score.Alarms += said is null ? 0 : 1;
            var right = change.Kind switch
            {
                "remove" => said?.Verdict == OverrideVerdict.Dead,
                "default" => said?.Verdict == OverrideVerdict.DefaultChanged,
                "type" => said?.Verdict == OverrideVerdict.TypeChanged,
                _ => said?.Verdict == OverrideVerdict.Renamed && said.NewPath == change.To + path[change.From.Length..],
            };
            score.Found += right ? 1 : 0;
            var (all, found) = score.ByKind.GetValueOrDefault(change.Kind);
            score.ByKind[change.Kind] = (all + 1, found + (right ? 1 : 0));
            if (!right)
            {
                score.Misses.Add($"{Name}: {change.Kind} {path} -> {change.To}: said {said?.Verdict.ToString() ?? report.Keys.FirstOrDefault(k => k.Path == path)?.Verdict.ToString()} {said?.NewPath}");
            }
        }

        score.Live = report.Keys.Count(k => !ReferenceEquals(k.Value, null)) - Changes.Count(c => c.Kind is "remove");
        score.LiveCalledDead = alarms.Values.Count(a => a.Verdict == OverrideVerdict.Dead);
        score.Alarms += alarms.Count;
        score.Quiet = alarms.Count;
        score.Misses.AddRange(alarms.Values.Select(a => $"{Name}: {a.Path} called {a.Verdict} {a.NewPath}"));
        return score;
    }

    private Chart Build(string side, string version)
    {
        var files = _files.Where(f => f.Key != "changes" && !f.Key.StartsWith(side == "old/" ? "new/" : "old/", StringComparison.Ordinal))
            .ToDictionary(f => f.Key.StartsWith(side, StringComparison.Ordinal) ? f.Key[side.Length..] : f.Key, f => f.Value, StringComparer.Ordinal);
        files.TryAdd("Chart.yaml", $"apiVersion: v2\nname: made\nversion: {version}\n");
        return ChartLoader.Load([.. files.Select(f => new ChartFile(f.Key, Encoding.UTF8.GetBytes(f.Value)))]);
    }
}
