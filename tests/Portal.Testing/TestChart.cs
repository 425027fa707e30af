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

    /// <summary>A hook for before an upgrade whose only container, main, writes lines at a rate (lines a second).</summary>
    public static string LoggingHook(string name, int rate, int lines) => $$"""
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: {{name}}
          annotations: { helm.sh/hook: pre-upgrade }
        spec:
          template:
            spec:
              restartPolicy: Never
              containers:
                - name: main
                  image: registry.example.com/load:1
                  env: [{name: SANDBOX_LOG_RATE, value: "{{rate}}"}, {name: SANDBOX_LOG_LINES, value: "{{lines}}"}]
        """;
}
