using System.Text.Json.Nodes;
using Portal.Core.Catalog;
using Portal.Core.Plans;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans;

/// <summary>Looks whether the steps of upgrade guides that can be seen in the cluster are done.</summary>
internal static class PlanSteps
{
    public static async Task<IReadOnlyList<PlannedStep>> OfAsync(IEnumerable<GuideStep> steps, string releaseNamespace, KubeClient kube, CancellationToken cancellation)
    {
        var result = new List<PlannedStep>();
        foreach (var step in steps)
        {
            result.Add(step.Check is { } check ? await LookAsync(step, check, releaseNamespace, kube, cancellation) : new PlannedStep(step, StepOutcome.NotChecked, ""));
        }

        return result;
    }

    private static async Task<PlannedStep> LookAsync(GuideStep step, StepCheck check, string releaseNamespace, KubeClient kube, CancellationToken cancellation)
    {
        var name = $"{check.Kind}/{check.Name}";
        try
        {
            var found = await kube.GetAsync(new ObjectRef(check.ApiVersion, check.Kind, check.Namespace ?? releaseNamespace, check.Name), cancellation);
            var missing = found is null ? $"There is no {name}." : Missing(found, check);
            return missing is null ? new PlannedStep(step, StepOutcome.Met, $"{name} is as it should be.") : new PlannedStep(step, StepOutcome.NotMet, missing);
        }
        catch (KubeException error) when (error.Code is 403)
        {
            return new PlannedStep(step, StepOutcome.NotChecked, $"The portal may not read {name}.");
        }
        catch (KubeException error) when (error.Code is 404)
        {
            return new PlannedStep(step, StepOutcome.NotMet, $"The cluster knows no {check.Kind} of {check.ApiVersion}.");
        }
    }

    /// <summary>What an object lacks of what a step asks for; null when it lacks nothing. Pure.</summary>
    internal static string? Missing(KubeObject item, StepCheck check)
    {
        var name = $"{check.Kind}/{check.Name}";
        if (check.ServesVersion is { } version && !Items(item["spec", "versions"]).Any(v => (string?)v["name"] == version && (bool?)v["served"] == true))
        {
            return $"{name} does not serve {version}.";
        }

        if (check is { Resource: { } resource, Verbs: { } verbs })
        {
            // A rule counts for each verb by itself: rights may be spread over rules.
            var absent = verbs.Where(verb => !Items(item["rules"]).Any(r => Names(r["apiGroups"], check.Group ?? "") && Names(r["resources"], resource) && Names(r["verbs"], verb))).ToArray();
            return absent.Length == 0 ? null : $"{name} does not allow {string.Join(", ", absent)} on {resource}{(check.Group is { Length: > 0 } group ? $".{group}" : "")}.";
        }

        return null;
    }

    private static IEnumerable<JsonObject> Items(JsonNode? node) => (node as JsonArray ?? []).OfType<JsonObject>();

    private static bool Names(JsonNode? node, string word) => (node as JsonArray ?? []).Any(n => n is JsonValue v && v.TryGetValue<string>(out var text) && (text == word || text == "*"));
}
