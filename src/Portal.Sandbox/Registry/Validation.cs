using System.Text.RegularExpressions;
using Portal.Sandbox.Api;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;

namespace Portal.Sandbox.Registry;

/// <summary>Refuses objects that Kubernetes refuses, with its words (422 Invalid).</summary>
internal static partial class Validation
{
    public const string Subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    public const string Label1123 = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
    public const string NamePart = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    public const string LabelValue = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    /// <exception cref="ApiError">422 with all causes in the order of the fields.</exception>
    public static void Check(ResourceKind kind, JsonMap obj, JsonMap? before, string name)
    {
        var problems = new Problems();
        Metadata(kind, obj, problems);
        if (before is not null)
        {
            Immutability.Check(kind, before, obj, problems);
        }

        KindRules.Check(kind, obj, before, problems);
        if (kind.Custom is { Schema: { } schema })
        {
            CustomRules.Check(obj, schema, before, problems);
        }

        problems.Throw(kind, name);
    }

    private static void Metadata(ResourceKind kind, JsonMap obj, Problems problems)
    {
        var metadata = obj.Map("metadata")!;
        if (metadata.Text("generateName") is { Length: > 0 } prefix && !SubdomainName().IsMatch(prefix.TrimEnd('-', '.') + "x"))
        {
            problems.Invalid("metadata.generateName", prefix, Subdomain);
        }

        if (metadata.Text("name") is not { Length: > 0 } name)
        {
            problems.Required("metadata.name", "name or generateName is required");
        }
        else if (kind.Bucket is "/namespaces")
        {
            NameRule(name, Label(), Label1123, 63, problems);
        }
        else if (kind.Bucket == "/services")
        {
            // Names of Services may begin with a digit since RFC 1123 names are allowed.
            NameRule(name, Label(), Label1123, 63, problems);
        }
        else if (!kind.Group.StartsWith("rbac.", StringComparison.Ordinal))
        {
            NameRule(name, SubdomainName(), Subdomain, 253, problems);
        }
        else if (name is "." or ".." || name.Contains('/', StringComparison.Ordinal) || name.Contains('%', StringComparison.Ordinal))
        {
            problems.Invalid("metadata.name", name, name is "." or ".." ? $"may not be '{name}'" : $"may not contain '{(name.Contains('/', StringComparison.Ordinal) ? '/' : '%')}'");
        }

        foreach (var (key, value) in metadata.Map("labels") ?? [])
        {
            if (KeyProblem(key) is { } problem)
            {
                problems.Invalid("metadata.labels", key, problem);
            }

            if (LabelValueProblem(value as string ?? "") is { } wrong)
            {
                problems.Invalid("metadata.labels", value, wrong);
            }
        }

        foreach (var (key, _) in metadata.Map("annotations") ?? [])
        {
            if (KeyProblem(key.ToLowerInvariant()) is { } problem)
            {
                problems.Invalid("metadata.annotations", key, problem);
            }
        }

        foreach (var finalizer in metadata.Texts("finalizers"))
        {
            if (KeyProblem(finalizer) is { } problem)
            {
                problems.Invalid("metadata.finalizers", finalizer, problem);
            }
            else if (!finalizer.Contains('/', StringComparison.Ordinal) && finalizer is not ("orphan" or "foregroundDeletion" or "kubernetes"))
            {
                problems.Invalid("metadata.finalizers", finalizer, "name is neither a standard finalizer name nor is it fully qualified");
            }
        }

        var owners = metadata.Maps("ownerReferences").ToList();
        if (owners.Count(o => o.Flag("controller") is true) > 1)
        {
            problems.Invalid("metadata.ownerReferences", JsonTree.Clone(metadata.At("ownerReferences")), "Only one reference can have Controller set to true. Found \"true\" in references for " + string.Join(" and ", owners.Where(o => o.Flag("controller") is true).Select(o => $"{o.Text("kind")}/{o.Text("name")}")));
        }

        for (var i = 0; i < owners.Count; i++)
        {
            foreach (var field in (string[])["apiVersion", "kind", "name", "uid"])
            {
                if (owners[i].Text(field) is not { Length: > 0 })
                {
                    problems.Invalid($"metadata.ownerReferences.{field}", owners[i].Text(field) ?? "", field == "apiVersion" ? "version must not be empty" : $"must not be empty");
                }
            }
        }
    }

    private static void NameRule(string name, Regex pattern, string text, int max, Problems problems)
    {
        if (name.Length > max)
        {
            problems.Invalid("metadata.name", name, $"must be no more than {max} {(max == 63 ? "characters" : "bytes")}");
        }

        if (!pattern.IsMatch(name))
        {
            problems.Invalid("metadata.name", name, text);
        }
    }

    /// <summary>Why a text is not a qualified name; null when it is.</summary>
    public static string? KeyProblem(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var part = slash < 0 ? key : key[(slash + 1)..];
        if (slash == 0)
        {
            return "prefix part must be non-empty";
        }

        if (slash > 0 && !SubdomainName().IsMatch(key[..slash]))
        {
            return "prefix part " + Subdomain;
        }

        return part.Length == 0 ? "name part must be non-empty" : part.Length > 63 ? "name part must be no more than 63 bytes" : Qualified().IsMatch(part) ? null : NamePart;
    }

    public static string? LabelValueProblem(string value) =>
        value.Length > 63 ? "must be no more than 63 bytes" : value.Length == 0 || Qualified().IsMatch(value) ? null : LabelValue;

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    public static partial Regex Label();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    public static partial Regex SubdomainName();

    [GeneratedRegex("^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$")]
    private static partial Regex Qualified();
}
