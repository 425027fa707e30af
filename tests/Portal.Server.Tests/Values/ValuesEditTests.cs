using Portal.Helm.Templating;
using Portal.Helm.Yaml;
using Portal.Server.Features.Values;

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
        Assert.Equal("b: new\n", ValuesEdit.Move(both, "a", "b"));
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
