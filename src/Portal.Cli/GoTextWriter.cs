using System.Text;
using System.Text.Unicode;
using Portal.Helm.Templating;

namespace Portal.Cli;

/// <summary>Writes text as the bytes that Go would write: what a template made of bytes that are no UTF-8 comes out unchanged.</summary>
internal sealed class GoTextWriter(Stream stream) : TextWriter
{
    private readonly byte[] _bytes = new byte[24 * 1024];

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return;
        }

        if (GoBytes.HasLoneSurrogate(value))
        {
            stream.Write(GoBytes.ToBytes(value));
            return;
        }

        // Piece by piece: a chart can print megabytes.
        for (var rest = value.AsSpan(); rest.Length > 0;)
        {
            Utf8.FromUtf16(rest, _bytes, out var read, out var written);
            stream.Write(_bytes.AsSpan(0, written));
            rest = rest[read..];
        }
    }

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
