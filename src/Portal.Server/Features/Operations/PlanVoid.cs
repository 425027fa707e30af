using Portal.Helm.Actions;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Plans;

namespace Portal.Server.Features.Operations;

/// <summary>Whether a plan still says what would happen: same base, same set of objects, same effects. Versions, status and what controllers write do not count.</summary>
internal static class PlanVoid
{
    /// <summary>What differs, in words, or null.</summary>
    public static async Task<string?> ReasonAsync(ClusterConnections.Connection connection, PlanRow plan, PreparedAction action, CancellationToken cancellation)
    {
        var history = await connection.Helm.HistoryAsync(action.Target.Namespace, action.Target.Name, cancellation);
        var last = history.Count > 0 ? history[^1] : null;
        var now = BaseState.Of(last);
        if (now.Revision != action.Base.Revision)
        {
            return last is null ? $"revision {action.Base.Revision} is not there any more" : $"revision {last.Version} was made meanwhile ({last.Info.Description})";
        }

        if (now.Status != action.Base.Status)
        {
            return $"revision {now.Revision} is {now.Status} now, it was {action.Base.Status}";
        }

        if (now != action.Base)
        {
            return $"the record of revision {now.Revision} was changed";
        }

        var before = OperationView.Read<Dictionary<string, string>>(plan.Outcomes) ?? [];
        var after = OperationView.Read<Dictionary<string, string>>(Planner.Outcomes(await connection.Helm.DryRunAsync(action, cancellation)))!;
        foreach (var key in before.Keys.Union(after.Keys).Order(StringComparer.Ordinal))
        {
            var was = before.GetValueOrDefault(key);
            var becomes = after.GetValueOrDefault(key);
            if (was != becomes)
            {
                return $"{key.Split(' ')[^1]}: the effect would be {becomes ?? "none (it is gone)"}, the plan says {was ?? "nothing of it"}";
            }
        }

        return null;
    }
}
