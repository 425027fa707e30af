using Portal.Sandbox.Api;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;

namespace Portal.Sandbox.Registry;

/// <summary>What is wrong with an object, field by field.</summary>
internal sealed class Problems
{
    private readonly List<Cause> _causes = [];

    public bool Any => _causes.Count > 0;

    public void Required(string field, string? detail = null) =>
        _causes.Add(new Cause("FieldValueRequired", detail is null ? "Required value" : $"Required value: {detail}", field));

    public void Invalid(string field, object? value, string detail) =>
        _causes.Add(new Cause("FieldValueInvalid", $"Invalid value: {JsonTree.Text(value)}: {detail}", field));

    public void InvalidText(string field, string text, string detail) =>
        _causes.Add(new Cause("FieldValueInvalid", $"Invalid value: {text}: {detail}", field));

    public void Rule(string field, string message) => _causes.Add(new Cause("FieldValueInvalid", $"Invalid value: {message}", field));

    public void Type(string field, string value, string detail) =>
        _causes.Add(new Cause("FieldValueTypeInvalid", $"Invalid value: \"{value}\": {detail}", field));

    public void Forbidden(string field, string detail) => _causes.Add(new Cause("FieldValueForbidden", $"Forbidden: {detail}", field));

    public void Duplicate(string field, object? value) => _causes.Add(new Cause("FieldValueDuplicate", $"Duplicate value: {JsonTree.Text(value)}", field));

    public void NotFound(string field, object? value) => _causes.Add(new Cause("FieldValueNotFound", $"Not found: {JsonTree.Text(value)}", field));

    public void Unsupported(string field, object? value, params string[] supported) =>
        _causes.Add(new Cause("FieldValueNotSupported", $"Unsupported value: {JsonTree.Text(value)}: supported values: {string.Join(", ", supported.Select(s => $"\"{s}\""))}", field));

    public void TooLong(string field, int max) => _causes.Add(new Cause("FieldValueTooLong", $"Too long: may not be more than {max} bytes", field));

    public void TooMany(string field, int count, int max) => _causes.Add(new Cause("FieldValueTooMany", $"Too many: {count}: must have at most {max} items", field));

    public ApiError ToError(string group, string kind, string name) => ApiError.Invalid(group, kind, name, _causes);

    public void Throw(ResourceKind kind, string name)
    {
        if (Any)
        {
            throw ApiError.Invalid(kind.Group, kind.Kind, name, _causes);
        }
    }
}
