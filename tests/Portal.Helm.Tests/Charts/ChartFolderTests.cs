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

    /// <summary>Two charts that link to each other were read until the process died.</summary>
    [Fact]
    public void Charts_that_link_to_each_other_are_refused()
    {
        Write("library/Chart.yaml", "apiVersion: v2\nname: library\nversion: 1.0.0\n");
        Link("demo/charts/library", "../../library");
        Link("library/charts/demo", "../../demo");
        Refused("charts/library/charts/demo is a link to a folder that it is in");
    }

    // Each folder holds the next one twice.
    [Fact]
    public void Links_do_not_multiply_without_end()
    {
        for (var i = 0; i < 30; i++)
        {
            Link($"demo/files/{i}/a", $"../{i + 1}");
            Link($"demo/files/{i}/b", $"../{i + 1}");
        }

        Directory.CreateDirectory(Path.Combine(_root, "demo/files/30"));
        Refused("files and folders");
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
