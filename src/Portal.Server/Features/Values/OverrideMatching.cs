using System.Text.RegularExpressions;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Values;

/// <summary>A key's successor in the new version, how sure that is (0 to 1 and more) and why.</summary>
internal sealed record KeyMatch(string From, string To, double Score, IReadOnlyList<string> Evidence);

/// <summary>
/// Finds where keys went that the new version no longer has. Evidence: the same place in the templates reads another key now; the same fields of the same objects
/// change; name, type, default, comment; neighbours that moved the same way.
/// </summary>
internal sealed partial class OverrideMatching(OverrideSide old, OverrideSide now)
{
    private const double Enough = 0.5;

    // A helper that a chart calls for everything reads a key at hundreds of places: each is compared with each.
    private const int MostPlaces = 40;

    // A section that moved has rivals of the same names in all sections that are made alike.
    private const int MostRivals = 20;

    // A place that so many keys share says nothing about one of them.
    private const int Crowded = 25;

    private static readonly HashSet<string> Generic = new(StringComparer.Ordinal)
    {
        "enabled", "enable", "name", "type", "host", "port", "user", "username", "password", "url", "endpoint", "image", "tag", "repository", "resources", "replicas", "size", "mode", "key", "value", "path", "annotations", "labels", "secret", "id", "level", "version", "class", "provider", "region", "namespace", "config", "settings",
    };

    // A name below so many tables is a chart's own "enabled": image.pullPolicy, livenessProbe.failureThreshold.
    private const int Common = 4;

    private readonly HashSet<string> _common = [.. CommonNames(old), .. CommonNames(now)];

    // What so many keys of a name have as default or as comment tells none of them from the others.
    private readonly HashSet<(string Key, string Value)> _usual = [.. now.Keys.Where(k => now.TryDefault(k, out _)).GroupBy(k => { now.TryDefault(k, out var value); return (ValuesPath.Split(k)[^1], GoFormat.Value(value)); }).Where(g => g.Count() >= Common).Select(g => g.Key)];
    private readonly HashSet<(string Key, string Comment)> _usualComments = [.. now.Comments.GroupBy(c => (ValuesPath.Split(c.Key)[^1], Written(c.Value))).Where(g => g.Count() >= Common).Select(g => g.Key)];

    // How many keys of either version have a default: the fewer, the more it says that two have the same one.
    private readonly Dictionary<string, int> _holders = Holders(old, now);

    private readonly Dictionary<string, string> _tables = new(StringComparer.Ordinal);

    // The variables that one key alone feeds in each version: env of a workload, data of a ConfigMap.
    private readonly Dictionary<string, string> _fedBefore = Fed(old);
    private readonly Dictionary<string, string> _fedNow = Fed(now);

    private sealed record Side(string Path, string[] Keys, string Parent, string[] Words, string[] ParentWords, IReadOnlySet<string> Context, bool IsCommon, object? Default, bool HasDefault, IReadOnlyList<Spot> Places, IReadOnlySet<string> Comment)
    {
        public string[][] KeyWordsOf { get; } = [.. Keys.Select(KeyWords.Of)];

        public string[] AllWords => field ??= [.. KeyWordsOf.SelectMany(w => w).Distinct(StringComparer.Ordinal)];

        public string Value => field ??= Shown(Default);
    }

    // A place with what is compared of it. Telling: the line says more than a lone value would.
    private sealed record Spot(ValueReference Reference, string Field, bool Telling)
    {
        public PlaceKeyed Key { get; } = PlaceKey(Reference);
    }

    // Foreign: the two speak of different things, and nothing but likeness says that one became the other yet. Tell: what equal defaults say.
    private readonly record struct Pair(Side From, Side To, double Score, List<string> Evidence, bool Strong, bool Placed, bool Foreign, double Tell);

    /// <summary>The successors of the keys in <paramref name="gone"/>; those in <paramref name="set"/> are also rendered.</summary>
    public IReadOnlyDictionary<string, KeyMatch> Find(IReadOnlyCollection<string> gone, IReadOnlyCollection<string> set, Dictionary<string, object?> user)
    {
        var from = gone.Select(p => Of(old, p)).ToArray();
        var fresh = now.Keys.Where(k => !old.Has(k)).ToArray();
        var lines = from.SelectMany(f => f.Places).Select(p => p.Key).ToHashSet();
        // A key that was there before takes another one's meaning over when a place changes to it.
        var shared = now.Keys.Where(k => old.Has(k) && now.References.Places(k).Any(p => lines.Contains(PlaceKey(p))) && !now.References.Places(k).Select(PlaceKey).ToHashSet().IsSubsetOf(old.References.Places(k).Select(PlaceKey)));
        var to = fresh.Select(p => (Side: Of(now, p), Fresh: true)).Concat(shared.Select(p => (Side: Of(now, p), Fresh: false))).ToArray();
        // A place that reads many keys (a helper) tells little about one of them.
        var crowd = old.Keys.SelectMany(k => old.References.Places(k).Select(PlaceKey).Distinct()).GroupBy(p => p).ToDictionary(g => g.Key, g => g.Count());

        var pairs = from.SelectMany(f => to.Select(t => Judge(f, t.Side, t.Fresh, crowd)).Where(p => p.Score > 0.15).OrderByDescending(p => p.Score).Take(MostRivals)).ToList();
        pairs = [.. pairs.Select(p => set.Contains(p.From.Path) ? Rendered(p, user) : p)];
        var came = to.Where(t => t.Fresh).Select(t => t.Side).ToArray();
        // A component that went beside one that came is no rename, however alike their keys are.
        pairs = [.. Neighbours(Moved(Alone(pairs, from, came), from, came)).Where(p => !p.Foreign)];

        var result = new Dictionary<string, KeyMatch>(StringComparer.Ordinal);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pair in pairs.Where(p => p.Score >= Enough).OrderByDescending(p => p.Score).ThenBy(p => p.To.Path, StringComparer.Ordinal))
        {
            // Two keys become one only where the evidence is more than likeness.
            if (!result.ContainsKey(pair.From.Path) && (!taken.Contains(pair.To.Path) || pair.Strong))
            {
                taken.Add(pair.To.Path);
                result[pair.From.Path] = new KeyMatch(pair.From.Path, pair.To.Path, pair.Score, pair.Evidence);
            }
        }

        // lakehouseBucketName and assetsBucketName become bucketName: the second follows its neighbour.
        foreach (var pair in pairs.Where(p => p.Score >= 0.25 && Joins(p) && taken.Contains(p.To.Path)).OrderByDescending(p => p.Score))
        {
            var neighbour = result.Values.First(m => m.To == pair.To.Path).From;
            result.TryAdd(pair.From.Path, new KeyMatch(pair.From.Path, pair.To.Path, pair.Score, [.. pair.Evidence, $"{neighbour} beside it becomes {pair.To.Path}, and its name is in both"]));
        }

        foreach (var (parts, whole, why) in Merges(from, came))
        {
            foreach (var part in parts.Where(p => !result.TryGetValue(p.Path, out var match) || match.Score < 0.75))
            {
                result[part.Path] = new KeyMatch(part.Path, whole.Path, Enough, [why]);
            }
        }

        foreach (var match in MergedAcross(from, came))
        {
            result.TryAdd(match.From, match);
        }

        Together(from, came, result);
        return result;
    }

    /// <summary>The tables that got another name: all that was below them and is found again is below that one.</summary>
    public IReadOnlyDictionary<string, string> MovedTables => _tables;

    // A table that went as a whole is called like the one new table that came with its leaves; what some of its keys did, the others did too.
    private void Together(Side[] from, Side[] came, Dictionary<string, KeyMatch> result)
    {
        var wentTables = from.Where(f => f.HasDefault).SelectMany(f => Tables(f.Path).SkipLast(1)).Distinct(StringComparer.Ordinal).Where(t => !now.TryDefault(t, out _)).ToArray();
        var cameTables = came.Where(c => c.HasDefault).SelectMany(c => Tables(c.Path).SkipLast(1)).Distinct(StringComparer.Ordinal).Where(t => !old.TryDefault(t, out _)).ToArray();
        var fits = wentTables.SelectMany(w => cameTables.Select(c => (From: w, To: c, Score: Fit(w, Below(from, w), c, Below(came, c)))).Where(f => f.Score > 0)).ToArray();
        var renamed = fits.Where(f => !fits.Any(o => o != f && (o.From == f.From || o.To == f.To) && o.Score >= f.Score)).ToDictionary(f => f.From, f => f.To, StringComparer.Ordinal);
        foreach (var table in wentTables.OrderByDescending(t => t.Length))
        {
            var gone = Below(from, table);
            var found = gone.Where(g => result.ContainsKey(g.Key)).SelectMany(g => Moves(g.Value, result[g.Key].To)).Where(m => m.From == table).GroupBy(m => m.To, StringComparer.Ordinal).Select(g => (To: g.Key, Count: g.Count())).OrderByDescending(g => g.Count).ToArray();
            var known = gone.Keys.Count(result.ContainsKey);
            var to = found.Length > 0 && found[0].Count == known && (known > 1 || gone.Count == 2) && cameTables.Contains(found[0].To) ? found[0].To : renamed.GetValueOrDefault(table);
            if (to is null)
            {
                continue;
            }

            _tables[table] = to;
            var why = renamed.GetValueOrDefault(table) == to ? $"{table} went, and {to} alone came with its keys and their defaults" : $"what else is known of {table} moved to {to}";
            var taken = result.Values.Select(m => m.To).ToHashSet(StringComparer.Ordinal);
            foreach (var (path, there) in Partners(table, gone, to, Below(came, to)).Where(p => !result.ContainsKey(p.From.Path) && !taken.Contains(p.To.Path)).Select(p => (p.From.Path, p.To.Path)))
            {
                result[path] = new KeyMatch(path, there, Enough, [why]);
            }
        }
    }

    private static Dictionary<string, Side> Below(Side[] sides, string table) => sides.Where(s => s.HasDefault && s.Path.StartsWith(table + ".", StringComparison.Ordinal)).ToDictionary(s => s.Path, StringComparer.Ordinal);

    // Of one name and type; then what alone has the words and the default of another one.
    private static List<(Side From, Side To)> Partners(string table, Dictionary<string, Side> went, string to, Dictionary<string, Side> came)
    {
        var result = new List<(Side From, Side To)>();
        var (depth, below) = (ValuesPath.Split(table).Length, ValuesPath.Split(to).Length);
        var left = came.Values.ToDictionary(c => ValuesPath.Join(c.Keys[below..]), StringComparer.Ordinal);
        var other = new List<Side>();
        foreach (var side in went.Values)
        {
            if (left.TryGetValue(ValuesPath.Join(side.Keys[depth..]), out var there) && OverrideSide.Kind(side.Default) == OverrideSide.Kind(there.Default))
            {
                result.Add((side, there));
                left.Remove(ValuesPath.Join(side.Keys[depth..]));
            }
            else
            {
                other.Add(side);
            }
        }

        foreach (var side in other)
        {
            var like = left.Where(l => GoValue.DeepEqual(l.Value.Default, side.Default) && (side.Words.All(l.Value.Words.Contains) || l.Value.Words.All(side.Words.Contains))).ToArray();
            if (like.Length == 1)
            {
                result.Add((side, like[0].Value));
                left.Remove(like[0].Key);
            }
        }

        return result;
    }

    // 0: not the same table. Names that every program has, with defaults that say nothing, are no table of its own.
    private static double Fit(string table, Dictionary<string, Side> went, string to, Dictionary<string, Side> came)
    {
        var both = Partners(table, went, to, came);
        var equal = both.Where(b => GoValue.DeepEqual(b.From.Default, b.To.Default)).ToArray();
        var alike = 2.0 * both.Count / (went.Count + came.Count);
        var telling = equal.Sum(b => (b.From.IsCommon ? 0 : 1) + TellingDefaults.Weight(b.From.Default));
        var other = both.Any(b => !GoValue.DeepEqual(b.From.Default, b.To.Default) && TellingDefaults.Weight(b.From.Default) == TellingDefaults.Own && TellingDefaults.Weight(b.To.Default) == TellingDefaults.Own);
        // The usual table below another program is that program's own.
        var name = ValuesPath.Split(to)[^1];
        var program = ValuesPath.Split(table)[^1] == name && KeyWords.IsFacet(name);
        return equal.Length < 2 || alike < 0.75 || equal.Length < 0.75 * both.Count || telling < 2 || !equal.Any(b => !b.From.IsCommon) || other || program ? 0 : alike + equal.Length;
    }

    // web.nodeSelector and worker.nodeSelector become nodeSelector: both programs stay without it, and one key of that name came above them.
    private IEnumerable<KeyMatch> MergedAcross(Side[] from, Side[] came)
    {
        foreach (var parts in from.Where(f => f.HasDefault && f.Keys.Length > 1).GroupBy(f => f.Keys[^1], StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            var whole = came.Where(c => c.HasDefault && c.Keys[^1] == parts.Key).ToArray();
            if (whole.Length != 1 || parts.Any(p => p.Keys.Length < whole[0].Keys.Length || !GoValue.DeepEqual(p.Default, whole[0].Default) || !now.TryDefault(p.Parent, out _))
                || (whole[0].Keys.Length > 1 && TellingDefaults.Weight(whole[0].Default) == 0) || !now.References.All.Any(r => r.Path == whole[0].Path))
            {
                continue;
            }

            var names = string.Join(" and ", parts.Select(p => p.Path));
            foreach (var part in parts)
            {
                yield return new KeyMatch(part.Path, whole[0].Path, Enough, [$"{names} went with one default, and the only {parts.Key} that came has it"]);
            }
        }
    }

    private Pair Judge(Side from, Side to, bool fresh, Dictionary<PlaceKeyed, int> crowd)
    {
        var evidence = new List<string>();
        var score = 0.0;
        var variable = SharedVariable(from, to);
        var place = variable is null ? Place(from, to, crowd) : 1;
        if (place >= 0.5)
        {
            score += 0.55 * place;
            evidence.Add(variable is null ? $"the place in {from.Places[0].Reference.File} that read it reads {to.Path} now" : $"{variable}, which it alone fed, is fed by {to.Path} now");
        }

        var same = KeyWords.SameSubject(from.Keys, from.KeyWordsOf, to.Keys, to.KeyWordsOf);
        var name = Math.Max(Name(from, to), same && !(from.IsCommon && to.IsCommon) ? 0.9 * KeyWords.Likeness(from.AllWords, to.AllWords) : 0);
        score += 0.4 * name;
        if (name >= 0.6)
        {
            evidence.Add("the names are alike");
        }

        if (from.Keys[^1] == to.Keys[^1] && !from.IsCommon && from.ParentWords.Any(to.ParentWords.Contains))
        {
            score += 0.15;
        }

        var tell = 0.0;
        var (kindFrom, kindTo) = (OverrideSide.Kind(from.Default), OverrideSide.Kind(to.Default));
        if (from.HasDefault && to.HasDefault)
        {
            if (kindFrom != kindTo && kindFrom != "null" && kindTo != "null")
            {
                score -= kindFrom is "text" or "number" && kindTo is "text" or "number" ? 0.15 : 0.5;
            }
            else if (GoValue.DeepEqual(from.Default, to.Default))
            {
                tell = _usual.Contains((from.Keys[^1], GoFormat.Value(from.Default))) ? 0 : TellingDefaults.Weight(from.Default);
                var alone = _holders.GetValueOrDefault(from.Value) == 1;
                score += tell == 0 ? 0.05 : !alone ? 0.25 : tell == TellingDefaults.Own ? 0.4 : 0.3;
                if (tell > 0)
                {
                    evidence.Add(alone ? "the defaults are equal, and no other key has this one" : "the defaults are equal");
                }

                tell = alone ? tell : tell / 2;
            }
        }

        if (from.Parent == to.Parent && from.Parent.Length > 0)
        {
            score += 0.1;
        }

        // logs.access.otlp.endpoint is nearer to accessLog.otlp.endpoint than to log.otlp.endpoint.
        score += 0.1 * Likeness(from.Context, to.Context);
        // startupProbe.httpGet.path is nearer to another startupProbe.httpGet.path than to that of a livenessProbe.
        score += 0.03 * Math.Min(3, from.Keys.Reverse().Zip(to.Keys.Reverse()).TakeWhile(k => k.First == k.Second).Count());
        var comment = Likeness(from.Comment, to.Comment);
        if (from.Comment.Count >= 3 && comment >= 0.5 && !_usualComments.Contains((to.Keys[^1], Written(to.Comment))))
        {
            score += 0.3 * comment;
            evidence.Add("the comments beside them are alike");
        }

        // The same place is the same field of the same object only in the same file and kind. A default that no other key has speaks for a key that is called otherwise, not for the same
        // setting of another program.
        var foreign = !same && variable is null && !(place >= 0.9 && from.Places.Any(f => to.Places.Any(t => f.Key == t.Key && f.Reference.File == t.Reference.File && f.Reference.Kind == t.Reference.Kind)))
            && !(tell >= TellingDefaults.Own && from.Keys[^1] != to.Keys[^1]);
        // A key that both versions have is a successor only by its place.
        return new Pair(from, to, fresh || place >= 0.9 ? score : 0, evidence, place >= 0.9, place >= 0.5, foreign, tell);
    }

    // The same fields of the same objects move when the key does.
    private Pair Rendered(Pair pair, Dictionary<string, object?> user)
    {
        if (!ValuesPath.TryFind(user, pair.From.Path, out var value) || Other(value) is not { } other)
        {
            return pair;
        }

        var before = old.Renders.Changes(pair.From.Path, other, pair.From.Parent);
        if (before is null or { Count: 0 })
        {
            return pair;
        }

        var after = now.Renders.Changes(ValuesPath.With(user, pair.To.Path, value), pair.To.Path, other, pair.To.Parent);
        if (after is null or { Count: 0 })
        {
            return pair;
        }

        var alike = (double)before.Count(after.Contains) / before.Union(after).Count();
        if (alike >= 0.5)
        {
            return pair with { Score = pair.Score + (0.5 * alike), Strong = true, Foreign = false, Evidence = [.. pair.Evidence, $"rendered with another value, the same {(before.Count == 1 ? "field changes" : $"{before.Count} fields change")} ({before.Where(after.Contains).Order(StringComparer.Ordinal).First()})"] };
        }

        // A variable may come from another object now.
        if (SharedVariable(pair.From, pair.To) is not null)
        {
            return pair;
        }

        // What is called otherwise and changes something else is something else.
        if (alike == 0 && !KeyWords.SameSubject(pair.From.Keys, pair.From.KeyWordsOf, pair.To.Keys, pair.To.KeyWordsOf))
        {
            pair = pair with { Foreign = true };
        }

        // Both write the same object, but never the same field of it.
        var objects = before.Select(ObjectOf).ToHashSet(StringComparer.Ordinal);
        return alike == 0 && after.Select(ObjectOf).Any(objects.Contains) ? pair with { Score = pair.Score - 0.1 } : pair;
    }

    private static string ObjectOf(string field) => field.Split(' ')[0];

    // The only key that a table lost and the only one that it got; or the only gone and the only new one of a name, below tables that are called alike.
    private static List<Pair> Alone(List<Pair> pairs, Side[] from, Side[] to) =>
    [
        .. pairs.Select(p =>
        {
            if (!p.From.HasDefault || OverrideSide.Kind(p.From.Default) != OverrideSide.Kind(p.To.Default))
            {
                return p;
            }

            if (p.From.Parent.Length > 0 && p.From.Parent == p.To.Parent && from.Count(f => f.Parent == p.From.Parent && f.HasDefault) == 1 && to.Count(t => t.Parent == p.To.Parent) == 1)
            {
                return p with { Score = p.Score + (GoValue.DeepEqual(p.From.Default, p.To.Default) ? 0.4 : 0.15), Foreign = p.Foreign && p.Tell < 0.6, Evidence = [.. p.Evidence, $"the only key that {p.From.Parent} lost and the only one it got"] };
            }

            var name = p.From.Keys[^1];
            return name == p.To.Keys[^1] && p.From.ParentWords.Any(p.To.ParentWords.Contains) && from.Count(f => f.Keys[^1] == name) == 1 && to.Count(t => t.Keys[^1] == name) == 1
                ? p with { Score = p.Score + 0.25, Evidence = [.. p.Evidence, $"the only {name} that went and the only one that came"] }
                : p;
        }),
    ];

    // A table got another name when its keys came again below that one, some with defaults of their own and none with another one.
    private static List<Pair> Moved(List<Pair> pairs, Side[] from, Side[] to)
    {
        var came = to.ToDictionary(t => t.Path, StringComparer.Ordinal);
        var known = new Dictionary<(string From, string To), bool>();
        bool Came((string From, string To) move)
        {
            if (!known.TryGetValue(move, out var moved))
            {
                var both = from.Where(f => f.HasDefault && f.Path.StartsWith(move.From + ".", StringComparison.Ordinal) && came.ContainsKey(move.To + f.Path[move.From.Length..])).Select(f => (From: f.Default, To: came[move.To + f.Path[move.From.Length..]].Default)).ToArray();
                var equal = both.Where(b => GoValue.DeepEqual(b.From, b.To)).Select(b => TellingDefaults.Weight(b.From)).ToArray();
                known[move] = moved = equal.Sum() > 1.5 && equal.Contains(TellingDefaults.Own) && both.All(b => GoValue.DeepEqual(b.From, b.To) || TellingDefaults.Weight(b.From) == 0 || TellingDefaults.Weight(b.To) == 0);
            }

            return moved;
        }

        return [.. pairs.Select(p => p.Foreign && Moves(p).Any(Came) ? p with { Foreign = false, Score = p.Score + 0.15 } : p)];
    }

    // Two texts or more of a table become one: it holds their defaults, or has the words that all their names have.
    private static IEnumerable<(Side[] Parts, Side Whole, string Why)> Merges(Side[] from, Side[] came)
    {
        foreach (var whole in came.Where(c => c.Default is string))
        {
            foreach (var table in from.Where(f => f.Default is string).GroupBy(f => f.Parent, StringComparer.Ordinal))
            {
                var held = table.Where(f => f.Default is string { Length: >= 3 } part && part != (string)whole.Default! && TellingDefaults.Weight(part) > 0 && ((string)whole.Default!).Contains(part, StringComparison.Ordinal)).ToArray();
                var named = table.Where(f => f.Parent == whole.Parent && f.Words.Length > whole.Words.Length && whole.Words.All(f.Words.Contains)).ToArray();
                if (held.Length > 1)
                {
                    yield return (held, whole, $"the default of {whole.Path} holds those of {string.Join(" and ", held.Select(h => h.Path))}");
                }
                else if (named.Length > 1 && !named.Any(n => GoValue.DeepEqual(n.Default, whole.Default)))
                {
                    yield return (named, whole, $"{string.Join(" and ", named.Select(n => n.Path))} went, and what their names share came");
                }
            }
        }
    }

    // Sections move as a whole: what several keys below a table do, each by its best successor, the others below it do too.
    private static List<Pair> Neighbours(List<Pair> pairs)
    {
        // A table that one program lost and another got, with the same usual keys, is no move: something else has to speak for it.
        var best = pairs.Where(p => p.Score >= 0.3 && (p.Placed || !p.From.IsCommon || p.From.Context.Any(p.To.Context.Contains))).GroupBy(p => p.From.Path, StringComparer.Ordinal).SelectMany(g => g.Where(p => p.Score >= g.Max(q => q.Score) - 0.01));
        var moves = best.SelectMany(p => Moves(p).Select(m => (Move: m, p.From.Path))).Distinct().GroupBy(m => m.Move).ToDictionary(g => g.Key, g => g.Count());
        return
        [
            .. pairs.Select(p => Moves(p).Where(m => moves.GetValueOrDefault(m) >= 2).OrderByDescending(m => moves[m]).FirstOrDefault() is { From: not null } move
                ? p with { Score = p.Score + Math.Min(0.4, 0.15 + (0.05 * moves[move])), Evidence = [.. p.Evidence, $"its neighbours in {move.From} moved to {move.To} too"] }
                : p),
        ];
    }

    // The tables that would have moved: a.b.c to x.b.c moves a.b to x.b and a to x.
    private static IEnumerable<(string From, string To)> Moves(Pair pair) => Moves(pair.From, pair.To.Path);

    private static IEnumerable<(string From, string To)> Moves(Side side, string successor)
    {
        var (from, to) = (side.Keys, ValuesPath.Split(successor));
        for (var n = 1; n < from.Length && n < to.Length && from[^n] == to[^n]; n++)
        {
            var move = (From: ValuesPath.Join(from[..^n]), To: ValuesPath.Join(to[..^n]));
            if (move.From != move.To)
            {
                yield return move;
            }
        }
    }

    // Beside it, of its type, with its name in theirs.
    private static bool Joins(Pair pair) =>
        pair.From.Parent == pair.To.Parent && pair.To.Words.Length > 1 && pair.To.Words.All(pair.From.Words.Contains) && OverrideSide.Kind(pair.From.Default) == OverrideSide.Kind(pair.To.Default);

    private readonly record struct PlaceKeyed(string Line, string Action);

    private static PlaceKeyed PlaceKey(ValueReference reference) => new(reference.Line, reference.Action);

    private static double Place(Side from, Side to, Dictionary<PlaceKeyed, int> crowd)
    {
        var best = 0.0;
        var total = 0.0;
        var places = from.Places.DistinctBy(s => s.Key).ToArray();
        foreach (var spot in places)
        {
            var many = crowd.GetValueOrDefault(spot.Key);
            if (many > Crowded)
            {
                continue;
            }

            var most = 0.0;
            foreach (var candidate in to.Places)
            {
                var (place, other) = (spot.Reference, candidate.Reference);
                var likeness = place.Line == other.Line && place.Action == other.Action ? (spot.Telling ? 1.0 : 0.6)
                    : place.Action == other.Action && place.Action.Length > 40 && place.Action.Contains("Node ", StringComparison.Ordinal) ? 0.9
                    : place.Line == other.Line && spot.Field.Length > 2 && place.Kind == other.Kind ? 0.8
                    : spot.Field.Length > 3 && spot.Field == candidate.Field && place.Kind == other.Kind && place.File == other.File ? 0.7
                    : 0;
                // "resources:" of another file is most likely another program's.
                most = Math.Max(most, from.IsCommon && place.File != other.File ? likeness / 2 : likeness);
            }

            most /= Math.Max(1, many);
            best = Math.Max(best, most);
            total += most;
        }

        return places.Length == 0 ? 0 : Math.Max(total / places.Length, best * 0.9);
    }

    private string? SharedVariable(Side from, Side to) =>
        from.Places.Select(p => Variable(p.Reference.Line)).FirstOrDefault(v => v is not null && _fedBefore.GetValueOrDefault(v) == from.Path && _fedNow.GetValueOrDefault(v) == to.Path);

    private static Dictionary<string, string> Fed(OverrideSide side) =>
        side.Keys.SelectMany(k => side.References.Places(k).Select(p => Variable(p.Line)).OfType<string>().Distinct().Select(v => (Name: v, Key: k))).GroupBy(f => f.Name, StringComparer.Ordinal).Where(g => g.Count() == 1).ToDictionary(g => g.Key, g => g.First().Key, StringComparer.Ordinal);

    private static string? Variable(string line) => VariableName().Match(line) is { Success: true } match ? match.Groups["name"].Value : null;

    // "- { name: ISSUER, value: ..." of a container, "ISSUER: ..." of a ConfigMap.
    [GeneratedRegex("""^\s*(?:-\s*\{\s*name:\s*)?"?(?<name>[A-Z][A-Z0-9_]{2,})"?\s*(?:[:=]|,\s*value:)""")]
    private static partial Regex VariableName();

    private static string Field(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        var end = colon < 0 ? equals : equals < 0 ? colon : Math.Min(colon, equals);
        return end < 0 ? "" : line[..end].TrimStart('-', ' ', '"');
    }

    private double Name(Side from, Side to)
    {
        var (a, b) = (from.Keys[^1], to.Keys[^1]);
        var same = KeyWords.Squash(a) == KeyWords.Squash(b);
        var last = same ? 1.0 : Math.Max(Likeness(from.Words.ToHashSet(), to.Words.ToHashSet()), Contained(from.Words, to.Words) ? 0.75 : 0);
        var parents = Likeness(from.ParentWords.ToHashSet(), to.ParentWords.ToHashSet());
        if (from.IsCommon || to.IsCommon)
        {
            // "enabled" says nothing by itself: the table's name has to speak.
            var beside = from.Keys.Length > 1 && to.Keys.Length > 1 && from.Keys[^2] != to.Keys[^2] && (IsCommon(from.Keys[^2]) || IsCommon(to.Keys[^2]));
            return same ? (parents >= 0.99 && from.ParentWords.Length > 0 ? (beside ? 0.6 : 0.9) : Shortened(from.Keys, to.Keys) ? 0.75 : parents > 0 ? 0.45 + (0.3 * parents) : 0.1) : last * 0.5;
        }

        return same ? 0.85 + (0.15 * parents) : last * 0.9;
    }

    // storage.settings.type and storage.type: a table in between came or went.
    private static bool Shortened(string[] a, string[] b)
    {
        var (small, large) = a.Length < b.Length ? (a, b) : (b, a);
        var i = 0;
        foreach (var key in large)
        {
            i += i < small.Length && small[i] == key ? 1 : 0;
        }

        return small.Length > 1 && small.Length < large.Length && i == small.Length;
    }

    private static bool Contained(string[] a, string[] b) => Math.Min(a.Length, b.Length) > 1 && (a.All(b.Contains) || b.All(a.Contains));

    private static double Likeness(IReadOnlySet<string> a, IReadOnlySet<string> b) => a.Count == 0 || b.Count == 0 ? 0 : (double)a.Count(b.Contains) / a.Union(b).Count();

    private bool IsCommon(string key) => Generic.Contains(KeyWords.Squash(key)) || _common.Contains(key);

    private static Dictionary<string, int> Holders(params OverrideSide[] sides) =>
        sides.SelectMany(s => s.Keys.Where(k => s.TryDefault(k, out _)).GroupBy(k => Shown(s, k)).Select(g => (g.Key, Count: g.Count()))).GroupBy(g => g.Key).ToDictionary(g => g.Key, g => g.Max(c => c.Count), StringComparer.Ordinal);

    private static string Shown(OverrideSide side, string path)
    {
        side.TryDefault(path, out var value);
        return Shown(value);
    }

    private static string Shown(object? value) => $"{OverrideSide.Kind(value)} {GoFormat.Value(value)}";

    // Each name counts once for each table that has it.
    private static IEnumerable<string> CommonNames(OverrideSide side) =>
        side.Keys.SelectMany(Tables).Distinct(StringComparer.Ordinal).GroupBy(p => ValuesPath.Split(p)[^1], StringComparer.Ordinal).Where(g => g.Count() >= Common).Select(g => g.Key);

    private static IEnumerable<string> Tables(string path)
    {
        var keys = ValuesPath.Split(path);
        return Enumerable.Range(1, keys.Length).Select(n => ValuesPath.Join(keys[..n]));
    }

    private Side Of(OverrideSide side, string path)
    {
        var keys = ValuesPath.Split(path);
        // The nearest table above whose name says something: server of server.livenessProbe.httpGet.path.
        var named = keys.Length - 1;
        while (named > 1 && IsCommon(keys[named - 1]))
        {
            named--;
        }

        var has = side.TryDefault(path, out var value);
        return new Side(
            path, keys, keys.Length > 1 ? ValuesPath.Join(keys[..^1]) : "", KeyWords.Of(keys[^1]), named > 0 ? KeyWords.Of(keys[named - 1]) : [], keys[..Math.Max(named, 0)].SelectMany(KeyWords.Of).ToHashSet(StringComparer.Ordinal), IsCommon(keys[^1]), value, has,
            [.. side.References.Places(path).Where(p => p.Action.Length > 0).DistinctBy(p => (p.Line, p.Action, p.Kind, p.File)).Take(MostPlaces).Select(p => new Spot(p, Field(p.Line), Letter().IsMatch(p.Line) || p.Action.Length > 12))], side.Comments.GetValueOrDefault(path) ?? new HashSet<string>());
    }

    private static object? Other(object? value) => value switch
    {
        bool flag => !flag,
        string text => text + "-other",
        double number => number + 1,
        _ => GoValue.TryInt(value, out var number) ? (double)(number + 1) : null,
    };

    private static string Written(IReadOnlySet<string> words) => string.Join(' ', words);

    [GeneratedRegex("[A-Za-z0-9]")]
    private static partial Regex Letter();
}

/// <summary>One of the two chart versions, with what is asked of it again and again.</summary>
internal sealed partial class OverrideSide
{
    private readonly Dictionary<string, object?> _defaults;
    private readonly HashSet<string> _schema = new(StringComparer.Ordinal);
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    public OverrideSide(Chart chart, Dictionary<string, object?> user, OverrideRenders renders)
    {
        Chart = chart;
        Renders = renders;
        _defaults = DefaultsOf(chart);
        References = ValueReferences.Of(chart, user);
        if (ReadableSchema.Table(chart.Schema) is { } root)
        {
            Declared(root, "");
        }

        _keys.UnionWith(ValuesPath.Leaves(_defaults).Select(l => l.Path));
        _keys.UnionWith(_schema);
        // Keys that templates read though no defaults name them: leaves only, a table is no successor of a scalar.
        var read = References.All.Where(r => r.Path.Length > 0 && !r.Path.Contains('*', StringComparison.Ordinal)).Select(r => r.Path).Distinct().ToArray();
        var tables = read.SelectMany(Ancestors).ToHashSet(StringComparer.Ordinal);
        _keys.UnionWith(read.Where(p => !tables.Contains(p) && !(ValuesPath.TryFind(_defaults, p, out var there) && there is Dictionary<string, object?> { Count: > 0 })));
        Comments = CommentsOf(chart.ValuesText);
    }

    public Chart Chart { get; }

    public OverrideRenders Renders { get; }

    public ValueReferences References { get; }

    public IReadOnlyDictionary<string, IReadOnlySet<string>> Comments { get; }

    /// <summary>Every leaf that defaults, schema or templates know.</summary>
    public IReadOnlyCollection<string> Keys => _keys;

    public Dictionary<string, object?> Defaults => _defaults;

    public bool Has(string path) => _keys.Contains(path) || ValuesPath.TryFind(_defaults, path, out _);

    public bool IsDeclared(string path) => _schema.Contains(path);

    public bool TryDefault(string path, out object? value) => ValuesPath.TryFind(_defaults, path, out value);

    /// <summary>How the defaults see a key: named, inside a table that is open (empty, absent list), behind a scalar, or not at all.</summary>
    public DefaultsView View(string path)
    {
        object? at = _defaults;
        foreach (var key in ValuesPath.Split(path))
        {
            switch (at)
            {
                case Dictionary<string, object?> { Count: 0 } when !ReferenceEquals(at, _defaults):
                case null:
                    return DefaultsView.Open;
                case Dictionary<string, object?> table when table.TryGetValue(key, out var next):
                    at = next;
                    break;
                case Dictionary<string, object?>:
                    return key == "global" || _schema.Contains(path) ? DefaultsView.Open : DefaultsView.Absent;
                default:
                    return DefaultsView.BehindScalar;
            }
        }

        return DefaultsView.Named;
    }

    /// <summary>The word for a value's type as operators say it.</summary>
    public static string Kind(object? value) => value switch
    {
        null => "null",
        bool => "bool",
        string => "text",
        Dictionary<string, object?> => "map",
        List<object?> => "list",
        _ => "number",
    };

    private static Dictionary<string, object?> DefaultsOf(Chart chart)
    {
        var result = GoValue.CopyTable(chart.Values);
        foreach (var child in chart.Dependencies)
        {
            var names = chart.Metadata.Dependencies.Where(d => d.Name == child.Name).Select(d => d.Alias.Length > 0 ? d.Alias : d.Name).DefaultIfEmpty(child.Name);
            foreach (var name in names)
            {
                var below = DefaultsOf(child);
                result[name] = result.GetValueOrDefault(name) is Dictionary<string, object?> over ? Over(over, below) : below;
            }
        }

        return result;
    }

    private static Dictionary<string, object?> Over(Dictionary<string, object?> over, Dictionary<string, object?> below)
    {
        foreach (var (key, value) in over)
        {
            below[key] = value is Dictionary<string, object?> a && below.GetValueOrDefault(key) is Dictionary<string, object?> b ? Over(a, b) : value;
        }

        return below;
    }

    private void Declared(Dictionary<string, object?> node, string path)
    {
        foreach (var (key, value) in node.GetValueOrDefault("properties") as Dictionary<string, object?> ?? [])
        {
            if (value is Dictionary<string, object?> property)
            {
                var at = ValuesPath.Join(path, key);
                if (property.GetValueOrDefault("properties") is Dictionary<string, object?> { Count: > 0 })
                {
                    Declared(property, at);
                }
                else
                {
                    _schema.Add(at);
                }
            }
        }
    }

    private static IEnumerable<string> Ancestors(string path)
    {
        var keys = ValuesPath.Split(path);
        return Enumerable.Range(1, keys.Length - 1).Select(n => ValuesPath.Join(keys[..n]));
    }

    // The words of the comment lines above a key and of the comment behind it.
    private static Dictionary<string, IReadOnlySet<string>> CommentsOf(string text)
    {
        var lines = text.Split('\n');
        var result = new Dictionary<string, IReadOnlySet<string>>(StringComparer.Ordinal);
        foreach (var (path, line) in YamlText.Keys(text))
        {
            var words = new List<string>();
            for (var i = line - 2; i >= 0 && i < lines.Length && lines[i].TrimStart().StartsWith('#'); i--)
            {
                words.AddRange(CommentWords(lines[i]));
            }

            var behind = line - 1 < lines.Length ? lines[line - 1].IndexOf(" #", StringComparison.Ordinal) : -1;
            if (behind >= 0)
            {
                words.AddRange(CommentWords(lines[line - 1][behind..]));
            }

            if (words.Count > 0)
            {
                result[path] = words.ToHashSet(StringComparer.Ordinal);
            }
        }

        return result;
    }

    private static IEnumerable<string> CommentWords(string line) => Word().Matches(line).Select(m => m.Value.ToLowerInvariant());

    [GeneratedRegex("[A-Za-z]{3,}")]
    private static partial Regex Word();
}

/// <summary>How a chart's defaults see a key.</summary>
internal enum DefaultsView { Named, Open, BehindScalar, Absent }
