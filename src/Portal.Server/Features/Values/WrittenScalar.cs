using System.Globalization;
using System.Text;

namespace Portal.Server.Features.Values;

/// <summary>A scalar as it stands in YAML, read without its quotes and escapes, and for each character where it is written.</summary>
internal sealed class WrittenScalar
{
    // Where nothing is escaped, a character stands as far from the start as in the text.
    private readonly int _start;
    private readonly List<int>? _places;

    /// <param name="raw">With quotes, when it has some; a plain or block scalar is taken as it is.</param>
    public WrittenScalar(string raw)
    {
        var quote = raw.Length > 1 && raw[0] is '"' or '\'' ? raw[0] : '\0';
        _start = quote == '\0' ? 0 : 1;
        var end = raw.Length - _start;
        if (quote == '\0' || raw.AsSpan(_start, end - _start).IndexOf(quote == '"' ? '\\' : '\'') < 0)
        {
            Text = raw[_start..end];
            return;
        }

        var decoded = new StringBuilder();
        _places = [];
        for (var at = _start; at < end;)
        {
            var (text, length) = quote == '\'' && raw[at] == '\'' ? ("'", 2) : quote == '"' && raw[at] == '\\' && at + 1 < end ? Escape(raw, at) : (raw.Substring(at, 1), 1);
            decoded.Append(text);
            _places.AddRange(Enumerable.Repeat(at, text.Length));
            at += length;
        }

        _places.Add(end);
        Text = decoded.ToString();
    }

    public string Text { get; }

    /// <summary>Where a character of the text is written.</summary>
    public int Place(int index) => _places is null ? _start + index : _places[index];

    // YAML 1.1, 5.7. Those of which it does not matter what they mean (a line that goes on) are left as they are.
    private static (string Text, int Length) Escape(string raw, int at) => raw[at + 1] switch
    {
        'n' => ("\n", 2),
        'r' => ("\r", 2),
        't' or '\t' => ("\t", 2),
        '"' or '\\' or '/' or ' ' => (raw.Substring(at + 1, 1), 2),
        'x' when Code(raw, at, 2) is { } text => (text, 4),
        'u' when Code(raw, at, 4) is { } text => (text, 6),
        'U' when Code(raw, at, 8) is { } text => (text, 10),
        _ => (raw.Substring(at, 2), 2),
    };

    private static string? Code(string raw, int at, int digits) =>
        at + 2 + digits <= raw.Length && int.TryParse(raw.AsSpan(at + 2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            ? code < 0x10000 ? ((char)code).ToString() : code <= 0x10FFFF ? char.ConvertFromUtf32(code) : null
            : null;
}
