using System.Globalization;

namespace Portal.Helm.Sprig;

/// <summary>A semantic version as Masterminds/semver reads it: a leading v and missing parts are allowed.</summary>
public sealed record SemVersion(ulong Major, ulong Minor, ulong Patch, string Prerelease, string Metadata, string Original) : IComparable<SemVersion>
{
    /// <summary>The version of a text, or null when it is none.</summary>
    public static SemVersion? TryParse(string text) => TryParse(text, out _);

    /// <summary>The version of a text, or null and what semver says of it.</summary>
    public static SemVersion? TryParse(string text, out string fault)
    {
        fault = "invalid semantic version";
        var body = text.StartsWith('v') ? text[1..] : text;
        var plus = body.IndexOf('+', StringComparison.Ordinal);
        var metadata = plus < 0 ? "" : body[(plus + 1)..];
        body = plus < 0 ? body : body[..plus];
        var dash = body.IndexOf('-', StringComparison.Ordinal);
        var prerelease = dash < 0 ? "" : body[(dash + 1)..];
        body = dash < 0 ? body : body[..dash];
        var parts = body.Split('.');
        if (parts.Length > 3 || (plus >= 0 && !AreNames(metadata)) || (dash >= 0 && !AreNames(prerelease)) || !parts.All(p => p.Length > 0 && p.All(char.IsAsciiDigit)))
        {
            return null;
        }

        var numbers = new ulong[3];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!ulong.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                fault = $"error parsing version segment: strconv.ParseUint: parsing \"{parts[i]}\": value out of range";
                return null;
            }
        }

        if (prerelease.Split('.').Any(HasLeadingZero))
        {
            fault = "version segment starts with 0";
            return null;
        }

        return new SemVersion(numbers[0], numbers[1], numbers[2], prerelease, metadata, text);
    }

    /// <summary>Whether a text is names joined by points, as prereleases and metadata are.</summary>
    internal static bool AreNames(string text) => text.Split('.').All(n => n.Length > 0 && n.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));

    /// <summary>Whether an identifier is a number that starts with 0; such a prerelease is none (semver.org, section 9).</summary>
    internal static bool HasLeadingZero(string identifier) => identifier.Length > 1 && identifier[0] == '0' && identifier.All(char.IsAsciiDigit);

    /// <summary>Precedence by semver.org, section 11; build metadata does not count.</summary>
    public int CompareTo(SemVersion? other)
    {
        if (other is null)
        {
            return 1;
        }

        var order = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
        if (order != 0 || Prerelease == other.Prerelease)
        {
            return order;
        }

        if (Prerelease.Length == 0 || other.Prerelease.Length == 0)
        {
            return Prerelease.Length == 0 ? 1 : -1;
        }

        var x = Prerelease.Split('.');
        var y = other.Prerelease.Split('.');
        for (var i = 0; i < Math.Min(x.Length, y.Length); i++)
        {
            var a = ulong.TryParse(x[i], NumberStyles.None, CultureInfo.InvariantCulture, out var an);
            var b = ulong.TryParse(y[i], NumberStyles.None, CultureInfo.InvariantCulture, out var bn);
            order = a && b ? an.CompareTo(bn) : a ? -1 : b ? 1 : string.CompareOrdinal(x[i], y[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return x.Length.CompareTo(y.Length);
    }

    /// <summary>All three numbers, with prerelease and metadata: "v1.2" is "1.2.0".</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}{(Prerelease.Length > 0 ? "-" + Prerelease : "")}{(Metadata.Length > 0 ? "+" + Metadata : "")}");
}
