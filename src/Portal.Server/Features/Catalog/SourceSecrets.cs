using System.Text;

namespace Portal.Server.Features.Catalog;

/// <summary>Takes a source's own credentials out of what its server says: a reason phrase, an index or a feed may repeat them, and everybody reads those.</summary>
internal sealed class SourceSecrets
{
    // Shorter ones would hit everywhere.
    private const int Least = 4;

    private readonly string[] _forms;

    public SourceSecrets(ChartSources.Credentials credentials)
    {
        string[] secrets = [credentials.Password ?? "", credentials.BearerToken ?? "", credentials.Password is { Length: > 0 } password ? Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.UserName}:{password}")) : ""];
        _forms = [.. secrets.Where(s => s.Length >= Least).SelectMany(s => new[] { s, Uri.EscapeDataString(s), Convert.ToBase64String(Encoding.UTF8.GetBytes(s)) }).Distinct(StringComparer.Ordinal).OrderByDescending(s => s.Length)];
    }

    public string Hide(string text) => _forms.Aggregate(text, (shown, form) => shown.Replace(form, "[hidden]", StringComparison.Ordinal));
}
