using System.Text.Json.Serialization.Metadata;

namespace Portal.Server.Web;

/// <summary>
/// A request has to say what cannot be "nothing": an enum, a number or a switch that is left out, or misspelt, would be read as the first word, 0 or off. What has a default in its record may be left out.
/// </summary>
internal static class RequiredMembers
{
    public static void Mark(JsonTypeInfo type)
    {
        foreach (var member in type.Properties)
        {
            if (member.AssociatedParameter is { HasDefaultValue: false, ParameterType: { IsValueType: true } of } && Nullable.GetUnderlyingType(of) is null)
            {
                member.IsRequired = true;
            }
        }
    }

    /// <summary>The members that System.Text.Json missed; it names them in its message only, in single quotes behind a colon.</summary>
    public static string[] Missing(string message) =>
        message.Contains("missing required properties", StringComparison.Ordinal) ? [.. message[(message.LastIndexOf(':') + 1)..].Split('\'').Where((_, i) => i % 2 == 1)] : [];
}
