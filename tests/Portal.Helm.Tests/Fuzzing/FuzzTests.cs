using System.Diagnostics;
using System.IO.Compression;
using Encoding = System.Text.Encoding;
using Portal.Helm.Charts;
using Portal.Helm.Rendering;
using Portal.Helm.Sprig;
using Portal.Helm.Templating;
using Portal.Helm.Values;
using Portal.Helm.Yaml;

namespace Portal.Helm.Tests.Fuzzing;

/// <summary>
/// Whatever comes in, the readers answer with their own errors, soon. Inputs are those of the conformance suite, changed at random from fixed seeds;
/// a failure names its seed and the input. What was found stands as a test beside what it was about.
/// </summary>
public sealed class FuzzTests
{
    // Eight readers: half a minute together, ten minutes in the long tests.
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(75);
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

    private static readonly string[] TomlWords =
        ["\n", "=", ".", "[", "]", "[[", "]]", "{", "}", ",", "#", "\"", "'", "\"\"\"", "\'\'\'", "\\", "\\u00e9", "\\UFFFFFFFF", "_", "0x", "1e", "inf", "nan", "1979-05-27", "T07:32:00", "Z", "\r", "\t", "\0", "\uFEFF"];

    private static readonly string[] SchemaWords =
        ["{", "}", "[", "]", ",", ":", "\"", "null", "true", "1e400", "\"$ref\": \"#\"", "\"$ref\": \"#/properties/a\"", "\"$dynamicRef\": \"#m\"", "\"$id\": \"x\"", "\"$anchor\": \"m\"", "\"$schema\": \"http://json-schema.org/draft-04/schema#\"", "\"type\": \"object\"", "\"pattern\": \"(a+)+$\"", "\"allOf\": [{}]", "\"not\": {}", "\"format\": \"date-time\"", "\"uniqueItems\": true", "\"multipleOf\": 0"];

    private static readonly string[] SetWords = ["=", ",", ".", "[", "]", "[0]", "[65537]", "[-1]", "{", "}", "\\", "null", "true", "1", "{a,b}", "\"", ":", "😀", "\0"];

    // What the reader of everyday YAML reads by itself; the corpus of the suite is often stranger.
    private static readonly byte[][] Everyday =
    [
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"a\"\n  labels: {app: x, \"b\": 'it''s'}\n  annotations:\n    # note\n    helm.sh/hook: test # why\ndata:\n  a: |\n    one\n      two\n\n    three\n  b: >-\n    f\n    g\n\n    h\n  c: |-\n    x\n"u8.ToArray(),
        "spec:\n  ports:\n  - name: http\n    port: 80\n    list: [1, \"two\", three, [a], {k: v}]\n  -\n    - - deep\n      - 1.5e3\n    - null\n  args:\n    - --flag=a:b\n    - \"esc \\n \\\" \\\\\"\n    - ''\n  empty:\n  none: {}\n  nothing: []\n  007: 0777\n  yes: off\n"u8.ToArray(),
        "a:\n  {}\nb: one\n  `two`\n  'three', \"four\"\nc: \"one\n  two \\n\n  three\" # why\nd: 'it''s\n  more'\ne: :80\nf: .status.x\ng:\n  - one\n    two\n  - \"x\n    y\"\n"u8.ToArray(),
        "---\n# head\na: b\nb : c\n\"c d\": ~\n'e': -1\nf:\n\n\ng: 1_000\n"u8.ToArray(),
    ];

    private static readonly byte[][] Tomls =
    [
        "a = 1\n[t.u] # comment\nb = 'x'\n[[p]]\nn = 0x1F\n[p.q]\nx = true\n"u8.ToArray(),
        "l = [ 1, # one\n 2,\n]\nt = { a = 1, b = { c = [ ] } }\na.b.'c d' = 1\na.\"e\" = 2\n"u8.ToArray(),
        "a = \"\"\"\nx\\\n   y\"\"\"\nb = '\'\'\n\'z' '\'\'\nc = \"\\u00e9\\t\"\nd = 1979-05-27T07:32:00-08:00\ne = -0.5e1\nf = inf\n"u8.ToArray(),
    ];

    private static readonly Lazy<byte[][]> Schemas = new(() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(ConformanceSuite.Root, "charts"), "values.schema.json", SearchOption.AllDirectories).Select(File.ReadAllBytes),
        """{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "#/definitions/t"}, "l": {"items": [{"type": "integer"}], "additionalItems": false, "uniqueItems": true}}, "required": ["a", "z"], "definitions": {"t": {"type": ["string", "null"], "pattern": "^[a-z]+$", "enum": ["x", 1]}}, "dependencies": {"a": ["b"]}}"""u8.ToArray(),
        """{"$defs": {"t": {"$anchor": "name", "maxLength": 2}}, "properties": {"s": {"$ref": "#name"}, "m": {"patternProperties": {"^k": {"const": true}}, "propertyNames": {"maxLength": 3}, "unevaluatedProperties": false}}, "if": {"required": ["a"]}, "then": {"minProperties": 2}, "else": false, "oneOf": [{"type": "object"}, {"not": {"type": "object"}}]}"""u8.ToArray(),
    ]);

    private static readonly Lazy<byte[][]> Expressions = new(() => [.. ((List<object?>)GoYaml.Read(File.ReadAllText(Path.Combine(ConformanceSuite.Root, "strvals.yaml")))!)
        .SelectMany(c => (List<object?>)((Dictionary<string, object?>)c!)["steps"]!).Select(s => Encoding.UTF8.GetBytes(GoFormat.Value(((Dictionary<string, object?>)s!).GetValueOrDefault("arg") ?? "")))]);

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
    public void The_reader_of_everyday_YAML_says_what_YamlDotNet_says_or_nothing() => Run(Short, 1, [.. Yamls.Value, .. Everyday], YamlWords, CompareYaml);

    [Fact]
    public void The_TOML_reader_answers_every_text() => Run(Short, 1, Tomls, TomlWords, ReadToml);

    [Fact]
    public void The_schema_check_answers_every_schema() => Run(Short, 1, Schemas.Value, SchemaWords, CheckSchema);

    [Fact]
    public void The_parser_of_set_expressions_answers_every_expression() => Run(Short, 1, Expressions.Value, SetWords, SetValues);

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
    public void The_reader_of_everyday_YAML_says_what_YamlDotNet_says_or_nothing_for_long() => Run(Long, 1_000_000, [.. Yamls.Value, .. Everyday], YamlWords, CompareYaml);

    [Fact]
    [Trait("Category", "Long")]
    public void The_TOML_reader_answers_every_text_for_long() => Run(Long, 1_000_000, Tomls, TomlWords, ReadToml);

    [Fact]
    [Trait("Category", "Long")]
    public void The_schema_check_answers_every_schema_for_long() => Run(Long, 1_000_000, Schemas.Value, SchemaWords, CheckSchema);

    [Fact]
    [Trait("Category", "Long")]
    public void The_parser_of_set_expressions_answers_every_expression_for_long() => Run(Long, 1_000_000, Expressions.Value, SetWords, SetValues);

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

    // What it takes it must read as YamlDotNet does; what is no YAML it must not take.
    private static void CompareYaml(byte[] input)
    {
        var text = GoBytes.ToText(input);
        if (EverydayYaml.TryRead(text, headOnly: false, out var quick))
        {
            var whole = GoYaml.ReadWhole(text);
            Assert.True(GoValue.DeepEqual(quick, whole), $"{GoJson.Write(quick)}\n{GoJson.Write(whole)}");
            Assert.True(EverydayYaml.TryRead(text, headOnly: true, out var head));
            Assert.Equal(Head(whole), Head(head));
        }
        else
        {
            Assert.False(EverydayYaml.TryRead(text, headOnly: true, out _));
        }
    }

    private static string Head(object? document) => document is Dictionary<string, object?> table
        ? GoJson.Write(new Dictionary<string, object?>(table.Where(p => p.Key is "apiVersion" or "kind" or "metadata"), StringComparer.Ordinal))
        : document is null ? "nothing" : document.GetType().Name;

    private static void ReadToml(byte[] input)
    {
        try
        {
            GoToml.Write(GoToml.Read(GoBytes.ToText(input)));
        }
        catch (Exception error) when (error is TomlException or FunctionException)
        {
            // Their own errors.
        }
    }

    private static void CheckSchema(byte[] input)
    {
        var values = GoYaml.Read("{a: x, b: 1.5, l: [1, 2, 2, {}], s: abc, m: {k: true, kk: null}, z: 2001-01-01}");
        try
        {
            SchemaValidator.Check(input, values);
        }
        catch (ChartException)
        {
            // Its own error.
        }
    }

    private static void SetValues(byte[] input)
    {
        var text = GoBytes.ToText(input);
        foreach (var set in (Action<string, Dictionary<string, object?>>[])[SetExpressions.Set, SetExpressions.SetString, SetExpressions.SetJson, SetExpressions.SetLiteral, (e, v) => SetExpressions.SetFile(e, v, name => name)])
        {
            try
            {
                set(text, new Dictionary<string, object?>(StringComparer.Ordinal) { ["a"] = new List<object?> { 1.0, null }, ["b"] = new Dictionary<string, object?>(StringComparer.Ordinal) { ["c"] = "d" } });
            }
            catch (SetException)
            {
                // Its own error.
            }
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
