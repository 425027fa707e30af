using System.Text;
using Portal.Helm.Charts;

namespace Portal.Helm.Tests.Repositories;

/// <summary>Small charts, packed.</summary>
internal static class Archives
{
    public static byte[] Pack(string name, string version) => ChartArchive.Pack(ChartLoader.Load(
    [
        new ChartFile("Chart.yaml", Encoding.UTF8.GetBytes($"apiVersion: v2\nname: {name}\nversion: {version}\n")),
        new ChartFile("templates/x.yaml", Encoding.UTF8.GetBytes("kind: ConfigMap\n")),
    ]));
}
