using System.Text;
using Portal.Helm.Charts.Repositories;

namespace Portal.Helm.Tests.Repositories;

/// <summary>Alone, because it measures.</summary>
[Collection("alone")]
public sealed class LargeIndexTests
{
    /// <summary>
    /// What is measured does not depend on who else uses the machine: what is allocated, what stays, and how the time grows with the size. Two seconds on a machine of its own are
    /// 0.2 ms a version; ten times that is nothing but a square.
    /// </summary>
    [Fact]
    public void Ten_thousand_versions_are_read_in_little_memory_and_time_that_grows_with_their_number()
    {
        var (small, large) = (Index(10), Index(100));
        // The first reading pays for what is compiled.
        _ = Measure(small, 1000);
        var few = Measure(small, 1000);
        var many = Measure(large, 10_000);
        TestContext.Current.TestOutputHelper?.WriteLine($"{large.Length} characters in {many.Time.TotalMilliseconds:0} ms of the processor (a tenth: {few.Time.TotalMilliseconds:0} ms), {many.Allocated} bytes allocated, {many.Kept} kept");
        Assert.InRange(many.Allocated, 0, 40L * large.Length);
        Assert.InRange((double)many.Allocated / few.Allocated, 0, 12);
        Assert.InRange(many.Kept, 0, 16 * 1024 * 1024);
        Assert.InRange(many.Time, TimeSpan.Zero, TimeSpan.FromSeconds(2) + (25 * few.Time));
    }

    // Of three: the least time, as others may hold the machine; allocations are those of this thread.
    private static (TimeSpan Time, long Allocated, long Kept) Measure(string index, int versions)
    {
        var (time, allocated, kept) = (TimeSpan.MaxValue, long.MaxValue, long.MaxValue);
        for (var i = 0; i < 3; i++)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var (started, made) = (Environment.CpuUsage.TotalTime, GC.GetAllocatedBytesForCurrentThread());
            var read = RepositoryIndexReader.Read(new StringReader(index), "index.yaml");
            var used = Environment.CpuUsage.TotalTime - started;
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - made);
            kept = Math.Min(kept, GC.GetTotalMemory(forceFullCollection: true) - before);
            time = used < time ? used : time;
            Assert.Equal(versions, read.Names.Sum(n => read.Versions(n).Count));
        }

        return (time, allocated, kept);
    }

    private static string Index(int charts)
    {
        var text = new StringBuilder("apiVersion: v1\nentries:\n");
        for (var chart = 0; chart < charts; chart++)
        {
            text.Append($"  chart-{chart}:\n");
            for (var version = 0; version < 100; version++)
            {
                text.Append($"  - annotations:\n      category: Database\n      licenses: Apache-2.0\n      images: |\n        - image: registry.example.com/a/b:1.{version}\n          name: b\n    apiVersion: v2\n    appVersion: 1.{version}.0\n    created: \"2026-01-02T03:04:05.123456Z\"\n    dependencies:\n    - name: common\n      repository: oci://registry.example.com/charts\n      version: 2.x.x\n    description: A chart that is described with a sentence of the usual length, so that the file has its usual size.\n    digest: {version:d64}\n    home: https://example.com\n    keywords:\n    - one\n    - two\n    maintainers:\n    - name: Somebody\n      url: https://example.com\n    name: chart-{chart}\n    sources:\n    - https://example.com/source\n    urls:\n    - https://example.com/charts/chart-{chart}-1.{version}.0.tgz\n    version: 1.{version}.0\n");
            }
        }

        return text.ToString();
    }
}
