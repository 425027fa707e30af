using System.Text;
using Portal.Helm.Templating;

namespace Portal.Cli;

/// <summary>Writes text as the bytes that Go would write: what a template made of bytes that are no UTF-8 comes out unchanged.</summary>
internal sealed class GoTextWriter(Stream stream) : TextWriter
{
    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value) => stream.Write(GoBytes.ToBytes(value ?? ""));

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override Task WriteAsync(string? value)
    {
        Write(value);
        return Task.CompletedTask;
    }

    public override Task WriteLineAsync(string? value) => WriteAsync(value + "\n");

    public override void WriteLine(string? value) => Write(value + "\n");

    public override void Flush() => stream.Flush();
}
