using System.Diagnostics;
using Portal.Helm.Charts;

namespace Portal.Helm.Tests.Charts;

/// <summary>What else than files and folders may lie in a chart's folder.</summary>
public sealed class ChartFolderTests
{
    private readonly string _root = Directory.CreateTempSubdirectory("portal-folder-").FullName;

    public ChartFolderTests()
    {
        Write("demo/Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.0.0\n");
        Write("library/Chart.yaml", "apiVersion: v2\nname: library\nversion: 1.0.0\ntype: library\n");
        Write("library/files/crd.yaml", "kind: X\n");
        Write("private/key", "secret\n");
    }

    // Rook's charts share a library, Victoria Metrics' share definitions: by links to each other.
    [Fact]
    public void A_link_to_another_chart_is_followed()
    {
        Link("demo/charts/library", "../../library");
        Link("demo/crd.yaml", "../library/files/crd.yaml");
        var chart = Load();
        Assert.Equal("library", Assert.Single(chart.Dependencies).Name);
        Assert.Contains(chart.Files, f => f.Name == "crd.yaml" && f.Data.Length == 8);
    }

    [Theory]
    [InlineData("../private/key")]
    [InlineData("../private")]
    [InlineData("/etc/hostname")]
    public void A_link_to_anything_else_outside_is_refused(string target)
    {
        Link("demo/more", target);
        Refused("more is a link that leads out of the chart");
    }

    // The first link is not looked at, the second leads through it.
    [Fact]
    public void A_link_through_an_ignored_link_is_refused()
    {
        Write("demo/.helmignore", "door\n");
        Link("demo/door", "../private");
        Link("demo/more", "door/key");
        Refused("more is a link that leads out of the chart");
    }

    [Theory]
    [InlineData("files/again", "..", "files/again is a link to a folder that it is in")]
    [InlineData("files/again", ".", "files/again is a link to a folder that it is in")]
    [InlineData("again", "again", "is a link to itself")]
    [InlineData("gone", "nowhere", "gone is a link to something that is not there")]
    public void A_link_that_leads_nowhere_is_refused(string name, string target, string text)
    {
        Write("demo/files/a", "x");
        Link("demo/" + name, target);
        Refused(text);
    }

    // Each link leads to a sibling, which leads back: the walk went on until the stack was used up.
    [Fact]
    public void Charts_that_lead_to_each_other_are_refused()
    {
        Link("demo/charts/library", "../../library");
        Link("library/charts/demo", "../../demo");
        Refused("charts/library/charts/demo is a link to a folder that it is in");
    }

    [Fact]
    public void A_circle_of_many_charts_is_refused()
    {
        Link("demo/charts/next", "../../c0");
        for (var i = 0; i < 10; i++)
        {
            Write($"c{i}/Chart.yaml", $"apiVersion: v2\nname: c{i}\nversion: 1.0.0\n");
            Link($"c{i}/charts/next", $"../../c{(i + 1) % 10}");
        }

        Refused("is a link to a folder that it is in");
    }

    [Fact]
    public void One_chart_may_be_linked_twice()
    {
        Link("demo/charts/a", "../../library");
        Link("demo/charts/b", "../../library");
        Assert.Equal(2, Load().Dependencies.Count);
    }

    // No circle, but twice as many folders with every level: 2 to the 25th.
    [Fact]
    public void Folders_count_as_files()
    {
        Link("demo/charts/c0", "../../c0");
        for (var i = 0; i < 25; i++)
        {
            Write($"c{i}/Chart.yaml", $"apiVersion: v2\nname: c{i}\nversion: 1.0.0\n");
            Link($"c{i}/a", $"../c{i + 1}");
            Link($"c{i}/b", $"../c{i + 1}");
        }

        Directory.CreateDirectory(Path.Combine(_root, "c25"));
        Write("c25/Chart.yaml", "apiVersion: v2\nname: last\nversion: 1.0.0\n");
        Refused("the chart has more than 20000 files and folders");
    }

    [Fact]
    public void Folders_in_folders_end_somewhere()
    {
        Directory.CreateDirectory(Path.Combine(_root, "demo", string.Join('/', Enumerable.Repeat("d", 101))));
        Refused("the chart has folders more than 100 levels deep: d/d/");
    }

    // Reading a pipe waits until somebody writes.
    [Fact]
    public void A_pipe_is_an_empty_file()
    {
        Process.Start("mkfifo", Path.Combine(_root, "demo/pipe")).WaitForExit();
        Assert.Equal(0, Load().Files.Single(f => f.Name == "pipe").Data.Length);
    }

    private Chart Load() => ChartLoader.LoadDirectory(Path.Combine(_root, "demo"));

    private void Refused(string text) => Assert.Contains(text, Assert.Throws<ChartException>(Load).Message, StringComparison.Ordinal);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, name))!);
        File.WriteAllText(Path.Combine(_root, name), text);
    }

    private void Link(string name, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, name))!);
        File.CreateSymbolicLink(Path.Combine(_root, name), target);
    }
}
