using Portal.Helm.Charts;

namespace Portal.Cli;

/// <summary><c>pull</c>: fetches charts and keeps or unpacks them (pkg/action/pull.go).</summary>
internal static class PullVerb
{
    private static readonly Flag[] Own =
    [
        new("untar", FlagKind.Switch, "unpack the chart"),
        new("untardir", FlagKind.Text, "the folder to unpack into; below --destination"),
        new("destination", FlagKind.Text, "the folder to write to", 'd'),
        new("prov", FlagKind.Switch, ""),
    ];

    public static Verb Verb { get; } = new("pull", "[chart URL | repo/chartname] [...]", "fetch charts from repositories and registries", 1, int.MaxValue, [.. Own, .. ChartLocator.Flags], RunAsync);

    private static async Task<int> RunAsync(FlagSet flags, Terminal terminal, CancellationToken cancellation)
    {
        if (flags.Has("prov"))
        {
            throw new UsageException("--prov is not known here: signatures are not fetched");
        }

        var locator = new ChartLocator(flags, terminal.Output);
        var destination = flags.One("destination") ?? ".";
        foreach (var reference in flags.Words)
        {
            var fetched = await locator.FetchAsync(reference, cancellation);
            if (flags.Has("untar"))
            {
                Untar(fetched.Archive, reference, destination, flags.One("untardir") ?? ".");
            }
            else
            {
                await LocalFile.WriteAsync(Path.Combine(destination, fetched.FileName), fetched.Archive, cancellation);
            }
        }

        return 0;
    }

    private static void Untar(byte[] archive, string reference, string destination, string folder)
    {
        folder = Join(destination, folder);
        var check = Join(folder, reference[(reference.LastIndexOf('/') + 1)..]);
        if (Path.Exists(check))
        {
            throw new IOException($"failed to untar: a file or directory with the name {check} already exists");
        }

        // Made whatever the chart is called: an archive's name stays as an empty folder, by which a second unpacking is known.
        Directory.CreateDirectory(check);
        // The loader has refused every path that leads out of the chart, links and bombs.
        var chart = ChartLoader.LoadArchive(new MemoryStream(archive));
        var root = Path.Combine(folder, chart.Name);
        foreach (var file in chart.Raw)
        {
            var path = Path.Combine(root, file.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var target = File.Create(path);
            target.Write(file.Data.Span);
        }
    }

    // filepath.Join: a "." is not shown.
    private static string Join(string folder, string rest) => folder == "." ? rest : rest == "." ? folder : Path.Combine(folder, rest);
}
