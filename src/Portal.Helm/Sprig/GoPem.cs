namespace Portal.Helm.Sprig;

/// <summary>A PEM block as Go's encoding/pem finds it: the first whole one, whatever stands around it.</summary>
internal sealed record GoPem(string Type, byte[] Bytes)
{
    private const string Begin = "-----BEGIN ";
    private const string End = "-----END ";
    private const string Dashes = "-----";

    /// <summary>The first block of a text, or null.</summary>
    public static GoPem? First(string text)
    {
        for (var at = NextBegin(text, 0); at >= 0; at = NextBegin(text, at))
        {
            var (type, rest) = Line(text, at);
            if (type.EndsWith(Dashes, StringComparison.Ordinal) && Body(text, rest, type) is { } bytes)
            {
                return new GoPem(type[..^Dashes.Length], bytes);
            }
        }

        return null;
    }

    private static int NextBegin(string text, int from)
    {
        if (string.CompareOrdinal(text, from, Begin, 0, Begin.Length) == 0)
        {
            return from + Begin.Length;
        }

        var at = text.IndexOf("\n" + Begin, from, StringComparison.Ordinal);
        return at < 0 ? -1 : at + 1 + Begin.Length;
    }

    // Headers, base 64, and an end of the same type.
    private static byte[]? Body(string text, int from, string type)
    {
        var headers = false;
        while (from < text.Length && Line(text, from) is var (line, next) && line.Contains(':'))
        {
            (from, headers) = (next, true);
        }

        var immediately = !headers && string.CompareOrdinal(text, from, End, 0, End.Length) == 0;
        var end = immediately ? from : text.IndexOf("\n" + End, from, StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        var trailer = end + (immediately ? 0 : 1) + End.Length;
        return string.CompareOrdinal(text, trailer, type, 0, type.Length) == 0 && Line(text, trailer + type.Length).Text.Length == 0
            ? Encoding64.Decode(text[from..end].Replace(" ", "", StringComparison.Ordinal).Replace("\t", "", StringComparison.Ordinal))
            : null;
    }

    private static (string Text, int Next) Line(string text, int from)
    {
        if (from >= text.Length)
        {
            return ("", text.Length);
        }

        var end = text.IndexOf('\n', from);
        var next = end < 0 ? text.Length : end + 1;
        var stop = end < 0 ? text.Length : end > from && text[end - 1] == '\r' ? end - 1 : end;
        return (text[from..stop].TrimEnd(' ', '\t'), next);
    }
}
