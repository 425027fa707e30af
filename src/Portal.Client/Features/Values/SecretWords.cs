namespace Portal.Client.Features.Values;

/// <summary>What a Kubernetes Secret for a values key is called, until somebody says otherwise. Pure.</summary>
internal static class SecretWords
{
    private const int LongestName = 63;

    /// <summary>"data-plane", "database.adminPassword" → "data-plane-database-admin-password" and "adminPassword": a name that Kubernetes takes (RFC 1123), and the key's own last word.</summary>
    public static (string Name, string Key) Proposed(string release, string path)
    {
        var words = new System.Text.StringBuilder(release);
        var before = '-';
        foreach (var c in $".{path}")
        {
            if (!char.IsAsciiLetterOrDigit(c))
            {
                Dash();
            }
            else
            {
                if (char.IsAsciiLetterUpper(c) && char.IsAsciiLetterLower(before))
                {
                    Dash();
                }

                words.Append(char.ToLowerInvariant(c));
            }

            before = c;
        }

        var key = path.Replace("\\.", "-", StringComparison.Ordinal);
        return (words.ToString()[..Math.Min(words.Length, LongestName)].Trim('-'), string.Concat(key[(key.LastIndexOf('.') + 1)..].Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')));

        void Dash()
        {
            if (words is not [.., '-'])
            {
                words.Append('-');
            }
        }
    }
}
