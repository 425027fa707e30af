using Portal.Core.Values;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;
using Portal.Server.Features.Values;
using Portal.Server.Web;

namespace Portal.Server.Tests.Values;

public sealed class ValuesEditTests
{
    private const string Text = """
        # Values of production. Ask Ana first.

        dataPlane:
          # first admin
          adminUser:
            username: "ana"   # keep
            email: ana@example.com
        storage:
          # where tables live
          lakehouse_bucket_name: 'tables'

          settings: {type: minio, endpoint: "http://minio:9000"}
        monitoring:
          installed: true # since May
        banner: |
          two
          lines
        # the end
        """;

    [Fact]
    public void A_rename_in_the_same_table_changes_the_key_only() =>
        Assert.Equal(Text.Replace("installed:", "enabled:", StringComparison.Ordinal), ValuesEdit.Move(Text, "monitoring.installed", "monitoring.enabled"));

    [Fact]
    public void A_move_takes_comments_along_and_leaves_the_rest_as_it_stands()
    {
        var moved = ValuesEdit.Move(Text, "storage.lakehouse_bucket_name", "storage.catalogs.spark_catalog.bucketName");
        Assert.Contains("  catalogs:\n    spark_catalog:\n      # where tables live\n      bucketName: 'tables'\n", moved, StringComparison.Ordinal);
        Assert.DoesNotContain("lakehouse_bucket_name", moved, StringComparison.Ordinal);
        Assert.StartsWith("# Values of production. Ask Ana first.\n\ndataPlane:\n  # first admin\n", moved, StringComparison.Ordinal);
        Assert.EndsWith("  lines\n# the end", moved.TrimEnd('\n'), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_moves_with_everything_below_it_and_an_empty_parent_goes()
    {
        var moved = ValuesEdit.Move(Text, "dataPlane.adminUser", "adminUser");
        Assert.Contains("# first admin\nadminUser:\n  username: \"ana\"   # keep\n  email: ana@example.com\n", moved, StringComparison.Ordinal);
        Assert.DoesNotContain("dataPlane", moved, StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_of_a_flow_table_can_be_moved_out_and_removed()
    {
        var moved = ValuesEdit.Move(Text, "storage.settings.endpoint", "storage.minioSettings.endpoint");
        Assert.Contains("settings: {type: minio}", moved, StringComparison.Ordinal);
        Assert.Contains("  minioSettings:\n    endpoint: \"http://minio:9000\"\n", moved, StringComparison.Ordinal);
        Assert.Contains("settings: {endpoint: \"http://minio:9000\"}", ValuesEdit.Remove(Text, "storage.settings.type"), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_of_several_lines_moves_whole()
    {
        var moved = ValuesEdit.Move(Text, "banner", "console.banner");
        Assert.Equal("two\nlines\n", Find(moved, "console.banner"));
        Assert.Contains("console:\n  banner: |\n    two\n    lines\n", moved, StringComparison.Ordinal);
    }

    [Fact]
    public void What_stands_at_the_new_key_stays()
    {
        const string both = "a: old\nb: new\n";
        Assert.Equal("# a became b too, and said something else:\n# a: old\nb: new\n", ValuesEdit.Move(both, "a", "b"));
    }

    [Theory]
    [InlineData("a:\n", "a.b")]
    [InlineData("a: {}\n", "a.b")]
    [InlineData("a: null\n", "a.b")]
    [InlineData("a: # empty\n", "a.b.c")]
    [InlineData("a: {x: {y: 1}}\n", "a.x.z")]
    [InlineData("a: {x: 1}\n", "a.n.m")]
    [InlineData("", "a.b.c")]
    [InlineData("x: 1", "a.prometheus\\.io/port")]
    [InlineData("a:\n    x: 1\n    # last\nb: 2\n", "a.z")]
    public void A_key_can_be_set_wherever_it_belongs(string text, string path)
    {
        var set = ValuesEdit.Set(text, path, "\"v\"");
        Assert.Equal("v", Find(set, path));
        // Nothing else changes.
        Assert.True(GoValue.DeepEqual(GoYaml.ReadTable(set), ValuesPath.With(text.Length == 0 ? [] : GoYaml.ReadTable(text), path, "v")), set);
    }

    [Fact]
    public void Any_key_of_a_real_file_can_be_moved_without_touching_another()
    {
        var tree = GoYaml.ReadTable(Text);
        foreach (var (path, value) in ValuesPath.Leaves(tree))
        {
            foreach (var to in new[] { "fresh", "fresh.deep.er", "storage.fresh", "monitoring.a.b" })
            {
                var moved = ValuesEdit.Move(Text, path, to);
                var expected = ValuesPath.With(Without(tree, path), to, value);
                Assert.True(GoValue.DeepEqual(GoYaml.ReadTable(moved), expected), $"{path} -> {to}:\n{moved}");
                Assert.Contains("# the end", moved, StringComparison.Ordinal);
                Assert.Contains("Ask Ana first", moved, StringComparison.Ordinal);
            }
        }
    }

    // Two keys become one: the second value was dropped without a word, and so were the comments of both.
    [Fact]
    public void Two_keys_that_become_one_lose_neither_value_nor_comment()
    {
        const string two = "# who writes\nsmtp:\n  host: mail\n  # the name\n  fromName: Forms # short\n  # the address\n  fromAddress: no-reply@example.com # checked\n";
        var once = ValuesEdit.Move(two, "smtp.fromName", "smtp.from");
        var both = ValuesEdit.Move(once, "smtp.fromAddress", "smtp.from");
        Assert.Equal("Forms", Find(both, "smtp.from"));
        foreach (var kept in new[] { "# who writes", "# the name", "# short", "# the address", "# fromAddress: no-reply@example.com # checked" })
        {
            Assert.Contains(kept, both, StringComparison.Ordinal);
        }

        // What is the same needs no second copy.
        var same = ValuesEdit.Move("a: 1 # one\nb: 1 # two\n", "a", "b");
        Assert.Contains("# one\nb: 1 # two\n", same, StringComparison.Ordinal);
        Assert.DoesNotContain("became", same, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replacement_keeps_what_was_said_beside_the_keys_it_is_made_of()
    {
        var joined = ValuesEdit.Join("# elastic of the team\nlog:\n  # in the other cluster\n  host: es\n  port: 9200 # not 9300\n", ["log.host", "log.port"], "log.endpoint", "https://es:9200");
        Assert.Equal("https://es:9200", Find(joined, "log.endpoint"));
        Assert.False(ValuesPath.TryFind(GoYaml.ReadTable(joined), "log.host", out _) || ValuesPath.TryFind(GoYaml.ReadTable(joined), "log.port", out _), joined);
        Assert.Contains("# elastic of the team", joined, StringComparison.Ordinal);
        Assert.Contains("# in the other cluster", joined, StringComparison.Ordinal);
        Assert.Contains("# not 9300", joined, StringComparison.Ordinal);
    }

    [Fact]
    public void Comments_of_the_whole_text_and_of_emptied_tables_stay()
    {
        Assert.Equal("# Production. Ask Ana.\nb: 2\n", ValuesEdit.Remove("# Production. Ask Ana.\na: 1\nb: 2\n", "a"));
        var moved = ValuesEdit.Move("x: 1\n# all about a\na: # the table\n  # the key\n  b: 1 # one\n", "a.b", "c.d");
        Assert.Equal("x: 1\n# all about a\n# the table\nc:\n  # the key\n  d: 1 # one\n", moved);
    }

    // A text block changed its line ends at its new place or beside it.
    [Theory]
    [InlineData("|")]
    [InlineData("|-")]
    [InlineData("|+")]
    [InlineData(">")]
    [InlineData(">-")]
    [InlineData(">+")]
    [InlineData("|2")]
    [InlineData("|2+")]
    public void A_text_of_several_lines_stays_to_the_last_line_end(string mark)
    {
        foreach (var end in new[] { "", "\n", "\n\n\n" })
        {
            foreach (var text in new[] { $"t:\n  a: {mark}\n    one\n\n      two{end}", $"t:\n  a: {mark}\n    one\n     \n    two\n{end}  z: 1\nlast: x\n", $"z: 1\na: {mark}\n  one\n  two\n{end}b: 2\n" })
            {
                var from = text.StartsWith('t') ? "t.a" : "a";
                foreach (var to in new[] { "n", "n.m", "t.x.y", "z2" })
                {
                    var tree = GoYaml.ReadTable(text);
                    ValuesPath.TryFind(tree, from, out var value);
                    Assert.Equal(value, Find(ValuesEdit.Move(text, from, to), to));
                    Assert.Equal(value, Find(ValuesEdit.Set(text, "t.new", "1"), from));
                }
            }
        }
    }

    [Fact]
    public void Line_ends_and_the_mark_of_the_encoding_stay()
    {
        const string windows = "\uFEFF# mine\r\na:\r\n  b: 1\r\n  c: 2\r\n";
        Assert.Equal("\uFEFF# mine\r\na:\r\n  c: 2\r\nd:\r\n  e:\r\n    b: 1\r\n", ValuesEdit.Move(windows, "a.b", "d.e.b"));
        Assert.Equal("\uFEFF# mine\r\na:\r\n  b: 1\r\n", ValuesEdit.Remove(windows, "a.c"));
        Assert.Equal("\uFEFF# mine\r\na:\r\n  b: 1\r\n  c: 3\r\n", ValuesEdit.Set(windows, "a.c", "3"));
        Assert.Single(ValuesVerdict.Read("\uFEFFa: 1\n"));
        Assert.Equal(["1"], YamlText.Scalars("\uFEFFa: 1\n").Select(s => "\uFEFFa: 1\n"[s.Start..s.End]));
    }

    [Theory]
    [InlineData("{a: 1, b: 2}", "a", "c")]
    [InlineData("{a: 1}\n", "a", "c.d")]
    [InlineData("{a: {x: 1}, b: {}}\n", "a.x", "b.y")]
    [InlineData("a: 1\nb: {c: 2,}\n", "a", "b.d")]
    [InlineData("a:\n  x: 1\n  y: [2, 3]\nb: {c: 2}\n", "a", "b.d")]
    [InlineData("a: |\n  two\n  lines\nb: {}\n", "a", "b.d.e")]
    [InlineData("a: one, two\nb: {}\n", "a", "b.d")]
    [InlineData("a: &x {p: 1, q: 2}\nb: 1\n", "a.p", "c")]
    [InlineData("a: &x\n  p: 1\nb: 1\n", "b", "a.q")]
    [InlineData("base: &x {p: 1}\nuse: *x\nk: 2\n", "k", "use.q")]
    [InlineData("base: &x {p: 1}\nuse:\n  <<: *x\n  q: 2\n", "use.q", "r.q")]
    [InlineData("base: &x {p: 1}\nuse: *x\n", "use", "r")]
    [InlineData("---\na: 1\n...\n", "a", "b.c")]
    public void Flow_tables_anchors_and_aliases_are_edited_where_it_can_be_done(string text, string from, string to)
    {
        var tree = GoYaml.ReadTable(text);
        ValuesPath.TryFind(tree, from, out var value);
        var moved = ValuesEdit.Move(text, from, to);
        Assert.True(GoValue.DeepEqual(Full(GoYaml.ReadTable(moved)), Full(ValuesPath.With(Without(tree, from), to, value))), moved);
    }

    // These were called "not YAML", or lost keys that an alias repeats.
    [Theory]
    [InlineData("k: 1\nbase: &x {p: 1}\nuse: *x\n", "use.p", "q", 3)]
    [InlineData("base: &x\n  p: 1\n  s: 1\nuse: *x\n", "base.p", "q", 2)]
    [InlineData("base: &x {p: 1}\nuse:\n  <<: *x\n  q: 2\n", "use.p", "r", 2)]
    [InlineData("base: &x 1\nuse: *x\n", "base", "other.place", 1)]
    public void What_an_alias_repeats_is_refused_with_its_line(string text, string from, string to, int line)
    {
        var problem = Assert.Throws<ProblemException>(() => ValuesEdit.Move(text, from, to));
        Assert.Equal(("edit-by-hand", line), (problem.Code, (int)problem.Extra["line"]!));
        Assert.Equal("edit-by-hand", Assert.Throws<ProblemException>(() => ValuesEdit.Remove(text, from)).Code);
    }

    [Fact]
    public void The_difference_by_key_sees_types_aliases_and_merges_and_hides_what_an_alias_repeats()
    {
        IReadOnlySet<string> none = new HashSet<string>();
        Assert.Equal([new KeyChange("a", KeyChangeKind.Changed, "\"1\"", "1")], ValuesVerdict.Changes("a: \"1\"\n", "a: 1\n", none));
        Assert.Equal([new KeyChange("a", KeyChangeKind.Changed, "\"true\"", "true")], ValuesVerdict.Changes("a: \"true\"\n", "a: true\n", none));
        Assert.Equal(["base.p", "use.p"], ValuesVerdict.Changes("base: &x {p: 1}\nuse: *x\n", "base: &x {p: 2}\nuse: *x\n", none).Select(c => c.Path));
        Assert.Equal(["use.p"], ValuesVerdict.Changes("base: &x {p: 1}\nuse: {<<: *x}\n", "base: &x {p: 1}\nuse: {<<: *x, p: 2}\n", none).Select(c => c.Path));
        Assert.Empty(ValuesVerdict.Changes("base: &x {p: 1}\nuse: *x\n", "base: {p: 1}\nuse: {p: 1}\n", none));
        Assert.Equal([new KeyChange("shown", KeyChangeKind.Changed, "(secret)", "(secret, changed)")], ValuesVerdict.Changes("password: &x long-secret-1\nshown: *x\n", "password: &x long-secret-1\nshown: other\n", none));
    }

    private static Dictionary<string, object?> Full(Dictionary<string, object?> tree)
    {
        var result = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, value) in tree)
        {
            if (value is not Dictionary<string, object?> { Count: 0 })
            {
                result[key] = value is Dictionary<string, object?> table ? Full(table) : value;
            }
        }

        return result;
    }

    // A table that gets empty goes as well.
    private static Dictionary<string, object?> Without(Dictionary<string, object?> tree, string path)
    {
        var result = ValuesPath.With(tree, path, ValuesPath.Absent);
        var keys = ValuesPath.Split(path);
        for (var n = keys.Length - 1; n > 0; n--)
        {
            var above = ValuesPath.Join(keys[..n]);
            if (ValuesPath.TryFind(result, above, out var table) && table is Dictionary<string, object?> { Count: 0 })
            {
                result = ValuesPath.With(result, above, ValuesPath.Absent);
            }
        }

        return result;
    }

    private static object? Find(string text, string path) => ValuesPath.TryFind(GoYaml.ReadTable(text), path, out var value) ? value : null;
}
