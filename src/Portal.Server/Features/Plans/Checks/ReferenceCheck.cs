using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Portal.Core.Plans;
using Portal.Helm.Actions;
using Portal.Helm.Kube;

namespace Portal.Server.Features.Plans.Checks;

/// <summary>Whether the Secrets, ConfigMaps and keys that pods and Ingresses name exist or are made by the plan, and how long certificates still hold.</summary>
internal static class ReferenceCheck
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    /// <summary>What names a Secret or ConfigMap; Key is null where all of it is meant. IsPull: only images of a registry that asks for it need it.</summary>
    public sealed record Reference(string Kind, string Name, string? Key, string By, bool Changes, bool IsPull = false);

    public static async Task<IReadOnlyList<Finding>> OfAsync(CheckInput input, CancellationToken cancellation)
    {
        var planned = input.Planned.ToArray();
        var made = planned.Select(p => p.Object).Where(o => o.Kind is "Secret" or "ConfigMap").GroupBy(o => (o.Kind, o.Name)).ToDictionary(g => g.Key, g => g.Last());
        var references = planned.Where(p => p.Object.Namespace == input.Namespace).SelectMany(p => References(p.Object, p.Result != DryRunResult.Unchanged))
            .Concat(ValuesReferences.Of(input.Action.Target.Config, BaseState.Of(input.Action.Target).ConfigHash != input.Action.Base.ConfigHash)).ToArray();
        ObjectRef At((string Kind, string Name) r) => new("v1", r.Kind, input.Namespace, r.Name);
        var findings = new List<Finding>();
        var found = await PlanChecks.FindAsync(input, references.Select(r => (r.Kind, r.Name)).Where(r => !made.ContainsKey(r)).Select(At), findings, cancellation);
        var others = planned.Select(p => MadeByOthers(p.Object)).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return
        [
            .. findings,
            .. Gone(input.Outcomes, [.. planned.Select(p => p.Object)]),
            .. Missing(references, r => made.GetValueOrDefault(r) ?? found.GetValueOrDefault(At(r)), r => !made.ContainsKey(r) && (!found.TryGetValue(At(r), out var item) || (r.Kind == "Secret" && item is null && others.Contains(r.Name)))),
            .. Certificates([.. planned.Select(p => p.Object), .. found.Values.OfType<KubeObject>()], input.Now),
        ];
    }

    /// <summary>What goes with the plan although something that stays names it. Pure.</summary>
    public static IEnumerable<Finding> Gone(IReadOnlyList<DryRunOutcome> outcomes, IReadOnlyList<KubeObject> planned)
    {
        Finding Of(string item, IEnumerable<string> by)
        {
            var names = by.Distinct(StringComparer.Ordinal).ToArray();
            return PlanChecks.Finding("reference", FindingLevel.Warning, item, $"{item} goes with this plan, and {string.Join(", ", names.Take(3))}{(names.Length > 3 ? $" and {names.Length - 3} more" : "")} still {(names.Length == 1 ? "names" : "name")} it.", "Name another one in the values, or keep it: new pods cannot start as they should without it.");
        }

        var gone = outcomes.Select(ObjectEffects.ConfigOf).OfType<DryRunOutcome>().Where(o => o.Result == DryRunResult.Removed).Select(o => o.Object)
            .Where(o => !planned.Any(p => p.Kind == o.Kind && p.Namespace == o.Namespace && p.Name == o.Name)).ToArray();
        var references = gone.Length == 0 ? null : planned.SelectMany(p => References(p, changes: true).Select(r => (Key: (r.Kind, p.Namespace, r.Name), r.By))).ToLookup(r => r.Key, r => r.By);
        var classes = outcomes.Where(o => o.Result == DryRunResult.Removed && o.Object.Kind == "PriorityClass").Select(o => o.Object);
        return gone.Select(o => (o, By: references![(o.Kind, o.Namespace, o.Name)]))
            .Concat(classes.Select(c => (c, By: planned.Where(p => PlanChecks.PodOf(p)?.Text("spec", "priorityClassName") == c.Name).Select(p => $"{p.Kind}/{p.Name}"))))
            .Where(g => g.By.Any()).Select(g => Of(g.Item1.ToString(), g.By));
    }

    /// <summary>What does not exist. Pure. What nothing is known of is left out.</summary>
    public static IEnumerable<Finding> Missing(IEnumerable<Reference> references, Func<(string Kind, string Name), KubeObject?> find, Func<(string Kind, string Name), bool> unknown)
    {
        static string By(IEnumerable<Reference> all) => string.Join(", ", all.Select(r => r.By).Distinct(StringComparer.Ordinal).Take(3));
        static FindingLevel Level(IEnumerable<Reference> all) => all.Any(r => r.Changes) ? FindingLevel.Warning : FindingLevel.Note;
        foreach (var group in references.GroupBy(r => (r.Kind, r.Name)).Where(g => !unknown(g.Key)).OrderBy(g => g.Key.Kind, StringComparer.Ordinal).ThenBy(g => g.Key.Name, StringComparer.Ordinal))
        {
            var name = $"{group.Key.Kind}/{group.Key.Name}";
            if (find(group.Key) is not { } target)
            {
                yield return PlanChecks.Finding("reference", Level(group), name, $"{name}, which {By(group)} needs, is neither in the cluster nor made by the plan.", group.All(r => r.IsPull) ? "Make it first, or name another one in the values: images of a registry that asks who pulls are not pulled without it." : "Make it first, or name another one in the values: pods do not start without it.");
                continue;
            }

            foreach (var key in group.Where(r => r.Key is not null).GroupBy(r => r.Key!, StringComparer.Ordinal).Where(k => !((string[])["data", "binaryData", "stringData"]).Any(part => target[part, k.Key] is not null)))
            {
                yield return PlanChecks.Finding("reference", Level(key), name, $"{name} has no key {key.Key}, which {By(key)} needs.", "Add the key, or name another one in the values: pods do not start without it.") with { Id = $"reference:{name}/{key.Key}" };
            }
        }
    }

    /// <summary>What an object needs to exist.</summary>
    public static IEnumerable<Reference> References(KubeObject item, bool changes)
    {
        var by = $"{item.Kind}/{item.Name}";
        if (item.Kind == "Ingress" && !((JsonObject?)item["metadata", "annotations"] ?? []).Any(a => a.Key.StartsWith("cert-manager.io/", StringComparison.Ordinal) || a.Key == "kubernetes.io/tls-acme"))
        {
            return item.List("spec", "tls").Select(t => t.Text("secretName")).Where(n => n.Length > 0).Select(n => new Reference("Secret", n, null, by, changes));
        }

        var named = item.Kind == "ServiceAccount" ? PodReferences.Pulls(item.List("imagePullSecrets")) : PlanChecks.PodOf(item) is { } pod ? PodReferences.Of(pod) : [];
        return named.Where(r => !r.IsOptional).Select(r => new Reference(r.Kind, r.Name, r.Key, by, changes, r.IsPull));
    }

    // Operators make these Secrets from other objects.
    private static string? MadeByOthers(KubeObject item) => item.Kind switch
    {
        "Certificate" => item.Text("spec", "secretName"),
        "ExternalSecret" => item.Text("spec", "target", "name") is { Length: > 0 } name ? name : item.Name,
        "SealedSecret" or "VaultStaticSecret" or "InfisicalSecret" => item.Name,
        _ => null,
    };

    /// <summary>Certificates of TLS Secrets, of webhooks (admission and conversion) and of APIServices that are over, or soon will be. Pure.</summary>
    public static IEnumerable<Finding> Certificates(IEnumerable<KubeObject> objects, DateTimeOffset now)
    {
        foreach (var item in objects)
        {
            var texts = item.Kind switch
            {
                "Secret" when item.Text("type") == "kubernetes.io/tls" => [item.Text("data", "tls.crt")],
                "MutatingWebhookConfiguration" or "ValidatingWebhookConfiguration" => item.List("webhooks").Select(w => w.Text("clientConfig", "caBundle")).Where(c => c.Length > 0).Distinct(),
                "CustomResourceDefinition" when item.Text("spec", "conversion", "webhook", "clientConfig", "caBundle") is { Length: > 0 } bundle => [bundle],
                "APIService" when item.Text("spec", "caBundle") is { Length: > 0 } bundle => [bundle],
                _ => [],
            };
            foreach (var text in texts)
            {
                var subject = $"{item.Kind}/{item.Name}";
                if (End(text) is not { } end)
                {
                    yield return PlanChecks.Finding("certificate", FindingLevel.Warning, subject, $"{subject} holds no certificate that can be read.", "Put a certificate in PEM there.");
                }
                else if (end <= now + Soon)
                {
                    yield return PlanChecks.Finding(
                        "certificate", end <= now ? FindingLevel.Blocker : FindingLevel.Warning, subject, string.Create(CultureInfo.InvariantCulture, $"The certificate of {subject} {(end <= now ? "ended" : "ends")} on {end:yyyy-MM-dd}."), "Renew it first.");
                }
            }
        }
    }

    /// <summary>The portal's own certificate in the cluster's kubeconfig: when it is over, nothing can be finished or rolled back any more. Pure.</summary>
    public static IEnumerable<Finding> Connection(DateTimeOffset? end, DateTimeOffset now)
    {
        if (end <= now + Soon)
        {
            yield return PlanChecks.Finding(
                "connection-certificate", FindingLevel.Warning, null, string.Create(CultureInfo.InvariantCulture, $"The certificate with which the portal signs in to this cluster {(end <= now ? "ended" : "ends")} on {end:yyyy-MM-dd}."),
                "Give the cluster a new kubeconfig under Clusters: without it the portal can neither upgrade nor roll back.");
        }
    }

    private static DateTimeOffset? End(string base64)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(base64)));
            return certificate.NotAfter.ToUniversalTime();
        }
        catch (Exception error) when (error is FormatException or CryptographicException)
        {
            return null;
        }
    }
}
