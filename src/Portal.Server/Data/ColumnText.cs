namespace Portal.Server.Data;

/// <summary>Texts from outside, cut to what their column takes: MySQL refuses longer ones.</summary>
internal static class ColumnText
{
    public static string Fit(this string text, int most) => text.Length > most ? text[..most] : text;
}
