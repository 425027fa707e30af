using System.Diagnostics;
using System.Text.RegularExpressions;
using Portal.Core.Values;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;
using Portal.Server.Features.Catalog;

namespace Portal.Server.Features.Values;

/// <summary>What the report is made of. The text is in clear; <paramref name="Old"/> and <paramref name="New"/> are the chart versions.</summary>
internal sealed record OverrideInput(Chart Old, Chart New, string Text, int Revision, IReadOnlyList<ValueMigration> Migrations, ReleaseOptions Release, Capabilities Capabilities, ChartRenderer Renderer);

/// <summary>A report, and by the id of an entry the edit that its proposal stands for.</summary>
internal sealed record OverrideResult(OverrideReport Report, IReadOnlyDictionary<string, Func<string, string>> Edits);

/// <summary>
/// What another chart version makes of each key of an operator's values. Migrations that a vendor or an operator declares come first; what they do not speak of is judged
/// by evidence: defaults, schema, templates, and rendering with and without the key. Pure.
/// </summary>
internal sealed partial class OverrideRules
{
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MostTimeToConfirm = TimeSpan.FromSeconds(1);
    private const int MostRenders = 400;

    private readonly OverrideInput _input;
    private readonly Dictionary<string, object?> _user;
    private readonly OverrideSide _old;
    private readonly OverrideSide _now;
    private readonly HashSet<string> _secret;
    private readonly List<OverrideEntry> _entries = [];
    private readonly Dictionary<string, Func<string, string>> _edits = new(StringComparer.Ordinal);

    private OverrideRules(OverrideInput input)
    {
        _input = input;
        _user = GoYaml.ReadTable(input.Text);
        var allowance = new RenderAllowance(MostTime, MostRenders);
        _old = new OverrideSide(input.Old, _user, new OverrideRenders(input.Renderer, input.Old, _user, input.Release, input.Capabilities, allowance));
        _now = new OverrideSide(input.New, _user, new OverrideRenders(input.Renderer, input.New, _user, input.Release, input.Capabilities, allowance));
        _secret = SecretScalars.FromSchemas(input.New, input.Old);
    }

    /// <summary>The report with its edits.</summary>
    /// <exception cref="RenderException">A template of one of the charts cannot be parsed.</exception>
    /// <exception cref="YamlException">The values are no YAML table.</exception>
    public static OverrideResult Of(OverrideInput input) => new OverrideRules(input).Run();

    private OverrideResult Run()
    {
        var chartNotes = new List<string>();
        foreach (var migration in _input.Migrations.Where(m => m.Kind is MigrationKind.ChartRename or MigrationKind.ChartRemove))
        {
            chartNotes.Add(migration.Kind == MigrationKind.ChartRename
                ? $"{migration.Version}: the chart {string.Join(", ", migration.From)} is called {string.Join(", ", migration.To)} now.{Sentence(migration.Note)}"
                : $"{migration.Version}: the chart {string.Join(", ", migration.From)} is gone{(migration.To.Count > 0 ? $", instead: {string.Join(", ", migration.To)}" : "")}.{Sentence(migration.Note)}");
        }

        var undecided = new List<(string Path, object? Value)>();
        foreach (var (path, value) in ValuesPath.Leaves(_user))
        {
            if (!ByMigration(path, value) && !ByDefaults(path, value))
            {
                undecided.Add((path, value));
            }
        }

        ByEvidence(undecided);
        Confirm();
        Shared();
        UnsetDefaults();
        var error = Required();
        var everything = _now.References.Everything is { } all ? $"{(all.Kind.Length > 0 ? all.Kind : "an object")} in {all.File}" : null;
        var order = ValuesPath.Leaves(_user).Select((l, i) => (l.Path, i)).ToDictionary(l => l.Path, l => l.i, StringComparer.Ordinal);
        var sorted = _entries.OrderBy(e => order.GetValueOrDefault(e.Path, int.MaxValue)).ThenBy(e => e.Path, StringComparer.Ordinal).ToArray();
        return new OverrideResult(new OverrideReport(_input.Old.Metadata.Version, _input.New.Metadata.Version, _input.Revision, sorted, everything, chartNotes, error), _edits);
    }

    // True when a migrations file says what becomes of the key.
    private bool ByMigration(string path, object? value)
    {
        var at = path;
        var notes = new List<string>();
        ValueMigration? last = null;
        foreach (var migration in _input.Migrations.Where(Applies))
        {
            if (migration.Kind is MigrationKind.Add or MigrationKind.ChartRename or MigrationKind.ChartRemove || migration.Target(at) is not { } target)
            {
                continue;
            }

            notes.Add($"{migration.Version}: {migration.Kind.ToString().ToLowerInvariant()} {string.Join(", ", migration.From)}{(migration.To.Count > 0 ? " -> " + string.Join(", ", migration.To) : "")}.{Sentence(migration.Note)}");
            last = migration;
            if (migration.Kind == MigrationKind.Remove)
            {
                Add(path, value, OverrideVerdict.Dead, OverrideBasis.Migrations, $"{path} is gone since {migration.Version}: Helm ignores it silently.", notes, edit: text => ValuesEdit.Remove(text, path));
                return true;
            }

            if (migration.Kind == MigrationKind.Meaning)
            {
                Add(path, value, OverrideVerdict.MeaningChanged, OverrideBasis.Migrations, $"{path} does something else since {migration.Version}.{Sentence(migration.Note)}", notes);
                return true;
            }

            if (migration.Kind != MigrationKind.Default)
            {
                at = target;
            }
        }

        if (last is null)
        {
            return false;
        }

        if (at != path)
        {
            var edit = last.Kind == MigrationKind.Replace && last.Value is { } template ? text => Replace(text, last, at, template) : (Func<string, string>)(text => ValuesEdit.Move(text, path, at));
            Renamed(path, value, at, OverrideBasis.Migrations, notes, edit);
            return true;
        }

        var (_, fallback) = Defaults(path);
        if (_now.TryDefault(path, out _) && GoValue.DeepEqual(value, fallback))
        {
            Add(path, value, OverrideVerdict.Redundant, OverrideBasis.Migrations, $"{path} says what the new default says.", notes, edit: text => ValuesEdit.Remove(text, path));
        }
        else
        {
            Add(path, value, OverrideVerdict.DefaultChanged, OverrideBasis.Migrations, $"The default under your {path} is another one since {last.Version}; yours stays in force.", notes);
        }

        return true;
    }

    // True when the defaults or the schema of the new version know the key and a template reads it or did not before either.
    private bool ByDefaults(string path, object? value)
    {
        var view = _now.View(path);
        var reading = _now.References.Reading(path);
        if (reading == KeyReading.SerialisedOnly && IsOpen(path))
        {
            reading = KeyReading.Read;
        }

        if (view == DefaultsView.Absent && !_now.IsDeclared(path) && reading != KeyReading.Read)
        {
            return false;
        }

        if (view == DefaultsView.Absent && !_now.IsDeclared(path) && OnlyCopied(path))
        {
            return false;
        }

        var hadDefault = _old.TryDefault(path, out var before);
        var hasDefault = _now.TryDefault(path, out var after);
        if (view == DefaultsView.Open && reading == KeyReading.None && _now.References.IsComplete && !_now.IsDeclared(path))
        {
            return false;
        }

        if (view == DefaultsView.BehindScalar)
        {
            if (reading == KeyReading.None && _now.References.IsComplete)
            {
                return false;
            }

            Add(path, value, OverrideVerdict.TypeChanged, OverrideBasis.Defaults, $"{path} lies below a key that is no table any more.", ["the new default above it is a single value"]);
            return true;
        }

        // Its default stays but the templates let go of it.
        if (hasDefault && reading is KeyReading.None or KeyReading.NotesOnly && _now.References.IsComplete && _old.References.Reading(path) == KeyReading.Read)
        {
            return false;
        }

        var basis = reading == KeyReading.Read ? OverrideBasis.Templates : OverrideBasis.Defaults;
        string[] evidence = [reading switch
        {
            KeyReading.Read => $"read in {_now.References.ReadIn(path) ?? "the templates, with the table that holds it"}",
            KeyReading.NotesOnly => OnlyNotes,
            KeyReading.SerialisedOnly => "no template reads it by itself: it travels along with all values, so defaults and schema decide",
            _ => "no template reads it, and none did before",
        }];
        if (hadDefault && hasDefault && OverrideSide.Kind(before) is var a && OverrideSide.Kind(after) is var b && a != b && a != "null" && b != "null" && OverrideSide.Kind(value) != b)
        {
            Add(path, value, OverrideVerdict.TypeChanged, OverrideBasis.Defaults, $"{path} was a {a} and is a {b} in {_input.New.Metadata.Version}.", evidence);
        }
        else if (hasDefault && GoValue.DeepEqual(value, after))
        {
            Add(path, value, OverrideVerdict.Redundant, basis, $"{path} says what the default of {_input.New.Metadata.Version} says.", evidence, edit: text => ValuesEdit.Remove(text, path));
        }
        else if (hadDefault && hasDefault && !GoValue.DeepEqual(before, after))
        {
            Add(path, value, OverrideVerdict.DefaultChanged, basis, $"The default under your {path} changes; yours stays in force{(GoValue.DeepEqual(value, before) ? ", pinned to the old default" : "")}.", evidence);
        }
        else
        {
            Add(path, value, reading == KeyReading.NotesOnly ? OverrideVerdict.NoEffect : OverrideVerdict.Effective, reading == KeyReading.NotesOnly ? OverrideBasis.Templates : basis, reading == KeyReading.NotesOnly ? Notes(path) : $"{path} is read as before.", evidence);
        }

        return true;
    }

    // Two keys of the operator's become one: both values cannot stand there.
    private void Shared()
    {
        foreach (var group in _entries.Where(e => e is { Verdict: OverrideVerdict.Renamed, NewPath: not null }).GroupBy(e => e.NewPath!, StringComparer.Ordinal).Where(g => g.Count() > 1 && !IsSet(g.Key)).ToArray())
        {
            foreach (var entry in group.ToArray())
            {
                var others = string.Join(" and ", group.Where(e => e.Path != entry.Path).Select(e => e.Path));
                _entries[_entries.IndexOf(entry)] = entry with { Message = $"{entry.Message} So {(group.Count() > 2 ? "are" : "is")} {others}: the first that is applied stands there, another value is kept in a comment above it, for you to choose." };
            }
        }
    }

    private const string OnlyNotes = "only NOTES.txt reads it: no object depends on it";

    private static string Notes(string path) => $"Only NOTES.txt reads {path}: it changes what is printed after an upgrade, and no object.";

    // What templates read need not reach an object: the rendering says whether it does.
    private void Confirm()
    {
        var renders = new OverrideRenders(_input.Renderer, _input.New, _user, _input.Release, _input.Capabilities, new RenderAllowance(MostTimeToConfirm, MostRenders));
        for (var i = 0; i < _entries.Count; i++)
        {
            var entry = _entries[i];
            if (entry is not { Verdict: OverrideVerdict.Effective, Basis: OverrideBasis.Templates } || _now.References.Reading(entry.Path) != KeyReading.Read || renders.Effect(entry.Path) is not { } changed)
            {
                continue;
            }

            _entries[i] = changed.Count > 0
                ? entry with { Evidence = [.. entry.Evidence, $"without it {(changed.Count == 1 ? "1 field differs" : $"{changed.Count} fields differ")} ({changed.Order(StringComparer.Ordinal).First()})"] }
                : entry with { Verdict = OverrideVerdict.NoEffect, Message = $"{entry.Path} is read, and nothing depends on it with these values: what reads it is switched off, or it says what is said anyway.", Evidence = [.. entry.Evidence, "rendered with and without it, nothing differs"] };
        }
    }

    // A template names a table whose keys no defaults name: whatever is put there, it writes. Old names that a chart still honours look like this.
    private bool IsOpen(string path) =>
        _now.References.PassedWith(path) is { Length: > 0 } table && !(_now.TryDefault(table, out var known) && known is Dictionary<string, object?> { Count: > 0 });

    // A key that the new defaults lost, in a table of theirs that is written into a ConfigMap or Secret as it stands: nothing says that the program still knows it.
    private bool OnlyCopied(string path)
    {
        var keys = ValuesPath.Split(path);
        return _old.TryDefault(path, out _) && !_now.TryDefault(path, out _)
            && !_now.References.All.Any(r => ValuesPath.Split(r.Path) is var read && read.Length >= keys.Length && keys.Zip(read).All(k => k.Second == "*" || k.First == k.Second))
            && _now.Renders.Effect(path) is { Count: > 0 } changed
            && changed.All(f => f.StartsWith("ConfigMap/", StringComparison.Ordinal) || f.StartsWith("Secret/", StringComparison.Ordinal) || f.Contains("checksum", StringComparison.OrdinalIgnoreCase));
    }

    private void ByEvidence(List<(string Path, object? Value)> undecided)
    {
        if (undecided.Count == 0)
        {
            return;
        }

        // All that the old defaults had and the new version lost takes part: neighbours and rivals are evidence too.
        var gone = _old.Keys.Where(k => !_now.Has(k) && _now.References.Reading(k) != KeyReading.Read && _now.View(k) != DefaultsView.Open).ToHashSet(StringComparer.Ordinal);
        var mine = undecided.ToDictionary(u => u.Path, u => Known(u.Path), StringComparer.Ordinal);
        gone.UnionWith(mine.Values.OfType<string>());
        var matching = new OverrideMatching(_old, _now);
        var matches = matching.Find(gone, mine.Values.OfType<string>().ToHashSet(StringComparer.Ordinal), _user);
        foreach (var (path, value) in undecided)
        {
            var known = mine[path];
            if (known is not null && matches.TryGetValue(known, out var match))
            {
                var to = match.To + path[known.Length..];
                Renamed(path, value, to, OverrideBasis.Templates, match.Evidence, text => ValuesEdit.Move(text, path, to));
                continue;
            }

            // What was added to a table that both versions range over goes where the table went.
            if (known is null && matching.MovedTables.Where(t => path.StartsWith(t.Key + ".", StringComparison.Ordinal)).OrderByDescending(t => t.Key.Length).FirstOrDefault() is { Key: not null } table
                && _old.References.Reading(path) == KeyReading.Read && table.Value + path[table.Key.Length..] is var there && _now.References.Reading(there) == KeyReading.Read)
            {
                Renamed(path, value, there, OverrideBasis.Templates, [$"{table.Key} is called {table.Value} now, and the templates read whatever stands there"], text => ValuesEdit.Move(text, path, there));
                continue;
            }

            var parent = path.LastIndexOf('.') is >= 0 and var dot ? path[..dot] : "";
            var changes = _now.Renders.Changes(path, ValuesPath.Absent, parent);
            if (changes is { Count: > 0 } || (!_now.References.IsComplete && known is null))
            {
                Add(path, value, OverrideVerdict.Effective, OverrideBasis.Templates, $"{path} still changes what is rendered.", [$"without it {changes?.Count ?? 0} fields differ"]);
                continue;
            }

            var reading = _now.References.Reading(path);
            if (reading == KeyReading.NotesOnly && _old.References.Reading(path) is KeyReading.NotesOnly or KeyReading.None)
            {
                Add(path, value, OverrideVerdict.NoEffect, OverrideBasis.Templates, Notes(path), [OnlyNotes]);
                continue;
            }

            if (reading == KeyReading.Read && OnlyCopied(path))
            {
                Add(path, value, OverrideVerdict.Unread, OverrideBasis.Defaults, $"The defaults of {_input.New.Metadata.Version} no longer have {path}, and no template reads it by itself: it is only written out with the table that holds it.", ["whether anybody reads it there, the chart does not say"], alarm: true);
                continue;
            }

            var passes = reading == KeyReading.SerialisedOnly;
            if (known is null && passes)
            {
                Add(path, value, OverrideVerdict.Unread, OverrideBasis.Defaults, $"Neither defaults nor templates name {path}; it only travels along with all values.", ["whether anybody reads it there, the chart does not say"]);
                continue;
            }

            var why = new List<string> { _now.TryDefault(path, out _) ? "its default is still there, but no template reads it any more" : known is null ? "neither version's defaults or templates know it" : $"the defaults of {_input.New.Metadata.Version} no longer have it" };
            why.Add(passes ? "no template reads it by itself: it travels along with all values, so defaults and schema decide" : reading == KeyReading.NotesOnly ? OnlyNotes : "no template reads it");
            if (changes is not null)
            {
                why.Add("rendered with and without it, nothing differs");
            }

            Add(path, value, OverrideVerdict.Dead, passes ? OverrideBasis.Defaults : OverrideBasis.Templates, $"{path} has no meaning in {_input.New.Metadata.Version}: Helm ignores it silently.", why, edit: text => ValuesEdit.Remove(text, path));
        }
    }

    // The key itself, or the open table above it, as the old version knew it.
    private string? Known(string path)
    {
        for (var at = path; ; at = at[..at.LastIndexOf('.')])
        {
            if (_old.Keys.Contains(at))
            {
                return at;
            }

            if (!at.Contains('.', StringComparison.Ordinal))
            {
                return null;
            }
        }
    }

    private void UnsetDefaults()
    {
        foreach (var (path, after) in ValuesPath.Leaves(_now.Defaults))
        {
            if (_old.TryDefault(path, out var before) && !GoValue.DeepEqual(before, after) && !IsSet(path))
            {
                // A new image comes with every version: worth a line, not an alarm.
                var usual = VersionKey().IsMatch(path);
                Add(path, ValuesPath.Absent, OverrideVerdict.UnsetDefaultChanged, OverrideBasis.Defaults, $"You do not set {path}: its default changes.", [], alarm: !usual);
            }
        }

        foreach (var migration in _input.Migrations.Where(m => m.Kind == MigrationKind.Default && Applies(m)))
        {
            foreach (var path in migration.From.Where(p => !IsSet(p) && _entries.TrueForAll(e => e.Path != p)))
            {
                Add(path, ValuesPath.Absent, OverrideVerdict.UnsetDefaultChanged, OverrideBasis.Migrations, $"You do not set {path}: its default changes.{Sentence(migration.Note)}", [$"declared for {migration.Version}"]);
            }
        }
    }

    // What the new version refuses to go without. Each found key gets a stand-in, so that the next one shows.
    private string? Required()
    {
        var values = _user;
        if (ReadableSchema.Table(_now.Chart.Schema) is { } root)
        {
            var oldRequired = ReadableSchema.Table(_old.Chart.Schema) is { } o ? RequiredBy(o, ChartValues.Coalesce(_old.Chart, _user), "").ToHashSet(StringComparer.Ordinal) : [];
            foreach (var path in RequiredBy(root, ChartValues.Coalesce(_now.Chart, values), "").Where(p => !oldRequired.Contains(p)).ToArray())
            {
                Add(path, ValuesPath.Absent, OverrideVerdict.NewlyRequired, OverrideBasis.Defaults, $"{path} is required by the schema of {_input.New.Metadata.Version}.", ["required in values.schema.json"]);
                values = ValuesPath.With(values, path, "required");
            }
        }

        var error = _now.Renders.ErrorOf(values);
        var since = Stopwatch.GetTimestamp();
        foreach (var path in _now.References.All.Where(r => r.Use == ValueUse.Required && !r.Path.Contains('*', StringComparison.Ordinal)).Select(r => r.Path).Distinct().ToArray())
        {
            // A chart may call required at hundreds of places, and the error may be another one.
            if (error is null || Stopwatch.GetElapsedTime(since) > MostTime)
            {
                break;
            }

            if (ValuesPath.TryFind(ChartValues.Coalesce(_now.Chart, values), path, out var there) && there is not (null or ""))
            {
                continue;
            }

            // It is the one when the error goes away or becomes another one.
            var with = ValuesPath.With(values, path, "required");
            var next = _now.Renders.ErrorOf(with);
            if (next != error)
            {
                Add(path, ValuesPath.Absent, OverrideVerdict.NewlyRequired, OverrideBasis.Templates, $"{_input.New.Metadata.Version} does not render without {path}.", ["a template calls required on it", "rendered with a stand-in, that error is gone"]);
                (values, error) = (with, next);
            }
        }

        return error;
    }

    private static IEnumerable<string> RequiredBy(Dictionary<string, object?> schema, Dictionary<string, object?> values, string path)
    {
        foreach (var name in (schema.GetValueOrDefault("required") as List<object?> ?? []).OfType<string>().Where(n => !values.ContainsKey(n)))
        {
            yield return ValuesPath.Join(path, name);
        }

        foreach (var (key, node) in schema.GetValueOrDefault("properties") as Dictionary<string, object?> ?? [])
        {
            if (node is Dictionary<string, object?> inner && values.GetValueOrDefault(key) is Dictionary<string, object?> table)
            {
                foreach (var below in RequiredBy(inner, table, ValuesPath.Join(path, key)))
                {
                    yield return below;
                }
            }
        }
    }

    private void Renamed(string path, object? value, string to, OverrideBasis basis, IReadOnlyList<string> evidence, Func<string, string> edit)
    {
        var (before, _) = Defaults(path);
        var (_, after) = Defaults(to);
        var also = _now.TryDefault(to, out _) && _old.TryDefault(path, out _) && !GoValue.DeepEqual(before, after) ? " Its default is another one there." : "";
        var occupied = IsSet(to) ? $" You set {to} already: that stays, and the old value is kept in a comment above it." : "";
        Add(path, value, OverrideVerdict.Renamed, basis, $"{path} is called {to} in {_input.New.Metadata.Version}.{also}{occupied}", evidence, to, edit);
    }

    // host and port become "https://host:port": the old values are put into the text that the migration gives.
    private string Replace(string text, ValueMigration migration, string to, string template)
    {
        var result = Placeholder().Replace(template, match =>
        {
            var from = migration.From.FirstOrDefault(f => ValuesPath.Split(f)[^1] == match.Groups[1].Value);
            return from is null ? match.Value : GoFormat.Value(ValuesPath.TryFind(_user, from, out var own) ? own : _old.TryDefault(from, out var fallback) ? fallback : "");
        });
        return ValuesEdit.Join(text, migration.From, to, ValuesEdit.Scalar(result));
    }

    private bool Applies(ValueMigration migration) =>
        migration.When is null || migration.When.All(w => (ValuesPath.TryFind(_user, w.Key, out var own) || _old.TryDefault(w.Key, out own)) && GoFormat.Value(own) == w.Value);

    // A value that is no table, anywhere on the way, decides for everything below it.
    private bool IsSet(string path)
    {
        object? at = _user;
        foreach (var key in ValuesPath.Split(path))
        {
            if (at is not Dictionary<string, object?> table)
            {
                return true;
            }

            if (!table.TryGetValue(key, out at))
            {
                return false;
            }
        }

        return true;
    }

    private (object? Old, object? New) Defaults(string path)
    {
        _old.TryDefault(path, out var before);
        _now.TryDefault(path, out var after);
        return (before, after);
    }

    private void Add(string path, object? value, OverrideVerdict verdict, OverrideBasis basis, string message, IReadOnlyList<string> evidence, string? newPath = null, Func<string, string>? edit = null, bool? alarm = null)
    {
        string? Show(bool has, object? v) => !has ? null : SecretFinder.IsSecret(path, v, _secret) || (newPath is not null && SecretFinder.IsSecret(newPath, v, _secret)) ? "(secret)" : Shorten(v);
        var hadDefault = _old.TryDefault(path, out var before);
        var hasDefault = _now.TryDefault(newPath ?? path, out var after);
        _entries.Add(new OverrideEntry(
            path, verdict, basis, alarm ?? verdict is not (OverrideVerdict.Effective or OverrideVerdict.Redundant or OverrideVerdict.Unread or OverrideVerdict.NoEffect), message, evidence,
            Show(!ReferenceEquals(value, ValuesPath.Absent), value), Show(hadDefault, before), Show(hasDefault, after), newPath, edit is null ? null : path));
        if (edit is not null)
        {
            _edits[path] = edit;
        }
    }

    // Tables and lists may hold secrets at any depth: only single values are shown.
    private static string Shorten(object? value) => value switch
    {
        Dictionary<string, object?> { Count: > 0 } table => $"({table.Count} keys)",
        List<object?> { Count: > 0 } list => $"({list.Count} items)",
        _ => GoYaml.Write(value).Trim() is { Length: > 200 } text ? text[..200] + "..." : GoYaml.Write(value).Trim(),
    };

    private static string Sentence(string note) => note.Length == 0 ? "" : $" {note.TrimEnd('.')}.";

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"(^|\.)(\w*tag|\w*digest|\w*version|\w*hash)$", RegexOptions.IgnoreCase)]
    private static partial Regex VersionKey();
}
