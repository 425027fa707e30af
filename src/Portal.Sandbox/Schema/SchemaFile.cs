using System.Globalization;

namespace Portal.Sandbox.Schema;

/// <summary>Reads types.schema: see the notation at its head.</summary>
internal static class SchemaFile
{
    /// <summary>All types by name.</summary>
    public static IReadOnlyDictionary<string, Shape> Types { get; } = Read(Lines("types.schema"));

    public static IEnumerable<string> Lines(string resource)
    {
        using var stream = typeof(SchemaFile).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"{resource} is not in the assembly");
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#')];
    }

    private static Dictionary<string, Shape> Read(IEnumerable<string> lines)
    {
        var types = new Dictionary<string, Shape>(StringComparer.Ordinal);
        var bodies = new List<(Shape Type, string Body)>();
        foreach (var line in lines)
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            var name = line[..colon];
            var type = new Shape(ShapeKind.Struct) { Name = name.TrimStart('@'), Atomic = name[0] == '@' };
            types.Add(type.Name, type);
            bodies.Add((type, line[(colon + 2)..]));
        }

        var inlined = new List<(Shape Type, Shape Inner)>();
        foreach (var (type, body) in bodies)
        {
            var number = 0;
            foreach (var token in body.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var colon = token.IndexOf(':', StringComparison.Ordinal);
                var equals = token.IndexOf('=', StringComparison.Ordinal);
                var named = equals >= 0 && equals < colon;
                number = named ? int.Parse(token.AsSpan(0, equals), CultureInfo.InvariantCulture) : number + 1;
                var field = ReadField(token[(named ? equals + 1 : 0)..colon], token[(colon + 1)..], types);
                type.Numbers[number] = field;
                if (field.Inline)
                {
                    inlined.Add((type, field.Shape));
                }
                else
                {
                    type.Fields[field.Name] = field;
                }
            }
        }

        // Innermost first is not needed: an inline type never holds another one.
        foreach (var (type, inner) in inlined)
        {
            foreach (var (name, field) in inner.Fields)
            {
                type.Fields.TryAdd(name, field);
            }
        }

        return types;
    }

    private static Field ReadField(string name, string text, Dictionary<string, Shape> types)
    {
        object? keyDefault = null;
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0)
        {
            keyDefault = text[(equals + 1)..];
            text = text[..equals];
        }

        bool keep = false, always = false, inline = false, retain = false;
        for (; ; text = text[..^1])
        {
            switch (text[^1])
            {
                case '?': keep = true; continue;
                case '!': always = true; continue;
                case '~': inline = true; continue;
                case '%': retain = true; continue;
            }

            break;
        }

        return new Field(name, ReadShape(text, types), keep, always, inline, retain, keyDefault);
    }

    private static Shape ReadShape(string text, Dictionary<string, Shape> types)
    {
        if (text[0] == '[')
        {
            var bar = text.IndexOf('|', StringComparison.Ordinal);
            var element = ReadShape(bar < 0 ? text[1..^1] : text[1..bar], types);
            var keys = bar < 0 ? "" : text[(bar + 1)..^1];
            return new Shape(ShapeKind.List)
            {
                Element = element,
                Atomic = bar < 0,
                Set = bar >= 0 && keys.Length == 0,
                Keys = keys.Length == 0 ? [] : keys.Split(','),
            };
        }

        if (text[0] == '{')
        {
            var atomic = text[1] == '@';
            return new Shape(ShapeKind.Map) { Element = ReadShape(text[(atomic ? 2 : 1)..^1], types), Atomic = atomic };
        }

        return text switch
        {
            "s" => new Shape(ShapeKind.Text),
            "i" => new Shape(ShapeKind.Integer),
            "f" => new Shape(ShapeKind.Float),
            "b" => new Shape(ShapeKind.Boolean),
            "B" => new Shape(ShapeKind.Bytes),
            "q" => new Shape(ShapeKind.Quantity),
            "x" => new Shape(ShapeKind.IntOrString),
            "t" => new Shape(ShapeKind.Time),
            "m" => new Shape(ShapeKind.MicroTime),
            "d" => new Shape(ShapeKind.Duration),
            "j" => new Shape(ShapeKind.Any) { Atomic = true },
            _ => types.TryGetValue(text, out var type) ? type : throw new InvalidDataException($"unknown type {text}"),
        };
    }
}
