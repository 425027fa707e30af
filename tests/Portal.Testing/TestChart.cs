using System.Net.Http.Headers;
using System.Text;
using Portal.Core;
using Portal.Helm.Charts;

namespace Portal.Testing;

/// <summary>Charts made of texts.</summary>
public static class TestChart
{
    /// <summary>A chart of files (path, text); Chart.yaml comes by itself.</summary>
    public static Chart Make(string name, string version, params IEnumerable<(string Path, string Text)> files) => ChartLoader.Load(
        [.. files.Prepend(("Chart.yaml", $"apiVersion: v2\nname: {name}\nversion: {version}\n")).Select(f => new ChartFile(f.Item1, Encoding.UTF8.GetBytes(f.Item2)))]);

    /// <summary>Uploads it to the portal that <paramref name="client"/> is signed in to.</summary>
    public static async Task UploadAsync(HttpClient client, Chart chart)
    {
        var content = new ByteArrayContent(ChartArchive.Pack(chart));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/gzip");
        var answer = await client.PostAsync($"{Routes.Api}/charts/uploads", content);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
        }
    }
}
