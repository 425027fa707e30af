using BenchmarkDotNet.Attributes;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Benchmarks;

/// <summary>Each part of the engine for itself, on the sample platform chart, the charts of the suite and a generated one with 1,000 objects. docs/performance.md has the figures.</summary>
[MemoryDiagnoser]
public class EngineBenchmarks
{
    private static readonly ReleaseOptions Release = new("rel", "ns");
    private readonly ChartRenderer _warm = new();
    private Chart _sample = null!;
    private IReadOnlyList<Chart> _suite = null!;
    private Chart _thousand = null!;
    private string[] _templates = null!;
    private string _manifest = null!;
    private List<object?> _objects = null!;

    [GlobalSetup]
    public void Read()
    {
        _sample = Charts.Sample();
        _suite = Charts.Suite();
        _thousand = Charts.Thousand();
        _templates = [.. _suite.Append(_sample).SelectMany(c => c.Templates).Select(t => t.Text)];
        var rendered = _warm.Render(_thousand, [], Release);
        if (rendered.Documents.Count != 1000)
        {
            throw new InvalidOperationException($"{rendered.Documents.Count} objects instead of 1000");
        }

        _manifest = rendered.Manifest();
        _objects = GoYaml.ReadAll(_manifest);
    }

    [Benchmark(Description = "lex, all templates of suite and sample")]
    public int Lex()
    {
        var tokens = 0;
        foreach (var text in _templates)
        {
            tokens += Lexer.Tokenize(text).Count;
        }

        return tokens;
    }

    [Benchmark(Description = "lex and parse, the same")]
    public int Parse()
    {
        var set = new TemplateSet(HelmFunctions.Create(new Helm.Sprig.SprigEnvironment(), null));
        for (var i = 0; i < _templates.Length; i++)
        {
            set.Parse($"t{i}", _templates[i]);
        }

        return set.Names.Count();
    }

    [Benchmark(Description = "render, sample chart, nothing parsed")]
    public int RenderSampleCold() => new ChartRenderer().Render(_sample, [], Release).Documents.Count;

    [Benchmark(Description = "render, sample chart, parsed")]
    public int RenderSampleWarm() => _warm.Render(_sample, [], Release).Documents.Count;

    [Benchmark(Description = "render, all charts of the suite, parsed")]
    public int RenderSuite() => _suite.Sum(c => _warm.Render(c, [], Release).Documents.Count);

    [Benchmark(Description = "render, 1,000 objects, nothing parsed")]
    public int RenderThousandCold() => new ChartRenderer().Render(_thousand, [], Release).Documents.Count;

    [Benchmark(Description = "render, 1,000 objects, parsed")]
    public int RenderThousandWarm() => _warm.Render(_thousand, [], Release).Documents.Count;

    [Benchmark(Description = "read YAML, 1,000 objects, by themselves")]
    public int ReadYaml() => ManifestSplitter.Documents(_manifest).Count(d => GoYaml.Read(d) is not null);

    [Benchmark(Description = "read YAML, 1,000 objects, by YamlDotNet")]
    public int ReadWholeYaml() => GoYaml.ReadAll(_manifest).Count;

    [Benchmark(Description = "write YAML, 1,000 objects")]
    public int WriteYaml()
    {
        var length = 0;
        foreach (var item in _objects)
        {
            length += GoYaml.Write(item).Length;
        }

        return length;
    }
}
