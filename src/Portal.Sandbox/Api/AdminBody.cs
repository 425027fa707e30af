using System.Text.Json;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Api;

/// <summary>The body of an admin call. It is strict, since a misspelt fault would be a test that tests nothing: fields that a call does not take and values of a wrong type are 400.</summary>
internal sealed class AdminBody
{
    private readonly JsonMap _fields;

    private AdminBody(JsonMap fields) => _fields = fields;

    public JsonMap Fields => _fields;

    /// <exception cref="ApiError">400: no JSON object, or a field that the call does not take.</exception>
    public static async Task<AdminBody> ReadAsync(HttpContext http, string call, params string[] known)
    {
        var data = await BodyReader.BytesAsync(http);
        try
        {
            var fields = data.Length == 0 ? [] : JsonTree.Parse(data) as JsonMap ?? throw ApiError.BadRequest("the body must be a JSON object");
            return fields.Keys.FirstOrDefault(k => !known.Contains(k)) is { } unknown
                ? throw ApiError.BadRequest($"unknown field \"{unknown}\": {call} takes {(known.Length == 0 ? "none" : string.Join(", ", known))}")
                : new AdminBody(fields);
        }
        catch (JsonException x)
        {
            throw ApiError.BadRequest($"the body is not JSON: {x.Message}");
        }
    }

    public string? Text(string field) => Of<string>(field, "a text");

    public string? Choice(string field, params string[] values) => Text(field) is not { } text || values.Contains(text) ? Text(field) : throw ApiError.BadRequest($"{field} must be {string.Join(" or ", values)}");

    public bool Flag(string field) => _fields.GetValueOrDefault(field) switch
    {
        null => false,
        bool flag => flag,
        _ => throw ApiError.BadRequest($"{field} must be true or false"),
    };

    public long? Number(string field, long least, long most) => _fields.GetValueOrDefault(field) switch
    {
        null => null,
        long number when number >= least && number <= most => number,
        _ => throw ApiError.BadRequest($"{field} must be a whole number from {least} to {most}"),
    };

    private T? Of<T>(string field, string what) where T : class => _fields.GetValueOrDefault(field) switch
    {
        null => null,
        T value => value,
        _ => throw ApiError.BadRequest($"{field} must be {what}"),
    };
}
