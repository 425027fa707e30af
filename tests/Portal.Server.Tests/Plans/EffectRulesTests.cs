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
    [InlineData(Daemon + "spec: {template: {spec: {}}}", Daemon + "spec: {template: {spec: {nodeSelector: {disk: none}}}}", Effect.Recreate)]
    [InlineData(Daemon + "spec: {template: {spec: {nodeSelector: {disk: ssd}}}}", Daemon + "spec: {template: {spec: {}}}", Effect.RollingRestart)]
    [InlineData(Daemon + "spec: {template: {spec: {tolerations: [{operator: Exists}]}}}", Daemon + "spec: {template: {spec: {}}}", Effect.Recreate)]
    [InlineData(Daemon + "spec: {template: {spec: {}}}", Daemon + "spec: {updateStrategy: {type: OnDelete}, template: {spec: {priorityClassName: a}}}", Effect.ConfigReload)]
    [InlineData("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a, namespace: n, generation: 2}\nspec: {template: {spec: {}}}\nstatus: {desiredNumberScheduled: 0, observedGeneration: 2}", Daemon + "spec: {template: {spec: {priorityClassName: a}}}", Effect.None)]
    [InlineData("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a, namespace: n, generation: 2}\nspec: {template: {spec: {}}}\nstatus: {desiredNumberScheduled: 0, observedGeneration: 1}", Daemon + "spec: {template: {spec: {priorityClassName: a}}}", Effect.RollingRestart)]
    [InlineData(Deployment + "spec: {replicas: 1, template: {a: 1}}", Deployment + "spec: {replicas: 1, template: {a: 2}, strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 25%}}}", Effect.Recreate)]
    [InlineData(Deployment + "spec: {replicas: 3, template: {a: 1}}", Deployment + "spec: {replicas: 3, template: {a: 2}, strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 25%}}}", Effect.RollingRestart)]
    [InlineData(Deployment + "spec: {replicas: 1, template: {a: 1}}", Deployment + "spec: {replicas: 1, template: {a: 2}, strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}}", Effect.RollingRestart)]
    [InlineData(Deployment + "spec: {replicas: 5, template: {a: 1}}", Deployment + "spec: {replicas: 2, template: {a: 2}, strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 3}}}", Effect.Recreate)]
    [InlineData(Deployment + "spec: {replicas: 2, template: {a: 1}}", Deployment + "spec: {replicas: 5, template: {a: 2}, strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 3}}}", Effect.RollingRestart)]
    [InlineData(Stateful + "spec: {replicas: 3, template: {a: 1}}", Stateful + "spec: {replicas: 1, template: {a: 2}}", Effect.Recreate)]
    [InlineData(Daemon + "spec: {template: {a: 1}}\nstatus: {desiredNumberScheduled: 3}", Daemon + "spec: {template: {a: 2}, updateStrategy: {rollingUpdate: {maxUnavailable: 3}}}", Effect.Recreate)]
    [InlineData(Daemon + "spec: {template: {a: 1}}\nstatus: {desiredNumberScheduled: 4}", Daemon + "spec: {template: {a: 2}, updateStrategy: {rollingUpdate: {maxUnavailable: 3}}}", Effect.RollingRestart)]
    [InlineData(Daemon + "spec: {template: {a: 1}}\nstatus: {desiredNumberScheduled: 2}", Daemon + "spec: {template: {a: 2}, updateStrategy: {rollingUpdate: {maxUnavailable: 60%}}}", Effect.Recreate)]
    [InlineData(Daemon + "spec: {template: {a: 1}}\nstatus: {desiredNumberScheduled: 1}", Daemon + "spec: {template: {a: 2}, updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}}", Effect.RollingRestart)]
    [InlineData(Daemon + "spec: {template: {a: 1}}", Daemon + "spec: {template: {a: 2}, updateStrategy: {rollingUpdate: {maxUnavailable: 95%}}}", Effect.Recreate)]
    [InlineData(Job + "spec: {parallelism: 2}\nstatus: {active: 2}", Job + "spec: {parallelism: 0}", Effect.Recreate)]
    [InlineData(Job + "spec: {parallelism: 4}\nstatus: {active: 4}", Job + "spec: {parallelism: 2}", Effect.Recreate)]
    [InlineData(Job + "spec: {parallelism: 4}\nstatus: {active: 1}", Job + "spec: {parallelism: 2}", Effect.None)]
    [InlineData("apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: {name: a, namespace: n}\nspec: {mainClass: a}", "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: {name: a, namespace: n}\nspec: {mainClass: b}", Effect.Recreate)]
    [InlineData("apiVersion: sparkoperator.k8s.io/v1beta2\nkind: ScheduledSparkApplication\nmetadata: {name: a, namespace: n}\nspec: {mainClass: a}", "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: ScheduledSparkApplication\nmetadata: {name: a, namespace: n}\nspec: {mainClass: b}", Effect.RollingRestart)]
    [InlineData("apiVersion: v1\nkind: Endpoints\nmetadata: {name: a, namespace: n}\nsubsets: [{addresses: [{ip: 10.0.0.1}]}]", "apiVersion: v1\nkind: Endpoints\nmetadata: {name: a, namespace: n}\nsubsets: [{addresses: [{ip: 10.0.0.2}]}]", Effect.AccessChange)]
    [InlineData("apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a, namespace: n}\nendpoints: [{addresses: [10.0.0.1]}]", "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a, namespace: n}\nendpoints: [{addresses: [10.0.0.2]}]", Effect.AccessChange)]
    [InlineData("apiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: {name: a, namespace: n}\nspec: {validation: {hostname: a1}}", "apiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: {name: a, namespace: n}\nspec: {validation: {hostname: a2}}", Effect.AccessChange)]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: n, annotations: {external-dns.alpha.kubernetes.io/hostname: a.b}}\nspec: {type: ClusterIP}", "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: n, annotations: {external-dns.alpha.kubernetes.io/hostname: c.b}}\nspec: {type: ClusterIP}", Effect.AccessChange)]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: n, annotations: {external-dns.alpha.kubernetes.io/hostname: a.b}}\nspec: {type: ClusterIP}", "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: n, annotations: {}}\nspec: {type: ClusterIP}", Effect.AccessChange)]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: n, annotations: {other: a}}\nspec: {type: ClusterIP}", "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: n, annotations: {other: b}}\nspec: {type: ClusterIP}", Effect.None)]
    [InlineData("apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {name: a, namespace: n}\nspec: {updatePolicy: {updateMode: 'Off'}}", "apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {name: a, namespace: n}\nspec: {updatePolicy: {updateMode: 'Recreate'}}", Effect.RollingRestart)]
    [InlineData("apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {name: a, namespace: n}\nspec: {updatePolicy: {updateMode: 'Off'}}", "apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {name: a, namespace: n}\nspec: {updatePolicy: {updateMode: 'Auto'}}", Effect.RollingRestart)]
    [InlineData("apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {name: a, namespace: n}\nspec: {updatePolicy: {updateMode: 'Auto'}}", "apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {name: a, namespace: n}\nspec: {updatePolicy: {updateMode: 'Off'}}", Effect.None)]
    [InlineData("apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {name: a, namespace: n}\nspec: {updatePolicy: {updateMode: 'Off'}}", "apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {name: a, namespace: n}\nspec: {updatePolicy: {updateMode: 'Initial'}}", Effect.None)]
    public void A_change_is_told_as_it_comes(string live, string after, Effect effect) => Assert.Equal(effect, Said(DryRunResult.Changed, live, after));

    [Theory]
    [InlineData(Job + "status: {active: 1}", Effect.Recreate)]
    [InlineData(Job + "spec: {}", Effect.None)]
    [InlineData("apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: a, namespace: n}\n", Effect.DataAtRisk)]
    [InlineData("apiVersion: snapshot.storage.k8s.io/v1\nkind: VolumeSnapshot\nmetadata: {name: a, namespace: n}\n", Effect.DataAtRisk)]
    [InlineData("apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: a, namespace: n}\n", Effect.AccessChange)]
    [InlineData("apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: a, namespace: n}\n", Effect.None)]
    [InlineData("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: n}\nstatus: {active: [{name: a-1}]}", Effect.Recreate)]
    [InlineData("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: n}\nstatus: {lastScheduleTime: x}", Effect.None)]
    [InlineData("apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: {name: a, namespace: n}\nspec: {mainClass: a}", Effect.DataAtRisk)]
    [InlineData("apiVersion: sparkoperator.k8s.io/v1beta2\nkind: ScheduledSparkApplication\nmetadata: {name: a, namespace: n}\nspec: {mainClass: a}", Effect.DataAtRisk)]
    [InlineData("apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: a, namespace: n}", Effect.None)]
    [InlineData("apiVersion: v1\nkind: Endpoints\nmetadata: {name: a, namespace: n}\nsubsets: [{addresses: [{ip: 10.0.0.1}]}]", Effect.AccessChange)]
    [InlineData("apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a, namespace: n}\nendpoints: [{addresses: [10.0.0.1]}]", Effect.AccessChange)]
    [InlineData("apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: a}", Effect.AccessChange)]
    public void What_is_removed_takes_along_what_it_made(string live, Effect effect) => Assert.Equal(effect, Said(DryRunResult.Removed, live, null));

    /// <summary>What goes while somebody still needs it was said to be used by nothing where no pod runs all the time, and of some volumes.</summary>
    [Theory]
    [InlineData("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: u, namespace: ns}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: a}}}]}]}}}}}", Effect.Recreate)]
    [InlineData("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: u, namespace: ns}\nspec: {jobTemplate: {spec: {template: {spec: {imagePullSecrets: [{name: s}]}}}}}", Effect.Recreate)]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: u, namespace: ns}\nspec: {replicas: 1, template: {spec: {volumes: [{name: v, secret: {secretName: s}}]}}}", Effect.Recreate)]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: u, namespace: ns}\nspec: {replicas: 1, template: {spec: {volumes: [{name: v, projected: {sources: [{secret: {name: s}}]}}]}}}", Effect.Recreate)]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: u, namespace: ns}\nspec: {replicas: 1, template: {spec: {volumes: [{name: v, csi: {driver: d, nodePublishSecretRef: {name: s}}}]}}}", Effect.Recreate)]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: u, namespace: ns}\nspec: {replicas: 1, template: {spec: {volumes: [{name: v, azureFile: {secretName: s, shareName: x}}]}}}", Effect.Recreate)]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: u, namespace: ns}\nspec: {replicas: 1, template: {spec: {volumes: [{name: v, cephfs: {secretRef: {name: s}}}]}}}", Effect.Recreate)]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: u, namespace: ns}\nspec: {replicas: 1, template: {spec: {volumes: [{name: v, flexVolume: {secretRef: {name: s}}}]}}}", Effect.Recreate)]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: u, namespace: ns}\nspec: {replicas: 1, template: {spec: {containers: [{env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: a, optional: true}}}]}]}}}", Effect.None)]
    public void What_is_still_named_is_missed(string user, Effect effect)
    {
        const string secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: ns}\ndata: {a: YQ==}\n";
        const string external = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e, namespace: ns}\nspec: {target: {name: s}}\n";
        foreach (var gone in new[] { secret, external })
        {
            Assert.Equal(effect, ObjectEffects.Of([Outcome(DryRunResult.Removed, gone, null), Outcome(DryRunResult.Created, user, user)])[0].Effect);
            Assert.Equal(Effect.None, ObjectEffects.Of([Outcome(DryRunResult.Removed, gone, null), Outcome(DryRunResult.Removed, user, null)])[0].Effect);
        }
    }

    /// <summary>The Secret that it makes goes, or changes, with it.</summary>
    [Theory]
    [InlineData("target: {name: s}, refreshInterval: 1h", "target: {name: s}, refreshInterval: 2h", Effect.None)]
    [InlineData("target: {name: s}, data: [a]", "target: {name: s}, data: [b]", Effect.ConfigReload)]
    [InlineData("target: {name: s}", "target: {name: other}", Effect.Recreate)]
    [InlineData("target: {name: s}", null, Effect.Recreate)]
    [InlineData("target: {name: s, creationPolicy: Orphan}", null, Effect.None)]
    public void An_external_secret_counts_as_its_secret(string before, string? after, Effect effect)
    {
        static string External(string spec) => "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e, namespace: n}\nspec: {" + spec + "}\n";
        const string user = Deployment + "spec: {replicas: 2, template: {spec: {containers: [{envFrom: [{secretRef: {name: s}}]}]}}}";
        Assert.Equal(effect, ObjectEffects.Of([Outcome(after is null ? DryRunResult.Removed : DryRunResult.Changed, External(before), after is null ? null : External(after)), Outcome(DryRunResult.Unchanged, user, user)])[0].Effect);
    }

    [Theory]
    [InlineData("Deployment/a", "pods stop before new ones start", "Deployment/a is down while its pods are replaced.")]
    [InlineData("Deployment/a", "it is scaled to none: nothing runs any more", "Deployment/a: it is scaled to none: nothing runs any more.")]
    [InlineData("Secret/c", "StatefulSet/a asks Reloader to restart it when it changes", "Secret/c changes: StatefulSet/a asks Reloader to restart it when it changes. Pods are down meanwhile.")]
    [InlineData("Job/c", "it is suspended: its pods are stopped", "Job/c: it is suspended: its pods are stopped.")]
    public void Downtime_names_what_is_down(string item, string reason, string message) =>
        Assert.Equal(message, PlanFindings.Downtime(new ObjectChange(item, "v1", "n", ObjectChangeKind.Changed, Effect.Recreate, reason, "", "")));

    [Theory]
    [InlineData("apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: n}", "volumes: [{csi: {nodePublishSecretRef: {name: s}}}]", "Secret/s")]
    [InlineData("apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: n}", "volumes: [{azureFile: {secretName: s}}]", "Secret/s")]
    [InlineData("apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: s, namespace: n}", "imagePullSecrets: [{name: s}]", "Secret/s")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: n}", "containers: [{envFrom: [{configMapRef: {name: c}}]}]", "ConfigMap/c")]
    [InlineData("apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: p}", "priorityClassName: p", "PriorityClass/p")]
    [InlineData("apiVersion: v1\nkind: Secret\nmetadata: {name: t, namespace: n}", "imagePullSecrets: [{name: s}]", null)]
    public void What_goes_and_is_still_named_is_found(string gone, string pod, string? item)
    {
        var user = KubeObject.FromYaml("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: u, namespace: n}\nspec: {jobTemplate: {spec: {template: {spec: {" + pod + "}}}}}")!;
        var found = Portal.Server.Features.Plans.Checks.ReferenceCheck.Gone([Outcome(DryRunResult.Removed, gone, null)], [user]).SingleOrDefault();
        Assert.Equal(item is null ? null : $"{item} goes with this plan, and CronJob/u still names it.", found?.Message);
        Assert.True(found is null or { Code: "reference", Level: FindingLevel.Warning });
    }

    [Fact]
    public void A_priority_class_that_is_still_named_is_missed()
    {
        const string priority = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: p}\nvalue: 5\n";
        const string job = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: n}\nspec: {jobTemplate: {spec: {template: {spec: {priorityClassName: p}}}}}";
        Assert.Equal(Effect.Recreate, ObjectEffects.Of([Outcome(DryRunResult.Removed, priority, null), Outcome(DryRunResult.Unchanged, job, job)])[0].Effect);
        Assert.Equal(Effect.None, ObjectEffects.Of([Outcome(DryRunResult.Removed, priority, null), Outcome(DryRunResult.Removed, job, null)])[0].Effect);
    }

    [Fact]
    public void A_config_map_that_is_still_named_is_missed()
    {
        const string map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: n}\ndata: {a: b}\n";
        static string With(int image) => Deployment + "spec: {replicas: 1, template: {spec: {containers: [{image: \"" + image + "\", envFrom: [{configMapRef: {name: c}}]}]}}}";
        var effects = ObjectEffects.Of([Outcome(DryRunResult.Removed, map, null), Outcome(DryRunResult.Changed, With(1), With(2))]);
        Assert.Equal((Effect.Recreate, "Deployment/a still names it: new pods cannot start without it"), effects[0]);
    }

    /// <summary>A Secret that no pod mounts was said to be used by nothing: images are pulled with it, and doors show it.</summary>
    [Theory]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: u, namespace: ns}\nspec: {template: {spec: {imagePullSecrets: [{name: s}]}}}", Effect.ConfigReload, Effect.Recreate)]
    [InlineData("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: u, namespace: ns}\nimagePullSecrets: [{name: s}]", Effect.ConfigReload, Effect.Recreate)]
    [InlineData("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: u, namespace: ns}\nspec: {tls: [{secretName: s}]}", Effect.AccessChange, Effect.AccessChange)]
    [InlineData("apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: u, namespace: g}\nspec: {listeners: [{tls: {certificateRefs: [{name: s, namespace: ns}]}}]}", Effect.AccessChange, Effect.AccessChange)]
    [InlineData("apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: u, namespace: ns}\nspec: {servers: [{tls: {credentialName: s}}]}", Effect.AccessChange, Effect.AccessChange)]
    [InlineData("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: u, namespace: ns}\nspec: {tls: [{secretName: other}]}", Effect.None, Effect.None)]
    public void A_secret_is_used_by_those_who_pull_and_show_with_it(string user, Effect changed, Effect removed)
    {
        const string before = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: ns}\ndata: {a: YQ==}\n";
        const string after = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: ns}\ndata: {a: Yg==}\n";
        var other = Outcome(DryRunResult.Unchanged, user, user);
        Assert.Equal(changed, ObjectEffects.Of([Outcome(DryRunResult.Changed, before, after), other])[0].Effect);
        Assert.Equal(removed, ObjectEffects.Of([Outcome(DryRunResult.Removed, before, null), other])[0].Effect);
        Assert.Equal(Effect.None, ObjectEffects.Of([Outcome(DryRunResult.Removed, before, null), Outcome(DryRunResult.Removed, user, null)])[0].Effect);
    }

    /// <summary>Of Reloader's annotations only those at the workload were known, and only for what it mounts.</summary>
    [Theory]
    [InlineData("", "", true, "", Effect.ConfigReload)]
    [InlineData("reloader.stakater.com/auto: 'true'", "", true, "", Effect.RollingRestart)]
    [InlineData("", "reloader.stakater.com/auto: 'true'", true, "", Effect.RollingRestart)]
    [InlineData("", "reloader.stakater.com/auto: 'true'", false, "", Effect.None)]
    [InlineData("configmap.reloader.stakater.com/reload: 'a, c'", "", false, "", Effect.RollingRestart)]
    [InlineData("configmap.reloader.stakater.com/reload: 'c-.*|c'", "", false, "", Effect.RollingRestart)]
    [InlineData("secret.reloader.stakater.com/reload: c", "", true, "", Effect.ConfigReload)]
    [InlineData("reloader.stakater.com/search: 'true'", "", true, "reloader.stakater.com/match: 'true'", Effect.RollingRestart)]
    [InlineData("", "reloader.stakater.com/search: 'true'", true, "reloader.stakater.com/match: 'true'", Effect.RollingRestart)]
    [InlineData("reloader.stakater.com/search: 'true'", "", true, "", Effect.ConfigReload)]
    [InlineData("reloader.stakater.com/auto: 'true'", "", true, "reloader.stakater.com/ignore: 'true'", Effect.ConfigReload)]
    public void Reloader_is_told_by_its_annotations(string workload, string pod, bool mounts, string config, Effect effect)
    {
        string Map(string data) => $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: n, annotations: {{{config}}}}}\ndata: {{a: {data}}}\n";
        string Work(string kind, string spec) => $"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: a, namespace: n, annotations: {{{workload}}}}}\nspec: {{{spec}, template: {{metadata: {{annotations: {{{pod}}}}}, spec: {{containers: [{(mounts ? "{envFrom: [{configMapRef: {name: c}}]}" : "{name: a}")}]}}}}}}";
        var deployment = Work("Deployment", "replicas: 2");
        Assert.Equal(effect, ObjectEffects.Of([Outcome(DryRunResult.Changed, Map("b"), Map("d")), Outcome(DryRunResult.Unchanged, deployment, deployment)])[0].Effect);
        // Its only pod stops before the new one starts.
        var single = Work("StatefulSet", "replicas: 1");
        Assert.Equal(effect == Effect.RollingRestart ? Effect.Recreate : effect, ObjectEffects.Of([Outcome(DryRunResult.Changed, Map("b"), Map("d")), Outcome(DryRunResult.Unchanged, single, single)])[0].Effect);
    }

    private static Effect Said(DryRunResult result, string live, string? after) => ObjectEffects.Of([Outcome(result, live, after)])[0].Effect;

    private static DryRunOutcome Outcome(DryRunResult result, string live, string? after)
    {
        var item = KubeObject.FromYaml(live)!;
        return new DryRunOutcome(item.Ref, result, item, after is null ? null : KubeObject.FromYaml(after), "");
    }
}
