using Portal.Core.Operations;
using Portal.Helm.Actions;
using Portal.Server.Features.Clusters;
using Portal.Server.Features.Plans;

namespace Portal.Server.Features.Operations;

/// <summary>What must hold right before the cluster is changed: it answers, the plan still says what would happen, the account may write.</summary>
internal sealed class Preflight(PlanVoid plans)
{
    private static readonly (string Group, string Resource, string Verb)[] Needed = [("", "secrets", "create"), ("", "secrets", "update"), ("apps", "deployments", "patch")];

    /// <exception cref="HelmException">What does not hold, in words.</exception>
    public async Task<string> RunAsync(ClusterConnections.Connection connection, PlanRow plan, PreparedAction action, CancellationToken cancellation)
    {
        var version = await connection.Kube.GetVersionAsync(cancellation);
        if (plan.Kind is not OperationKind.Test && await plans.CheckAsync(connection, plan, action, cancellation) is { } reason)
        {
            throw new HelmException($"the plan is out of date: {reason}. Make a new plan.");
        }

        foreach (var (group, resource, verb) in Needed)
        {
            if (!await connection.Kube.CanIAsync(group, resource, verb, action.Target.Namespace, cancellation))
            {
                throw new HelmException($"the portal's account may not {verb} {resource} in {action.Target.Namespace}: check the cluster's rights");
            }
        }

        return $"Kubernetes {version}, the plan still holds";
    }
}
