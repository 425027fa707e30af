namespace Portal.Helm.Charts.Repositories;

/// <summary>The parameters of a WWW-Authenticate header: <c>realm="https://x/token",service="y",scope="repository:a/b:pull,push"</c>.</summary>
internal static class OciChallenge
{
    public static Dictionary<string, string> Parameters(string text)
    {
        var result = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var at = 0; at < text.Length;)
        {
            var equals = text.IndexOf('=', at);
            if (equals < 0)
            {
                break;
            }

            var name = text[at..equals].Trim(' ', ',');
            at = equals + 1;
            // A comma inside quotes belongs to the value.
            var quoted = at < text.Length && text[at] == '"';
            var end = quoted ? text.IndexOf('"', at + 1) : text.IndexOf(',', at);
            end = end < 0 ? text.Length : end;
            result[name] = text[(quoted ? at + 1 : at)..end].Trim();
            at = end + 1;
        }

        return result;
    }
}
