using System.Diagnostics;
using System.IO.Compression;
using Encoding = System.Text.Encoding;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Sprig;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Tests.Fuzzing;

/// <summary>
/// Whatever comes in, the readers answer with their own errors, soon. Inputs are those of the conformance suite, changed at random from fixed seeds;
/// a failure names its seed and the input. What was found stands as a test beside what it was about.
/// </summary>
public sealed class FuzzTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan MostForOne = TimeSpan.FromSeconds(20);
    private const int MostInShort = 100_000;

    private static readonly TemplateLimits Limits = new() { Steps = 20_000, Depth = 50, Output = 1_000_000, Text = 1_000_000, Items = 10_000, Made = 10_000_000, Time = TimeSpan.FromSeconds(5) };

    // Slow by design (keys, passwords): their time would be all of the time.
    private static readonly string[] Slow = ["gen", "bcrypt", "htpasswd", "derivePassword", "encryptAES", "buildCustomCert"];

    private static readonly string[] TemplateWords =
    [
        "{{", "}}", "{{-", " -}}", "{{/*", "*/}}", "|", "(", ")", ".", "$", "$x", ":=", "=", ",", "\"", "`", "'", "\\", "if", "else", "end", "range", "with", "define", "template", "block", "break", "continue",
        "nil", "true", "0x1p-2", "1e9999", "'\\u12", "-9223372036854775808", "include", "tpl", "printf \"%v %[2]*.*d\"", "index", "slice", "dict", "list", "set", ".Values", ".Files", "merge", "toYaml", "fromYaml", "\uFEFF", "\0", "😀",
    ];

    private static readonly string[] YamlWords =
        ["\n", "\n  ", "- ", ": ", "? ", "&a ", "*a", "!!binary ", "!!float ", "|\n", ">-\n", "|9\n", "{", "}", "[", "]", ",", "\"", "'", "#", "---\n", "...\n", "%YAML 1.1\n", "<<: ", "~", ".nan", "1_000", "0o7", "190:20:30", "2001-12-14t21:59:43.10-05:00", "\t", "\r", "\u2028", "\uFEFF", "\0", "@", "`", "\\x"];

    private static readonly Lazy<byte[][]> Templates = new(() => [.. Directory.EnumerateFiles(Path.Combine(ConformanceSuite.Root, "charts"), "*", SearchOption.AllDirectories)
        .Where(f => f.Contains("/templates/", StringComparison.Ordinal)).Select(File.ReadAllBytes)
        .Concat(Directory.EnumerateFiles(Path.Combine(ConformanceSuite.Root, "snippets")).SelectMany(f => (List<object?>)GoYaml.Read(File.ReadAllText(f))!)
            .Select(c => Encoding.UTF8.GetBytes((string)((Dictionary<string, object?>)c!)["template"]!)))
        .Where(t => t.Length < 4000 && !Slow.Any(s => Encoding.UTF8.GetString(t).Contains(s, StringComparison.Ordinal)))]);

    private static readonly Lazy<byte[][]> Yamls = new(() => [.. Directory.EnumerateFiles(Path.Combine(ConformanceSuite.Root, "charts"), "*.yaml", SearchOption.AllDirectories)
        .Where(f => !f.Contains("/templates/", StringComparison.Ordinal)).Select(File.ReadAllBytes).Where(t => t.Length < 4000)]);

    private static readonly Lazy<byte[][]> Archives = new(() => [.. Directory.EnumerateDirectories(Path.Combine(ConformanceSuite.Root, "charts")).Select(d => Path.Combine(d, "chart")).Where(d => File.Exists(Path.Combine(d, "Chart.yaml")))
        .Select(TryPack).Where(a => a.Length is > 0 and < 6000)]);

    [Fact]
    public void The_lexer_and_the_parser_answer_every_text() => Run(Short, 1, Templates.Value, TemplateWords, Parse);

    [Fact]
    public void The_evaluator_answers_every_template() => Run(Short, 1, Templates.Value, TemplateWords, Execute);

    [Fact]
    public void The_YAML_reader_answers_every_text() => Run(Short, 1, Yamls.Value, YamlWords, ReadYaml);

    [Fact]
    public void The_archive_loader_answers_every_file() => Run(Short, 1, Archives.Value, ["\u001f\u008b", "ustar", "\0\0\0\0"], LoadArchive);

    [Fact]
    [Trait("Category", "Long")]
    public void The_lexer_and_the_parser_answer_every_text_for_long() => Run(Long, 1_000_000, Templates.Value, TemplateWords, Parse);

    [Fact]
    [Trait("Category", "Long")]
    public void The_evaluator_answers_every_template_for_long() => Run(Long, 1_000_000, Templates.Value, TemplateWords, Execute);

    [Fact]
    [Trait("Category", "Long")]
    public void The_YAML_reader_answers_every_text_for_long() => Run(Long, 1_000_000, Yamls.Value, YamlWords, ReadYaml);

    [Fact]
    [Trait("Category", "Long")]
    public void The_archive_loader_answers_every_file_for_long() => Run(Long, 1_000_000, Archives.Value, ["\u001f\u008b", "ustar", "\0\0\0\0"], LoadArchive);

    private static void Run(TimeSpan duration, int firstSeed, byte[][] corpus, string[] words, Action<byte[]> target)
    {
        Assert.NotEmpty(corpus);
        var watch = Stopwatch.StartNew();
        var seed = firstSeed;
        // The fast set ends at the same seed on every machine: a faster one would find what a slower one did not.
        var end = duration == Short ? firstSeed + MostInShort : int.MaxValue;
        for (; seed < end && watch.Elapsed < duration; seed++)
        {
            var input = new Mutator(seed, corpus, words).Next();
            var started = watch.Elapsed;
            try
            {
                target(input);
            }
            catch (Exception crash)
            {
                Assert.Fail($"seed {seed}: {crash}\ninput (base64): {Convert.ToBase64String(input)}\n{Encoding.UTF8.GetString(input)}");
            }

            Assert.True(watch.Elapsed - started < MostForOne, $"seed {seed} takes {watch.Elapsed - started}; input (base64): {Convert.ToBase64String(input)}");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{seed - firstSeed} inputs");
    }

    private static void Parse(byte[] input)
    {
        try
        {
            new TemplateSet(HelmFunctions.Create(new SprigEnvironment(), null)).Parse("x", GoBytes.ToText(input));
        }
        catch (TemplateException)
        {
            // Its own error.
        }
    }

    private static void Execute(byte[] input)
    {
        var scope = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["Values"] = new Dictionary<string, object?>(StringComparer.Ordinal) { ["a"] = 1.0, ["s"] = "text", ["l"] = new List<object?> { "x", 2.0, null }, ["m"] = new Dictionary<string, object?>(StringComparer.Ordinal) { ["k"] = true } },
            ["Release"] = new Dictionary<string, object?>(StringComparer.Ordinal) { ["Name"] = "rel" },
            ["Capabilities"] = Capabilities.Default.ToGoObject(),
            ["Files"] = new ChartFiles([new ChartFile("a.txt", "a\nb"u8.ToArray())]),
        };
        try
        {
            var set = new TemplateSet(HelmFunctions.Create(new SprigEnvironment(), null));
            set.Parse("x", GoBytes.ToText(input));
            set.Execute("x", scope, Limits);
        }
        catch (TemplateException)
        {
            // Its own error.
        }
    }

    private static void ReadYaml(byte[] input)
    {
        try
        {
            foreach (var document in GoYaml.ReadAll(GoBytes.ToText(input)))
            {
                GoYaml.Write(document);
            }
        }
        catch (Exception error) when (error is YamlException or FunctionException)
        {
            // Their own errors: the reader's, and the writer's about characters that YAML has no way to write.
        }
    }

    // Every second input is changed inside of its compression, so that more than checksums is tested.
    private static void LoadArchive(byte[] input)
    {
        try
        {
            ChartLoader.LoadArchive(new MemoryStream(input));
        }
        catch (ChartException)
        {
            // Its own error.
        }

        var tar = new MemoryStream();
        try
        {
            using var gzip = new GZipStream(new MemoryStream(input), CompressionMode.Decompress);
            gzip.CopyTo(tar);
        }
        catch (InvalidDataException)
        {
            // What came out before the damage is as good.
        }

        var bytes = new Mutator(input.Length, [tar.ToArray()], ["../", "/", "\0", "name: ", "0000777\0"]).Next();
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        packed.Position = 0;
        try
        {
            ChartLoader.LoadArchive(packed);
        }
        catch (ChartException)
        {
            // Its own error.
        }
    }

    private static byte[] TryPack(string folder)
    {
        try
        {
            return ChartArchive.Pack(ChartLoader.LoadDirectory(folder));
        }
        catch (ChartException)
        {
            // Some charts of the suite are broken on purpose.
            return [];
        }
    }
}
