using System.Net.Http.Headers;
using Portal.Core;
using Portal.Helm.Charts;

namespace Portal.Server.Tests;

/// <summary>Charts made of texts.</summary>
internal static class TestChart
{
    /// <summary>A chart of files (path, text); Chart.yaml comes by itself.</summary>
    public static Chart Make(string name, string version, params IEnumerable<(string Path, string Text)> files)
    {
        var folder = Directory.CreateTempSubdirectory("portal-chart-").FullName;
        try
        {
            foreach (var (path, text) in files.Prepend(("Chart.yaml", $"apiVersion: v2\nname: {name}\nversion: {version}\n")))
            {
                var file = Path.Combine(folder, path);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                File.WriteAllText(file, text);
            }

            return ChartLoader.LoadDirectory(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static async Task UploadAsync(HttpClient client, Chart chart)
    {
        var content = new ByteArrayContent(ChartArchive.Pack(chart));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/gzip");
        var answer = await client.PostAsync($"{Routes.Api}/charts/uploads", content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
