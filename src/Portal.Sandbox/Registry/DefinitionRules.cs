using Portal.Sandbox.Json;

namespace Portal.Sandbox.Registry;

/// <summary>The rules of a CustomResourceDefinition.</summary>
internal static class DefinitionRules
{
    public static void Check(JsonMap obj, JsonMap spec, JsonMap? before, Problems problems)
    {
        var plural = spec.Text("names", "plural") ?? "";
        var group = spec.Text("group") ?? "";
        if (obj.Text("metadata", "name") != $"{plural}.{group}")
        {
            problems.Invalid("metadata.name", obj.Text("metadata", "name"), "must be spec.names.plural+\".\"+spec.group");
        }

        if (group.Length == 0)
        {
            problems.Required("spec.group");
        }

        if (spec.Text("scope") is not ("Cluster" or "Namespaced"))
        {
            problems.Unsupported("spec.scope", spec.Text("scope"), "Cluster", "Namespaced");
        }

        var versions = spec.Maps("versions").ToList();
        if (versions.Count(v => v.Flag("storage") is true) != 1)
        {
            problems.InvalidText("spec.versions", "[]", "must have exactly one version marked as storage version");
        }

        for (var i = 0; i < versions.Count; i++)
        {
            if (versions[i].Map("schema", "openAPIV3Schema") is null && spec.Flag("preserveUnknownFields") is not true)
            {
                problems.Required($"spec.versions[{i}].schema.openAPIV3Schema");
            }

            if (versions[i].Map("schema", "openAPIV3Schema") is { } schema)
            {
                Rules(schema, $"spec.versions[{i}].schema.openAPIV3Schema", problems);
            }
        }

        if (before is not null)
        {
            foreach (var stored in before.Texts("status", "storedVersions").Where(s => versions.All(v => v.Text("name") != s)))
            {
                problems.Invalid("status.storedVersions[0]", stored, "missing from spec.versions; " + stored + " was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in " + stored + " and removes " + stored + " from status.storedVersions");
            }
        }
    }

    /// <summary>Rules in CEL may name only fields that their schema has.</summary>
    private static void Rules(JsonMap schema, string path, Problems problems)
    {
        var rules = schema.Maps("x-kubernetes-validations").ToList();
        for (var i = 0; i < rules.Count; i++)
        {
            var text = rules[i].Text("rule") ?? "";
            foreach (var (name, fields, at) in CelExpression.Parse(text)?.Fields ?? [])
            {
                if (name is "self" or "oldSelf" && Unknown(schema, fields))
                {
                    var shown = new JsonMap { ["Rule"] = text, ["Message"] = rules[i].Text("message") ?? "", ["MessageExpression"] = rules[i].Text("messageExpression") ?? "", ["Reason"] = rules[i].Text("reason"), ["FieldPath"] = rules[i].Text("fieldPath") ?? "", ["OptionalOldSelf"] = rules[i].At("optionalOldSelf") };
                    problems.Invalid($"{path}.x-kubernetes-validations[{i}].rule", shown, $"compilation failed: ERROR: <input>:1:{at + 1}: undefined field '{fields[^1]}'\n | {text}\n | {new string('.', at)}^");
                    break;
                }
            }
        }

        foreach (var (key, child) in schema.Map("properties") ?? [])
        {
            if (child is JsonMap property)
            {
                Rules(property, $"{path}.properties[{key}]", problems);
            }
        }
    }

    private static bool Unknown(JsonMap schema, string[] fields)
    {
        foreach (var field in fields)
        {
            if (schema.Map("properties") is not { } properties || field is "metadata" or "apiVersion" or "kind")
            {
                return false;
            }

            if (properties.Map(field) is not { } next)
            {
                return true;
            }

            schema = next;
        }

        return false;
    }
}
