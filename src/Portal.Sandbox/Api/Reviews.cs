using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;

namespace Portal.Sandbox.Api;

/// <summary>Questions of the form "may I?" and "who am I?". The one user of a sandbox may do everything.</summary>
internal sealed class Reviews(ObjectRegistry registry)
{
    public async Task HandleAsync(ApiRequest request, WriteEndpoints write)
    {
        var answer = Answer.Choose(request.Http);
        var review = await BodyReader.ObjectAsync(request);
        var spec = review.Map("spec") ?? [];
        var problems = new Problems();
        switch (request.Kind.Plural)
        {
            case "selfsubjectaccessreviews" or "subjectaccessreviews" or "localsubjectaccessreviews":
                var both = spec.ContainsKey("resourceAttributes") && spec.ContainsKey("nonResourceAttributes");
                if (both || (!spec.ContainsKey("resourceAttributes") && !spec.ContainsKey("nonResourceAttributes")))
                {
                    problems.InvalidText("spec.resourceAttributes", "null", both ? "cannot be specified in combination with nonResourceAttributes" : "exactly one of nonResourceAttributes or resourceAttributes must be specified");
                }

                if (request.Kind.Plural != "selfsubjectaccessreviews" && spec.Text("user") is null or "" && spec.List("groups") is null)
                {
                    problems.InvalidText("spec.user", "\"\"", "at least one of user or group must be specified");
                }

                // The server leaves the kind out of this one answer.
                problems.Throw(request.Kind with { Kind = "" }, "");
                var own = request.Kind.Plural == "selfsubjectaccessreviews" || spec.Texts("groups").Contains("system:masters");
                review["status"] = own ? new JsonMap { ["allowed"] = true } : new JsonMap { ["allowed"] = false };
                break;
            case "selfsubjectrulesreviews":
                if (spec.Text("namespace") is not { Length: > 0 })
                {
                    throw ApiError.BadRequest("no namespace on request");
                }

                review["spec"] = new JsonMap();
                review["status"] = new JsonMap
                {
                    ["resourceRules"] = JsonTree.ListOf(new JsonMap { ["verbs"] = JsonTree.ListOf("*"), ["apiGroups"] = JsonTree.ListOf("*"), ["resources"] = JsonTree.ListOf("*") }),
                    ["nonResourceRules"] = JsonTree.ListOf(new JsonMap { ["verbs"] = JsonTree.ListOf("*"), ["nonResourceURLs"] = JsonTree.ListOf("*") }),
                    ["incomplete"] = false,
                };
                break;
            case "selfsubjectreviews":
                review.Ensure("metadata")["creationTimestamp"] = registry.Clock.NowText;
                review["status"] = new JsonMap { ["userInfo"] = User() };
                break;
            case "tokenreviews":
                review["status"] = new JsonMap { ["authenticated"] = true, ["user"] = User() };
                break;
            case "bindings":
                Bind(registry, request.Namespace, review.Text("metadata", "name") ?? "", review);
                await write.FinishAsync(request, answer, 201, new JsonMap { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonMap(), ["status"] = "Success", ["code"] = 201L });
                return;
        }

        if (review.Map("metadata") is { } metadata && !metadata.ContainsKey("managedFields") && request.Kind.Group == "authorization.k8s.io" && spec.Count > 0)
        {
            Managed(review, request, metadata);
        }

        await write.FinishAsync(request, answer, 201, review);
    }

    /// <summary>Reviews are not kept, but answered with the owner of their fields.</summary>
    private void Managed(JsonMap review, ApiRequest request, JsonMap metadata)
    {
        var given = new JsonMap { ["apiVersion"] = request.Kind.ApiVersion, ["kind"] = request.Kind.Kind, ["metadata"] = new JsonMap(), ["spec"] = review.Map("spec") };
        var managed = Apply.ManagedFields.Read([]);
        managed.RecordUpdate(Schema.Normalizer.Normalize([], request.Kind.Shape), given, request.Kind.Shape, new Apply.Writer(request.Manager(), request.Kind.ApiVersion, "", registry.Clock.NowText, false));
        metadata.SetOrRemove("managedFields", managed.Write());
    }

    private static JsonMap User() => new() { ["username"] = "sandbox-admin", ["groups"] = JsonTree.ListOf("system:masters", "system:authenticated") };

    /// <summary>Puts a Pod on a node by hand.</summary>
    public static void Bind(ObjectRegistry registry, string ns, string name, JsonMap binding)
    {
        var pods = registry.Kinds.BuiltIn("", "pods");
        registry.Update(pods, ns, name, pod =>
        {
            if (pod.Text("spec", "nodeName") is { Length: > 0 } node)
            {
                throw ApiError.Conflict("", "pods/binding", name, $"pod {name} is already assigned to node \"{node}\"");
            }

            var next = JsonTree.Clone(pod);
            next.Ensure("spec")["nodeName"] = binding.Text("target", "name");
            return next;
        }, new WriteContext("kube-scheduler") { Internal = true, Silent = true });
    }
}
