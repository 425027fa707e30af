using Portal.Core;
using Portal.Core.Catalog;
using Portal.Core.Values;
using Portal.Helm.Yaml;
using Portal.Server.Features.Values;
using Portal.Testing;
using static Portal.Server.Tests.PortalServer;

namespace Portal.Server.Tests.Values;

/// <summary>What the editor knows of a chart's keys: completion, hover and form show it.</summary>
public sealed class ChartKeysTests(PortalServer portal)
{
    private const string Defaults = """
        ## @param image.tag Which build is run
        ## @section Image
        image:
          # -- Where it is pulled from
          registry: docker.io
          tag: "1.0"
        # How many run.
        # Two are enough for most.
        replicas: 2
        # old: 1
        debug: false # writes a lot
        database:
          password: changeit
        tolerations: []
        empty: {}
        """;

    private const string Schema = """
        {"properties": {
          "replicas": {"type": "integer", "description": "Number of pods"},
          "logLevel": {"$ref": "#/definitions/level"},
          "database": {"required": ["host"], "properties": {"host": {"type": "string"}}}},
         "definitions": {"level": {"type": "string", "enum": ["debug", "info"], "default": "info"}}}
        """;

    private static readonly Dictionary<string, ChartKey> Keys =
        ChartKeys.Of(TestChart.Make("demo", "1.0.0", ("values.yaml", Defaults), ("values.schema.json", Schema))).ToDictionary(k => k.Path);

    [Theory]
    [InlineData("image.registry", "Where it is pulled from")]
    [InlineData("image.tag", "Which build is run")]
    [InlineData("debug", "writes a lot")]
    [InlineData("replicas", "Number of pods")]
    [InlineData("database", "")]
    public void Comments_and_descriptions_say_what_a_key_is_for(string path, string description) => Assert.Equal(description, Keys[path].Description);

    [Theory]
    [InlineData("replicas", "integer", "2")]
    [InlineData("debug", "boolean", "false")]
    [InlineData("image", "object", null)]
    [InlineData("tolerations", "array", "[]")]
    [InlineData("empty", "object", "{}")]
    [InlineData("logLevel", "string", "\"info\"")]
    public void Types_and_defaults_come_from_both_files(string path, string type, string? fallback) => Assert.Equal((type, fallback), (Keys[path].Type, Keys[path].Default));

    [Fact]
    public void What_is_allowed_required_and_secret_is_said()
    {
        Assert.Equal(["debug", "info"], Keys["logLevel"].Allowed);
        Assert.True(Keys["database.host"].Required);
        Assert.Equal((true, "(secret)"), (Keys["database.password"].Secret, Keys["database.password"].Default));
    }

    [Fact]
    public void Keys_of_a_subchart_stand_under_its_alias()
    {
        var chart = TestChart.Make(
            "demo", "1.0.0", ("values.yaml", "cache:\n  size: 9\n"), ("charts/redis/Chart.yaml", "apiVersion: v2\nname: redis\nversion: 1.0.0\n"), ("charts/redis/values.yaml", "# in GiB\nsize: 1\nport: 6379\n"),
            ("Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.0.0\ndependencies: [{name: redis, version: 1.0.0, alias: cache}]\n"));
        var keys = ChartKeys.Of(chart).ToDictionary(k => k.Path);
        Assert.Equal(("9", "in GiB"), (keys["cache.size"].Default, keys["cache.size"].Description));
        Assert.Equal("6379", keys["cache.port"].Default);
    }

    /// <summary>A schema that refers to itself is described as deep as somebody reads.</summary>
    [Fact]
    public void A_schema_that_refers_to_itself_ends()
    {
        const string loop = "{\"definitions\": {\"node\": {\"properties\": {\"left\": {\"$ref\": \"#/definitions/node\"}, \"right\": {\"$ref\": \"#/definitions/node\"}}}}, \"$ref\": \"#/definitions/node\"}";
        Assert.InRange(ChartKeys.Of(TestChart.Make("demo", "1.0.0", ("values.schema.json", loop))).Count, 2, 5_000);
    }

    /// <summary>A file of one line, and one whose text goes on behind a string of many lines, cost minutes, or failed.</summary>
    [Fact]
    public void Odd_files_are_read_in_time()
    {
        var wide = "a: {" + string.Join(", ", Enumerable.Range(0, 4000).Select(i => $"k{i}: {i}")) + "}\n";
        var deep = string.Concat(Enumerable.Range(0, 4000).Select(i => $"# about {i}\n")) + "k: 1\r\r\rl: 2\n";
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(4001, ChartKeys.Of(TestChart.Make("demo", "1.0.0", ("values.yaml", wide))).Count);
        Assert.NotEmpty(ChartKeys.Of(TestChart.Make("demo", "1.0.0", ("values.yaml", deep))));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    /// <summary>Whoever installs a chart for the first time knows its keys least, and had nothing but an empty page.</summary>
    [Fact]
    public async Task They_are_told_before_there_is_a_release()
    {
        var own = new OwnChart(portal);
        await own.UploadAsync("1.0.0", ("values.yaml", "# How loud it is\nlevel: info\ndb: {password: changeit}\n"), ("values.schema.json", """{"properties": {"level": {"enum": ["info", "debug"]}}}"""));
        var chart = (await GetAsync<Page<ChartSummary>>(portal.Viewer, "charts")).Items.Single(c => c.Name == own.Name);
        var at = $"charts/{chart.SourceId}/{own.Name}/versions/1.0.0/values";
        var level = Assert.Single((await GetAsync<Page<ChartKey>>(portal.Viewer, at + "/keys")).Items, k => k.Path == "level");
        Assert.Equal(("How loud it is", "info"), (level.Description, level.Default));

        var preview = await ReadAsync<ValuesPreview>(await PostAsync(portal.Viewer, at + "/preview", new PreviewValuesRequest("level: shrill\nlevle: info\ndb: {password: mine-alone-1}\n")));
        Assert.Contains(preview.Problems, p => p.Line == 1);
        Assert.Contains(preview.Problems, p => p.Line == 2 && p.Message.Contains("level", StringComparison.Ordinal));
        Assert.DoesNotContain(preview.Keys, k => k.Value == "mine-alone-1");
        Assert.False((await ReadAsync<ValuesPreview>(await PostAsync(portal.Viewer, at + "/preview", new PreviewValuesRequest("level: [\n")))).Valid);
        Assert.Equal("# mine\nlevel: debug\n", (await ReadAsync<EditedValues>(await PostAsync(portal.Operator, at + "/edit", new { text = "# mine\nlevel: info\n", path = "level", value = "debug" }))).Text);
        await ProblemAsync(await portal.Viewer.GetAsync(new Uri($"{Routes.Api}/charts/{chart.SourceId}/{own.Name}/versions/9.9.9/values/keys", UriKind.Relative)), 404, "unknown-version");
    }

    [Fact]
    public async Task The_api_tells_them_and_edits_a_text()
    {
        var id = await portal.PrepareAsync("# ours\nspark:\n  logLevel: warn # loud\n");
        var keys = (await GetAsync<Page<ChartKey>>(portal.Viewer, $"releases/{id}/values/keys")).Items;
        Assert.Contains("debug", keys.Single(k => k.Path == "spark.logLevel").Allowed);
        Assert.DoesNotContain(keys, k => k.Default == "changeit");

        async Task<string> EditAsync(string text, string path, object? value) =>
            (await ReadAsync<EditedValues>(await PostAsync(portal.Operator, $"releases/{id}/values/edit", new { text, path, value }))).Text;
        var text = await EditAsync("# ours\nspark:\n  logLevel: warn # loud\n", "spark.logLevel", "debug");
        Assert.Equal("# ours\nspark:\n  logLevel: debug # loud\n", text);
        text = await EditAsync(text, "services.gateway.replicas", 3);
        Assert.Equal("# ours\nspark:\n  logLevel: debug # loud\nservices:\n  gateway:\n    replicas: 3\n", text);
        Assert.Equal("services:\n  gateway:\n    replicas: 3\n", await EditAsync(text[text.IndexOf("services", StringComparison.Ordinal)..], "spark.logLevel", null));
        Assert.Equal("a: \"true\"\n", await EditAsync("", "a", "true"));
        Assert.Equal("a: {b: \"x, y\"}\n", await EditAsync("a: {b: 1}\n", "a.b", "x, y"));
        Assert.Equal("a: 3\nb: 1\n", await EditAsync("a:\nb: 1\n", "a", 3));
        Assert.Equal("l: [1, 3]\n", await EditAsync("l: [1, 2]\n", "l.1", 3));
        // What follows a comma or a colon, a long text, a smiley, a slash: what was typed is what is read.
        foreach (var typed in (string[])["a: b", "#x", "a #b", "- x", "", " x ", "yes", "1e3", "0x1F", "*a", "{{ x }}", "it's", "a\"b\\c", "two\nlines", "http://a/b", "\u00a0😀\u2028", new string('w', 70) + " " + new string('w', 70), "a:", "null", "~", "2026-11-26", "!x", "|", "%a", "`", "a\tb", "\u0001"])
        {
            Assert.Equal(typed, YamlText.Scalars(await EditAsync("a: {b: 1}\n", "a.b", typed)).Single().Value);
        }

        // What cannot be taken out by itself is left.
        await ProblemAsync(await PostAsync(portal.Operator, $"releases/{id}/values/edit", new { text = "a: &a {b: 1}\nc: {<<: *a}\n", path = "c.b", value = (object?)null }), 422, "edit-by-hand");
        await ProblemAsync(await PostAsync(portal.Operator, $"releases/{id}/values/edit", new { text = "", path = "a", value = new[] { 1 } }), 422, "invalid");
        await ProblemAsync(await PostAsync(portal.Operator, $"releases/{id}/values/edit", new { text = "a: [", path = "a", value = 1 }), 422, "yaml");
        // Values of the text are told to the form, but no secret one.
        var preview = await ReadAsync<ValuesPreview>(await PostAsync(portal.Operator, $"releases/{id}/values/preview", new PreviewValuesRequest("spark:\n  logLevel: warn\ndatabase:\n  password: a-secret-1\n")));
        Assert.Equal(["warn", null], preview.Keys.Where(k => k.Path.Contains('.')).Select(k => k.Value));
        // What one field cannot show is left to the text: it looked unset, and who typed something lost the rest.
        preview = await ReadAsync<ValuesPreview>(await PostAsync(portal.Operator, $"releases/{id}/values/preview", new PreviewValuesRequest("a: |\n  two\n  lines\nb: mysql://u:x1@db\nc: &x 1\nd: *x\npassword: x1x1\n")));
        Assert.Equal("a b d", string.Join(' ', preview.Keys.Where(k => k.InText).Select(k => k.Path)));
    }
}
