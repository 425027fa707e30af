namespace Portal.Cli;

/// <summary>What a flag takes: nothing, one text, texts one at a time, or texts that a comma separates (pflag's Bool, String, StringArray, StringSlice).</summary>
internal enum FlagKind
{
    Switch,
    Text,
    Texts,
    List,
}

/// <summary>One flag: its long name, its letter or ' ', and what <c>--help</c> says of it. <paramref name="Alone"/> is the value when none is written (<c>--dry-run</c>).</summary>
internal sealed record Flag(string Name, FlagKind Kind, string Help, char Letter = ' ', string? Alone = null);

/// <summary>The flags of a command line, read as spf13/pflag reads them: anywhere between the words, <c>--name value</c>, <c>--name=value</c>, <c>-n value</c>, <c>-nvalue</c>; <c>--</c> ends them.</summary>
internal sealed class FlagSet
{
    private readonly List<(string Name, string Value)> _values = [];

    private FlagSet(IReadOnlyList<Flag> known) => Known = known;

    public IReadOnlyList<Flag> Known { get; }

    public List<string> Words { get; } = [];

    /// <summary>Reads a command line.</summary>
    /// <exception cref="UsageException">A flag is not known, lacks its value, or has a wrong one; the text is pflag's.</exception>
    public static FlagSet Parse(IReadOnlyList<Flag> known, IReadOnlyList<string> args)
    {
        var result = new FlagSet(known);
        for (var i = 0; i < args.Count; i++)
        {
            var arg = args[i];
            if (arg == "--")
            {
                result.Words.AddRange(args.Skip(i + 1));
                break;
            }

            if (arg.StartsWith("--", StringComparison.Ordinal))
            {
                result.Long(arg, args, ref i);
            }
            else if (arg.Length > 1 && arg[0] == '-')
            {
                result.Letters(arg, args, ref i);
            }
            else
            {
                result.Words.Add(arg);
            }
        }

        return result;
    }

    /// <summary>The place of the first word that is no flag and no value of one; -1 when there is none.</summary>
    public static int FirstWord(IReadOnlyList<Flag> known, IReadOnlyList<string> args)
    {
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i].Length == 0 || args[i][0] != '-')
            {
                return i;
            }

            var name = args[i].TrimStart('-');
            if (known.FirstOrDefault(f => args[i].StartsWith("--", StringComparison.Ordinal) ? f.Name == name : name == f.Letter.ToString()) is { Kind: not FlagKind.Switch, Alone: null })
            {
                i++;
            }
        }

        return -1;
    }

    public bool Has(string name) => One(name) == "true";

    public bool Given(string name) => _values.Exists(v => v.Name == name);

    public string? One(string name) => _values.LastOrDefault(v => v.Name == name).Value;

    public IReadOnlyList<string> All(string name) => [.. _values.Where(v => v.Name == name).Select(v => v.Value)];

    /// <summary>What Go's strconv.ParseBool makes of a text; null where it makes nothing of it.</summary>
    public static bool? Boolean(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => null,
    };

    private void Long(string arg, IReadOnlyList<string> args, ref int i)
    {
        var equals = arg.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? arg[2..] : arg[2..equals];
        if (name.Length == 0 || name[0] == '-')
        {
            throw new UsageException($"bad flag syntax: {arg}");
        }

        var flag = Known.FirstOrDefault(f => f.Name == name) ?? throw new UsageException($"unknown flag: --{name}");
        if (equals >= 0)
        {
            Add(flag, arg[(equals + 1)..], $"--{name}");
        }
        else if (flag.Kind == FlagKind.Switch || flag.Alone is not null)
        {
            Add(flag, flag.Alone ?? "true", $"--{name}");
        }
        else
        {
            Add(flag, ++i < args.Count ? args[i] : throw new UsageException($"flag needs an argument: --{name}"), $"--{name}");
        }
    }

    private void Letters(string arg, IReadOnlyList<string> args, ref int i)
    {
        for (var at = 1; at < arg.Length; at++)
        {
            var letter = arg[at];
            var flag = Known.FirstOrDefault(f => f.Letter == letter) ?? throw new UsageException($"unknown shorthand flag: '{letter}' in {arg}");
            var shown = $"-{letter}, --{flag.Name}";
            var rest = arg[(at + 1)..];
            if (rest.Length > 1 && rest[0] == '=')
            {
                Add(flag, rest[1..], shown);
                return;
            }

            if (flag.Kind == FlagKind.Switch)
            {
                Add(flag, "true", shown);
                continue;
            }

            Add(flag, rest.Length > 0 ? rest : ++i < args.Count ? args[i] : throw new UsageException($"flag needs an argument: '{letter}' in {arg}"), shown);
            return;
        }
    }

    private void Add(Flag flag, string value, string shown)
    {
        switch (flag.Kind)
        {
            case FlagKind.Switch:
                _values.Add((flag.Name, Boolean(value) switch
                {
                    true => "true",
                    false => "false",
                    null => throw new UsageException($"invalid argument \"{value}\" for \"{shown}\" flag: strconv.ParseBool: parsing \"{value}\": invalid syntax"),
                }));
                break;
            case FlagKind.List:
                _values.AddRange(Csv(value).Select(v => (flag.Name, v)));
                break;
            default:
                _values.Add((flag.Name, value));
                break;
        }
    }

    // One line of CSV: a field in double quotes may hold commas, "" in it is a quote.
    private static IEnumerable<string> Csv(string line)
    {
        for (var at = 0; at <= line.Length;)
        {
            if (at < line.Length && line[at] == '"')
            {
                var field = new System.Text.StringBuilder();
                for (at++; at < line.Length && (line[at] != '"' || (at + 1 < line.Length && line[at + 1] == '"')); at++)
                {
                    field.Append(line[at]);
                    at += line[at] == '"' ? 1 : 0;
                }

                yield return field.ToString();
                at += 2;
                continue;
            }

            var comma = line.IndexOf(',', at);
            comma = comma < 0 ? line.Length : comma;
            yield return line[at..comma];
            at = comma + 1;
        }
    }
}
