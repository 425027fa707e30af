using Portal.Cli;

using var output = new GoTextWriter(new BufferedStream(Console.OpenStandardOutput(), 64 * 1024));
using var error = new GoTextWriter(Console.OpenStandardError());
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
var code = await Commands.RunAsync(args, Console.In, output, error, stop.Token);
output.Flush();
return code;
