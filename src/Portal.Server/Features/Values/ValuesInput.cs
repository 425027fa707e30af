using System.Text.Json;
using Portal.Core.Values;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;
using Portal.Server.Web;

namespace Portal.Server.Features.Values;

/// <summary>Values as they come with a request.</summary>
internal static class ValuesInput
{
    private const int MaximumLength = 2 * 1024 * 1024;

    /// <summary>A text of a size that can be worked with.</summary>
    /// <exception cref="ProblemException">422: there is none, or it is too long.</exception>
    public static string Limit(string? text) => text is null ? throw ProblemException.Invalid("The values are missing.", "text") : text.Length > MaximumLength
        ? throw ProblemException.Invalid($"Values are a text of at most {MaximumLength} characters.", "text")
        : text;

    /// <summary>The text with one key changed. It is read again: a place where a text cannot be changed by rule is left to people.</summary>
    /// <exception cref="ProblemException">422: no such change.</exception>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public static EditedValues Edit(EditValuesRequest request)
    {
        var text = Limit(request.Text);
        if (request.Path is not { Length: > 0 and <= 1000 } path)
        {
            throw ProblemException.Invalid("Name the key, as a path with dots.", "path");
        }

        ValuesVerdict.Read(text);
        var raw = request.Value is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } value ? Raw(value) : null;
        var edited = raw is null ? ValuesEdit.Remove(text, path) : ValuesEdit.Set(text, path, raw);
        var isThere = ValuesPath.TryFind(GoYaml.Read(edited), path, out var found);
        return (raw is null ? !isThere : isThere && GoValue.DeepEqual(found, GoYaml.Read(raw)))
            ? new EditedValues(edited) : throw ProblemException.Invalid($"{path} cannot be changed by itself as it stands; change it in the text.", "path");
    }

    private static string Raw(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => ValuesEdit.Scalar(value.GetString()!),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => throw ProblemException.Invalid("A value is a text, a number, true or false; write tables and lists in the text.", "value"),
    };
}
