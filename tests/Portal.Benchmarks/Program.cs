using BenchmarkDotNet.Running;
using Portal.Benchmarks;

// "cases TABLE" measures charts from elsewhere; everything else is BenchmarkDotNet's command line.
if (args is ["cases", var table])
{
    PreparedCases.Run(table);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
