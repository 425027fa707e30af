using Portal.Sandbox.Json;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Controllers;

/// <summary>Binds claims to new volumes of their storage class, and lets go of claims that nobody uses.</summary>
internal sealed class ClaimController(ObjectRegistry registry, EventRecorder events) : Controller(registry, "/persistentvolumeclaims")
{
    private const string Protection = "kubernetes.io/pvc-protection";

    public override IEnumerable<ObjectKey> Affected(Change change)
    {
        switch (change.Key.Bucket)
        {
            case "/persistentvolumeclaims":
                yield return change.Key;
                break;
            case "storage.k8s.io/storageclasses":
                foreach (var claim in Store.List(Bucket).Where(c => c.Text("status", "phase") == "Pending"))
                {
                    yield return new ObjectKey(Bucket, claim.Text("metadata", "namespace")!, claim.Text("metadata", "name")!);
                }

                break;
            case "/pods" when change.After is null:
                foreach (var claim in change.Before!.Maps("spec", "volumes").Select(v => v.Text("persistentVolumeClaim", "claimName")).OfType<string>())
                {
                    yield return new ObjectKey(Bucket, change.Key.Namespace, claim);
                }

                break;
        }
    }

    public override DateTimeOffset? Reconcile(ObjectKey key)
    {
        var claims = Kind("", "persistentvolumeclaims");
        var volumes = Kind("", "persistentvolumes");
        if (Store.Get(key) is not { } claim)
        {
            foreach (var volume in Store.List("/persistentvolumes").Where(v => v.Text("spec", "claimRef", "namespace") == key.Namespace && v.Text("spec", "claimRef", "name") == key.Name && v.Text("spec", "persistentVolumeReclaimPolicy") == "Delete").ToList())
            {
                Registry.Remove(volumes, "", volume.Text("metadata", "name")!);
            }

            return null;
        }

        if (claim.Text("metadata", "deletionTimestamp") is not null)
        {
            var used = Store.List("/pods", key.Namespace).Any(p => p.Maps("spec", "volumes").Any(v => v.Text("persistentVolumeClaim", "claimName") == key.Name) && p.Text("status", "phase") is not ("Succeeded" or "Failed"));
            if (!used)
            {
                Registry.Update(claims, key.Namespace, key.Name, c =>
                {
                    var next = JsonTree.Clone(c);
                    next.Map("metadata")!.SetOrRemove("finalizers", c.Texts("metadata", "finalizers").Where(f => f != Protection).Select(f => (object?)f).ToList());
                    return next;
                }, Whole);
            }

            return null;
        }

        if (claim.Text("status", "phase") == "Bound")
        {
            Grow(claim);
            return null;
        }

        if (claim.Text("spec", "storageClassName") is not { } name)
        {
            return null;
        }

        if (name.Length == 0)
        {
            events.Record(claim, "Normal", "FailedBinding", "no persistent volumes available for this claim and no storage class is set", "persistentvolume-controller");
            return null;
        }

        var storage = Store.Get(new ObjectKey("storage.k8s.io/storageclasses", "", name));
        if (storage is null)
        {
            events.Record(claim, "Warning", "ProvisioningFailed", $"storageclass.storage.k8s.io \"{name}\" not found", "persistentvolume-controller");
            return null;
        }

        if (storage.Text("provisioner") != "sandbox.example.com/local")
        {
            events.Record(claim, "Normal", "ExternalProvisioning", $"Waiting for a volume to be created either by the external provisioner '{storage.Text("provisioner")}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.", "persistentvolume-controller");
            return null;
        }

        Bind(key, claim, storage, name);
        return null;
    }

    private void Bind(ObjectKey key, JsonMap claim, JsonMap storage, string className)
    {
        var volume = "pvc-" + claim.Text("metadata", "uid");
        var capacity = new JsonMap { ["storage"] = claim.At("spec", "resources", "requests", "storage") };
        var volumes = Kind("", "persistentvolumes");
        if (Registry.Find(volumes, "", volume) is null)
        {
            Registry.Create(volumes, "", new JsonMap
            {
                ["metadata"] = new JsonMap { ["name"] = volume },
                ["spec"] = new JsonMap
                {
                    ["capacity"] = capacity,
                    ["accessModes"] = JsonTree.Clone(claim.At("spec", "accessModes")),
                    ["claimRef"] = new JsonMap { ["kind"] = "PersistentVolumeClaim", ["namespace"] = key.Namespace, ["name"] = key.Name, ["uid"] = claim.Text("metadata", "uid"), ["apiVersion"] = "v1" },
                    ["persistentVolumeReclaimPolicy"] = storage.Text("reclaimPolicy"),
                    ["storageClassName"] = className,
                    ["hostPath"] = new JsonMap { ["path"] = "/sandbox/" + volume },
                },
            }, Whole);
            SetStatus(volumes, Registry.Get(volumes, "", volume), new JsonMap { ["phase"] = "Bound" });
        }

        var claims = Kind("", "persistentvolumeclaims");
        var bound = Registry.Update(claims, key.Namespace, key.Name, c =>
        {
            var next = JsonTree.Clone(c);
            next.Map("spec")!["volumeName"] = volume;
            var annotations = next.Ensure("metadata", "annotations");
            annotations["pv.kubernetes.io/bind-completed"] = "yes";
            annotations["pv.kubernetes.io/bound-by-controller"] = "yes";
            annotations["volume.beta.kubernetes.io/storage-provisioner"] = storage.Text("provisioner");
            annotations["volume.kubernetes.io/storage-provisioner"] = storage.Text("provisioner");
            return next;
        }, Whole);
        SetStatus(claims, bound, new JsonMap { ["phase"] = "Bound", ["accessModes"] = JsonTree.Clone(claim.At("spec", "accessModes")), ["capacity"] = JsonTree.Clone(capacity) });
        events.Record(claim, "Normal", "ProvisioningSucceeded", $"Successfully provisioned volume {volume}", "sandbox.example.com/local");
    }

    private void Grow(JsonMap claim)
    {
        var wanted = claim.Text("spec", "resources", "requests", "storage");
        if (wanted is not null && Schema.Quantity.Parse(wanted) > Schema.Quantity.ValueOf(claim.At("status", "capacity", "storage")))
        {
            var status = JsonTree.Clone(claim.Map("status")!);
            status.Ensure("capacity")["storage"] = wanted;
            SetStatus(Kind("", "persistentvolumeclaims"), claim, status);
            events.Record(claim, "Normal", "VolumeResizeSuccessful", "Resize volume succeeded", "volume_expand");
        }
    }
}
