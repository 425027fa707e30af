using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;
using Portal.Server.Features.Plans;

namespace Portal.Server.Tests.Plans;

/// <summary>Each of these was called milder than what happened.</summary>
public sealed class EffectRulesTests
{
    private const string Deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: n}\n";
    private const string Stateful = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a, namespace: n}\n";
    private const string Daemon = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a, namespace: n}\n";
    private const string Job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, namespace: n}\n";
    private const string Definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\nspec: {versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: ";

    [Theory]
    [InlineData(Deployment + "spec: {paused: true, replicas: 2}", Deployment + "spec: {replicas: 2}", Effect.RollingRestart)]
    [InlineData(Deployment + "spec: {paused: true, replicas: 2}\nstatus: {replicas: 2, updatedReplicas: 2}", Deployment + "spec: {replicas: 2}", Effect.None)]
    [InlineData(Stateful + "spec: {replicas: 2, updateStrategy: {rollingUpdate: {partition: 2}}}", Stateful + "spec: {replicas: 2, updateStrategy: {rollingUpdate: {partition: 0}}}", Effect.RollingRestart)]
    [InlineData(Stateful + "spec: {replicas: 2, updateStrategy: {type: OnDelete}}", Stateful + "spec: {replicas: 2, updateStrategy: {type: RollingUpdate}}", Effect.RollingRestart)]
    [InlineData(Stateful + "spec: {replicas: 2, updateStrategy: {type: OnDelete}}\nstatus: {currentRevision: r, updateRevision: r}", Stateful + "spec: {replicas: 2, updateStrategy: {type: RollingUpdate}}", Effect.None)]
    [InlineData(Daemon + "spec: {updateStrategy: {type: OnDelete}}", Daemon + "spec: {updateStrategy: {type: RollingUpdate}}", Effect.RollingRestart)]
    [InlineData(Deployment + "spec: {replicas: 3, template: {a: 1}}", Deployment + "spec: {replicas: 3, template: {a: 2}, strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 100%}}}", Effect.Recreate)]
    [InlineData(Deployment + "spec: {replicas: 3, template: {a: 1}}", Deployment + "spec: {replicas: 3, template: {a: 2}, strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 25%}}}", Effect.RollingRestart)]
    [InlineData(Daemon + "spec: {template: {a: 1}}", Daemon + "spec: {template: {a: 2}, updateStrategy: {rollingUpdate: {maxUnavailable: 100%}}}", Effect.Recreate)]
    [InlineData(Job + "spec: {}\nstatus: {active: 1}", Job + "spec: {suspend: true}", Effect.Recreate)]
    [InlineData(Job + "spec: {}", Job + "spec: {suspend: true}", Effect.None)]
    [InlineData(Definition + "{properties: {a: {type: string, nullable: true}}}}}]}", Definition + "{properties: {a: {type: string}}}}}]}", Effect.DataAtRisk)]
    [InlineData(Definition + "{properties: {a: {type: string, default: x}}}}}]}", Definition + "{properties: {a: {type: string, default: y}}}}}]}", Effect.DataAtRisk)]
    [InlineData(Definition + "{properties: {a: {type: integer}}}}}]}", Definition + "{properties: {a: {type: integer, multipleOf: 5}}}}}]}", Effect.DataAtRisk)]
    public void A_change_is_told_as_it_comes(string live, string after, Effect effect) => Assert.Equal(effect, Said(DryRunResult.Changed, live, after));

    [Theory]
    [InlineData(Job + "status: {active: 1}", Effect.Recreate)]
    [InlineData(Job + "spec: {}", Effect.None)]
    [InlineData("apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: a, namespace: n}\n", Effect.DataAtRisk)]
    [InlineData("apiVersion: snapshot.storage.k8s.io/v1\nkind: VolumeSnapshot\nmetadata: {name: a, namespace: n}\n", Effect.DataAtRisk)]
    [InlineData("apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: a, namespace: n}\n", Effect.AccessChange)]
    [InlineData("apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: a, namespace: n}\n", Effect.None)]
    public void What_is_removed_takes_along_what_it_made(string live, Effect effect) => Assert.Equal(effect, Said(DryRunResult.Removed, live, null));

    [Fact]
    public void A_config_map_that_is_still_named_is_missed()
    {
        const string map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: n}\ndata: {a: b}\n";
        static string With(int image) => Deployment + "spec: {replicas: 1, template: {spec: {containers: [{image: \"" + image + "\", envFrom: [{configMapRef: {name: c}}]}]}}}";
        var effects = ObjectEffects.Of([Outcome(DryRunResult.Removed, map, null), Outcome(DryRunResult.Changed, With(1), With(2))]);
        Assert.Equal((Effect.Recreate, "Deployment/a still names it: new pods cannot start without it"), effects[0]);
    }

    private static Effect Said(DryRunResult result, string live, string? after) => ObjectEffects.Of([Outcome(result, live, after)])[0].Effect;

    private static DryRunOutcome Outcome(DryRunResult result, string live, string? after)
    {
        var item = KubeObject.FromYaml(live)!;
        return new DryRunOutcome(item.Ref, result, item, after is null ? null : KubeObject.FromYaml(after), "");
    }
}
