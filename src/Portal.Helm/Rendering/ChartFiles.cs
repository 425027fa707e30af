using System.Text;
using Portal.Helm.Charts;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Rendering;

/// <summary>.Files: the chart's files that are not templates (pkg/engine/files.go).</summary>
internal sealed class ChartFiles : IGoObject, IEnumerable<KeyValuePair<string, object?>>
{
    private readonly SortedDictionary<string, byte[]> _files = new(Comparer<string>.Create(GoBytes.Compare));

    public ChartFiles(IEnumerable<ChartFile> files)
    {
        foreach (var file in files)
        {
            _files[file.Name] = file.Data.ToArray();
        }
    }

    private ChartFiles(IEnumerable<KeyValuePair<string, byte[]>> files)
    {
        foreach (var (name, data) in files)
        {
            _files[name] = data;
        }
    }

    public string GoType => "engine.files";

    public bool TryGetField(string name, out object? value)
    {
        value = name switch
        {
            "AsConfig" => Write(_files.ToDictionary(f => Sprig.Paths.Base(f.Key), f => (object?)GoBytes.ToText(f.Value), StringComparer.Ordinal)),
            "AsSecrets" => Write(_files.ToDictionary(f => Sprig.Paths.Base(f.Key), f => (object?)Convert.ToBase64String(f.Value), StringComparer.Ordinal)),
            _ => _files.TryGetValue(name, out var data) ? data : Array.Empty<byte>(),
        };
        return true;
    }

    public bool TryGetMethod(string name, out Function method)
    {
        method = name switch
        {
            "Get" => new Function("Get", [Templating.GoType.String], false, (_, a) => _files.TryGetValue((string)a[0]!, out var data) ? GoBytes.ToText(data) : ""),
            "GetBytes" => new Function("GetBytes", [Templating.GoType.String], false, (_, a) => _files.GetValueOrDefault((string)a[0]!) ?? []),
            "Glob" => new Function("Glob", [Templating.GoType.String], false, (_, a) => new ChartFiles(_files.Where(f => DeepGlob.Matches((string)a[0]!, f.Key)))),
            "Lines" => new Function("Lines", [Templating.GoType.String], false, (_, a) => Lines((string)a[0]!)),
            _ => null!,
        };
        return method is not null;
    }

    private List<string> Lines(string name)
    {
        if (!_files.TryGetValue(name, out var data))
        {
            return [];
        }

        var text = GoBytes.ToText(data);
        return [.. (text.EndsWith('\n') ? text[..^1] : text).Split('\n')];
    }

    private static string Write(Dictionary<string, object?> table) => table.Count == 0 ? "" : GoYaml.Write(table).TrimEnd('\n');

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() =>
        _files.Select(f => new KeyValuePair<string, object?>(f.Key, f.Value)).GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString()
    {
        var result = new StringBuilder("map[");
        result.AppendJoin(' ', _files.Select(f => $"{f.Key}:[{string.Join(' ', f.Value)}]"));
        return result.Append(']').ToString();
    }
}
