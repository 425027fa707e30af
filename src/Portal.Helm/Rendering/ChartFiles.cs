using Portal.Helm.Charts;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Rendering;

/// <summary>.Files: the chart's files that are not templates (pkg/engine/files.go).</summary>
internal sealed class ChartFiles : SortedDictionary<string, object?>, IGoObject
{
    public ChartFiles(IEnumerable<ChartFile> files)
        : this(files.Select(f => KeyValuePair.Create(f.Name, (object?)f.Data.ToArray())))
    {
    }

    private ChartFiles(IEnumerable<KeyValuePair<string, object?>> files)
        : base(Comparer<string>.Create(GoBytes.Compare))
    {
        foreach (var (name, data) in files)
        {
            this[name] = data;
        }
    }

    public string GoType => "engine.files";

    // A missing file is an empty one.
    public bool TryGetField(string name, out object? value)
    {
        value = Bytes(name);
        return true;
    }

    public bool TryGetMethod(string name, out Function method)
    {
        method = name switch
        {
            "AsConfig" => new Function("AsConfig", [], false, (_, _) => Write(b => GoBytes.ToText(b))),
            "AsSecrets" => new Function("AsSecrets", [], false, (_, _) => Write(b => Convert.ToBase64String(b))),
            "Get" => new Function("Get", [Templating.GoType.String], false, (_, a) => GoBytes.ToText(Bytes((string)a[0]!))),
            "GetBytes" => new Function("GetBytes", [Templating.GoType.String], false, (_, a) => Bytes((string)a[0]!)),
            "Glob" => new Function("Glob", [Templating.GoType.String], false, (_, a) => Glob(new DeepGlob((string)a[0]!))),
            "Lines" => new Function("Lines", [Templating.GoType.String], false, (_, a) => Lines((string)a[0]!)),
            _ => null!,
        };
        return method is not null;
    }

    private ChartFiles Glob(DeepGlob glob) => new(this.Where(f => glob.Matches(f.Key)));

    private byte[] Bytes(string name) => this.GetValueOrDefault(name) as byte[] ?? [];

    private List<string> Lines(string name)
    {
        if (!ContainsKey(name))
        {
            return [];
        }

        // Helm 4.2 looks at the last character of an empty file too.
        var text = GoBytes.ToText(Bytes(name));
        return text.Length == 0 ? throw new FunctionException("runtime error: index out of range [-1]") : [.. (text.EndsWith('\n') ? text[..^1] : text).Split('\n')];
    }

    private string Write(Func<byte[], string> content)
    {
        var table = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, data) in this)
        {
            table[Sprig.Paths.Base(name)] = content((byte[])data!);
        }

        return GoYaml.Write(table) is var text && text.EndsWith('\n') ? text[..^1] : text;
    }
}
