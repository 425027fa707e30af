using System.Globalization;
using System.Security.Cryptography;
using Portal.Sandbox.Api;
using Portal.Sandbox.Apply;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Schema;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Registry;

/// <summary>The one way to change objects: defaults, admission, validation, field owners and finalizers, then the store.</summary>
internal sealed class ObjectRegistry(ObjectStore store, KindTable kinds, SandboxClock clock, Admission admission)
{
    private const string NameAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    public ObjectStore Store => store;

    public KindTable Kinds => kinds;

    public SandboxClock Clock => clock;

    public JsonMap? Find(ResourceKind kind, string ns, string name) => store.Get(new ObjectKey(kind.Bucket, ns, name));

    /// <summary>The object, or 404.</summary>
    public JsonMap Get(ResourceKind kind, string ns, string name) =>
        Find(kind, ns, name) ?? throw ApiError.NotFound(kind.Group, kind.Plural, name);

    /// <summary>Creates an object; the tree is given away.</summary>
    public JsonMap Create(ResourceKind kind, string ns, JsonMap obj, WriteContext context)
    {
        lock (store.Gate)
        {
            return Create(kind, ns, obj, context, null);
        }
    }

    /// <summary>Replaces an object by what a function makes of the current one.</summary>
    public JsonMap Update(ResourceKind kind, string ns, string name, Func<JsonMap, JsonMap> change, WriteContext context)
    {
        lock (store.Gate)
        {
            var current = Get(kind, ns, name);
            return Replace(kind, ns, name, current, change(current), null, context);
        }
    }

    /// <summary>Applies a configuration; creates the object where it is missing.</summary>
    public (JsonMap Object, bool Created) Apply(ResourceKind kind, string ns, string name, JsonMap config, bool force, WriteContext context)
    {
        lock (store.Gate)
        {
            var current = Find(kind, ns, name);
            if (TypedCheck.Errors(config, kind.Shape) is { } errors)
            {
                throw ApiError.Internal($"failed to create typed patch object ({config.Text("metadata", "namespace")}/{name}; {kind.Group}/{kind.Version}, Kind={kind.Kind}): {errors}");
            }

            if (config.Text("metadata", "uid") is { } uid && (current is null || current.Text("metadata", "uid") != uid))
            {
                throw current is null
                    ? ApiError.Conflict(kind.Group, kind.Plural, name, $"uid mismatch: the provided object specified uid {uid}, and no existing object was found")
                    : ApiError.Conflict(kind.Group, kind.Plural, name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {current.Text("metadata", "uid")}");
            }

            var live = current ?? Empty(kind, ns, name);
            if (current is not null && config.Text("metadata", "resourceVersion") is { Length: > 0 } version && version != live.Text("metadata", "resourceVersion"))
            {
                throw ApiError.Conflict(kind.Group, kind.Plural, name, "the object has been modified; please apply your changes to the latest version and try again");
            }

            var managed = ManagedFields.Read(live);
            var writer = WriterOf(kind, context);
            if (current is not null && !managed.Any)
            {
                managed.AddBeforeFirstApply(Unmanaged(live), kind.Shape, kind.ApiVersion, clock.NowText);
            }

            var config2 = JsonTree.Clone(config);
            config2.Map("metadata")?.Remove("resourceVersion");
            config2.Map("metadata")?.Remove("uid");
            force = force || LastApplied.Covers(live, managed, config2, kind.Shape, writer);
            var merged = ServerSideApply.Apply(Unmanaged(live), config2, kind.Shape, managed, writer, force);
            LastApplied.Refresh(live, merged, config2, writer);
            DropNulls(merged);
            if (current is null)
            {
                if (context.Subresource.Length > 0)
                {
                    throw ApiError.NotFound(kind.Group, kind.Plural, name);
                }

                merged.Ensure("metadata").Remove("resourceVersion");
                return (Create(kind, ns, merged, context, managed), true);
            }

            return (Replace(kind, ns, name, current, merged, managed, context), false);
        }
    }

    private JsonMap Create(ResourceKind kind, string ns, JsonMap obj, WriteContext context, ManagedFields? applied)
    {
        obj["apiVersion"] = kind.ApiVersion;
        obj["kind"] = kind.Kind;
        var metadata = obj.Ensure("metadata");
        if (metadata.Text("resourceVersion") is { Length: > 0 })
        {
            throw ApiError.Internal("resourceVersion should not be set on objects to be created");
        }

        if (kind.Namespaced)
        {
            metadata["namespace"] = ns;
        }
        else
        {
            metadata.Remove("namespace");
        }

        metadata.Remove("deletionTimestamp");
        metadata.Remove("deletionGracePeriodSeconds");
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = clock.NowText;
        if (kind.CountsGenerations || kind.Custom is not null)
        {
            metadata["generation"] = 1L;
        }

        obj = Shaped(kind, obj);
        Defaults.Apply(kind, obj);
        var given = ManagedFields.Read(obj);
        if (applied is null)
        {
            given.RecordUpdate(Empty(kind, ns, ""), Unmanaged(obj), kind.Shape, WriterOf(kind, context));
        }

        metadata = obj.Ensure("metadata");
        SetManaged(obj, applied ?? given);
        if (kind.HasStatus && (kind.Custom is not null || !context.Internal))
        {
            obj.Remove("status");
        }

        if (metadata.Text("name") is not { Length: > 0 } && metadata.Text("generateName") is { Length: > 0 } prefix)
        {
            metadata["name"] = (prefix.Length > 58 ? prefix[..58] : prefix) + RandomNumberGenerator.GetString(NameAlphabet, 5);
        }

        admission.OnCreate(kind, ns, obj, context);
        Prepare.OnCreate(this, kind, obj);
        obj = Shaped(kind, obj);
        NullFields.Fill(kind, obj);
        PruneToStored(kind, obj);
        var name = metadata.Text("name") ?? "";
        Validation.Check(kind, obj, null, name);
        var key = new ObjectKey(kind.Bucket, kind.Namespaced ? ns : "", name);
        if (store.Get(key) is { } existing)
        {
            throw existing.Text("metadata", "deletionTimestamp") is not null && metadata.ContainsKey("generateName") is false
                ? ApiError.AlreadyExists(kind.Group, kind.Plural, name, $"object is being deleted: {kind.QualifiedPlural} \"{name}\" already exists")
                : ApiError.AlreadyExists(kind.Group, kind.Plural, name);
        }

        Order(obj);
        if (context.DryRun)
        {
            return obj;
        }

        admission.OnCreated(kind, ns, obj);
        return store.Put(key, obj)!;
    }

    private JsonMap Replace(ResourceKind kind, string ns, string name, JsonMap current, JsonMap proposed, ManagedFields? applied, WriteContext context)
    {
        var before = current.Map("metadata")!;
        proposed = Shaped(kind, proposed);
        NullFields.FillConditions(kind, proposed);
        proposed["apiVersion"] = kind.ApiVersion;
        proposed["kind"] = kind.Kind;
        var metadata = proposed.Ensure("metadata");
        if (metadata.Text("uid") is { Length: > 0 } uid && uid != before.Text("uid"))
        {
            throw ApiError.Conflict(kind.Group, kind.Plural, name, $"StorageError: invalid object, Code: 4, Key: /registry/{kind.Plural}/{(kind.Namespaced ? ns + "/" : "")}{name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {before.Text("uid")}");
        }

        if (metadata.Text("resourceVersion") is { Length: > 0 } version && version != "0" && version != before.Text("resourceVersion"))
        {
            throw ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out _)
                ? ApiError.Conflict(kind.Group, kind.Plural, name, "the object has been modified; please apply your changes to the latest version and try again")
                : ApiError.Internal($"strconv.ParseUint: parsing \"{version}\": invalid syntax");
        }

        foreach (var kept in (string[])["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "resourceVersion", "selfLink"])
        {
            if (before.TryGetValue(kept, out var value))
            {
                metadata[kept] = value;
            }
            else
            {
                metadata.Remove(kept);
            }
        }

        if (!metadata.ContainsKey("generateName") && before.TryGetValue("generateName", out var generated) && context.Subresource.Length > 0)
        {
            metadata["generateName"] = generated;
        }

        if (context.Subresource == "status")
        {
            proposed = Prepare.StatusOnly(kind, current, proposed);
        }
        else if (kind.HasStatus && context.Subresource.Length == 0 && !context.Internal)
        {
            if (current.TryGetValue("status", out var status))
            {
                proposed["status"] = JsonTree.Clone(status);
            }
            else
            {
                proposed.Remove("status");
            }
        }

        if (context.Subresource.Length == 0)
        {
            Prepare.OnUpdate(kind, current, proposed);
        }

        Defaults.Apply(kind, proposed);
        // A default that came into the definition later is what a reader sees already: it is no change of this writer's.
        var seen = ObjectViews.WithDefaults(current, kind);
        var owners = applied;
        if (owners is null)
        {
            owners = proposed.List("metadata", "managedFields") is { Count: > 0 } ? ManagedFields.Read(proposed) : ManagedFields.Read(current);
            if (proposed.List("metadata", "managedFields") is [JsonMap { Count: 0 }])
            {
                owners = ManagedFields.Read([]);
            }

            // An object without owners was never applied or gave its owners up: updates do not start a new list.
            if (owners.Any && !context.Silent)
            {
                owners.RecordUpdate(Unmanaged(seen), Unmanaged(proposed), kind.Shape, WriterOf(kind, context));
            }
        }

        metadata = proposed.Ensure("metadata");
        SetManaged(proposed, owners);
        if (kind.Bucket == "/services" && context.Subresource.Length == 0)
        {
            // What is allocated or given back belongs to no writer: owners are those of the fields as they were sent.
            ServiceAddresses.Keep(this, current, proposed);
        }

        if (context.Subresource is "" or "scale" && !context.Silent && (kind.CountsGenerations || kind.Custom is not null) && Generations.SpecChanged(kind, seen, proposed))
        {
            metadata["generation"] = (before.Int("generation") ?? 0) + 1;
        }

        NullFields.Fill(kind, proposed);
        PruneToStored(kind, proposed);
        Order(proposed);
        if (JsonTree.Equal(current, proposed) || OnlyTimesDiffer(current, proposed))
        {
            return current;
        }

        admission.OnUpdate(kind, ns, current, proposed, context);
        Validation.Check(kind, proposed, current, name);
        var key = new ObjectKey(kind.Bucket, kind.Namespaced ? ns : "", name);
        if (context.DryRun)
        {
            return proposed;
        }

        if (metadata.ContainsKey("deletionTimestamp") && !HasFinalizers(kind, proposed) && (metadata.Int("deletionGracePeriodSeconds") ?? 0) == 0)
        {
            store.Put(key, null);
            return proposed;
        }

        return store.Put(key, proposed)!;
    }

    /// <summary>Deletes an object, or marks it where finalizers or a grace period keep it.</summary>
    /// <returns>The last state, and whether it is gone.</returns>
    public (JsonMap Object, bool Gone) Delete(ResourceKind kind, string ns, string name, DeleteRequest request)
    {
        lock (store.Gate)
        {
            var current = Get(kind, ns, name);
            var before = current.Map("metadata")!;
            if (kind.Bucket == "/namespaces" && name is "default" or "kube-system" or "kube-public")
            {
                throw ApiError.Forbidden(kind.Group, kind.Plural, name, "this namespace may not be deleted");
            }

            if (request.Uid is { } uid && uid != before.Text("uid"))
            {
                throw ApiError.Conflict("", kind.Kind, name, $"the UID in the precondition ({uid}) does not match the UID in record ({before.Text("uid")}). The object might have been deleted and then recreated");
            }

            if (request.ResourceVersion is { } version && version != before.Text("resourceVersion"))
            {
                throw ApiError.Conflict("", kind.Kind, name, $"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({before.Text("resourceVersion")}). The object might have been modified");
            }

            if (request.Reviewed)
            {
                admission.OnDelete(kind, current);
            }

            var key = new ObjectKey(kind.Bucket, kind.Namespaced ? ns : "", name);
            var next = JsonTree.Clone(current);
            var metadata = next.Map("metadata")!;
            var finalizers = metadata.Texts("finalizers").ToList();
            if (kind.Kind == "CustomResourceDefinition" && before.Text("deletionTimestamp") is null)
            {
                // Its objects go first; the controller takes this away when they are gone.
                finalizers.Add("customresourcecleanup.apiextensions.k8s.io");
            }

            switch (request.Propagation)
            {
                case "Foreground" when !finalizers.Contains("foregroundDeletion"):
                    finalizers.Remove("orphan");
                    finalizers.Add("foregroundDeletion");
                    break;
                case "Orphan" when !finalizers.Contains("orphan"):
                    finalizers.Remove("foregroundDeletion");
                    finalizers.Add("orphan");
                    break;
                case "Background":
                    finalizers.Remove("orphan");
                    finalizers.Remove("foregroundDeletion");
                    break;
            }

            metadata.SetOrRemove("finalizers", finalizers.ConvertAll(f => (object?)f));
            var grace = Deletion.GraceOf(kind, current, request.GracePeriodSeconds);
            if (!HasFinalizers(kind, next) && grace == 0)
            {
                if (!request.DryRun)
                {
                    store.Put(key, null);
                }

                if (kind.Bucket == "/pods")
                {
                    metadata.Default("deletionTimestamp", clock.NowText);
                    metadata["deletionGracePeriodSeconds"] = 0L;
                    metadata["generation"] = (before.Int("generation") ?? 0) + (before.ContainsKey("deletionTimestamp") ? 0 : 1);
                }

                return (kind.Bucket == "/pods" ? next : current, true);
            }

            var already = before.Text("deletionTimestamp") is not null;
            if (!already || grace < (before.Int("deletionGracePeriodSeconds") ?? 0))
            {
                metadata["deletionTimestamp"] = SandboxClock.Text(clock.Now.AddSeconds(grace));
                if (kind.Bucket != "/namespaces")
                {
                    metadata["deletionGracePeriodSeconds"] = grace;
                }

                if (!already && metadata.Int("generation") is { } generation)
                {
                    metadata["generation"] = generation + 1;
                }
            }

            Deletion.Mark(kind, next, clock.NowText);
            Order(next);
            if (JsonTree.Equal(current, next))
            {
                return (current, false);
            }

            return request.DryRun ? (next, false) : (store.Put(key, next)!, false);
        }
    }

    /// <summary>Removes an object at once, whatever keeps it; for the parts of the cluster itself.</summary>
    public void Remove(ResourceKind kind, string ns, string name)
    {
        lock (store.Gate)
        {
            if (Find(kind, ns, name) is not null)
            {
                store.Put(new ObjectKey(kind.Bucket, kind.Namespaced ? ns : "", name), null);
            }
        }
    }

    private static bool HasFinalizers(ResourceKind kind, JsonMap obj) =>
        obj.List("metadata", "finalizers") is { Count: > 0 } || (kind.Bucket == "/namespaces" && obj.List("spec", "finalizers") is { Count: > 0 });

    private Writer WriterOf(ResourceKind kind, WriteContext context) =>
        new(context.Manager, kind.ApiVersion, context.Subresource, clock.NowText, kind.HasStatus);

    /// <summary>An object nobody has written to yet: what the first write is compared with.</summary>
    private static JsonMap Empty(ResourceKind kind, string ns, string name)
    {
        var obj = new JsonMap { ["apiVersion"] = kind.ApiVersion, ["kind"] = kind.Kind, ["metadata"] = new JsonMap() };
        if (name.Length > 0)
        {
            obj.Map("metadata")!["name"] = name;
            if (kind.Namespaced)
            {
                obj.Map("metadata")!["namespace"] = ns;
            }
        }

        return kind.Custom is null && !kind.Shape.Open ? Normalizer.Blank(obj, kind.Shape) : obj;
    }

    /// <summary>An object written in another version keeps only what the stored version knows.</summary>
    private void PruneToStored(ResourceKind kind, JsonMap obj)
    {
        if (kind.Custom is { Storage: false } && Kinds.OfBucket(kind.Bucket)?.Custom?.Schema is { } schema)
        {
            CustomSchema.Prune(obj, schema, null);
        }
    }

    private static JsonMap Shaped(ResourceKind kind, JsonMap obj)
    {
        if (kind.Custom is not null)
        {
            return obj;
        }

        try
        {
            return Normalizer.Normalize(obj, kind.Shape);
        }
        catch (FormatException x)
        {
            throw ApiError.BadRequest($"{kind.Kind} in version \"{kind.Version}\" cannot be handled as a {kind.Kind}: {x.Message}");
        }
    }

    private static JsonMap Unmanaged(JsonMap obj)
    {
        var copy = new JsonMap(obj.Count);
        foreach (var (key, value) in obj)
        {
            copy[key] = value;
        }

        var metadata = new JsonMap();
        foreach (var (key, value) in obj.Map("metadata") ?? [])
        {
            if (key != "managedFields")
            {
                metadata[key] = value;
            }
        }

        copy["metadata"] = metadata;
        return copy;
    }

    private static void SetManaged(JsonMap obj, ManagedFields managed) =>
        obj.Ensure("metadata").SetOrRemove("managedFields", managed.Write());

    /// <summary>metadata first, then spec, then status: the order kubectl prints.</summary>
    private static void Order(JsonMap obj)
    {
        var copy = new JsonMap();
        foreach (var key in (string[])["kind", "apiVersion", "metadata", "spec"])
        {
            if (obj.Remove(key, out var value))
            {
                copy[key] = value;
            }
        }

        obj.Remove("status", out var status);
        foreach (var (key, value) in obj)
        {
            copy[key] = value;
        }

        if (status is not null)
        {
            copy["status"] = status;
        }

        obj.Clear();
        foreach (var (key, value) in copy)
        {
            obj[key] = value;
        }
    }

    private static void DropNulls(object? value)
    {
        switch (value)
        {
            case JsonMap map:
                foreach (var key in map.Where(p => p.Value is null).Select(p => p.Key).ToList())
                {
                    map.Remove(key);
                }

                foreach (var child in map.Values)
                {
                    DropNulls(child);
                }

                break;
            case List<object?> list:
                list.ForEach(DropNulls);
                break;
        }
    }

    /// <summary>A write that changes nothing but the time of an owner is none.</summary>
    private static bool OnlyTimesDiffer(JsonMap current, JsonMap proposed)
    {
        if (!JsonTree.Equal(Unmanaged(current), Unmanaged(proposed)))
        {
            return false;
        }

        static List<string> Owners(JsonMap obj) => [.. obj.Maps("metadata", "managedFields").Select(f =>
        {
            var copy = JsonTree.Clone(f);
            copy.Remove("time");
            return JsonTree.Text(copy);
        }).Order(StringComparer.Ordinal)];
        return Owners(current).SequenceEqual(Owners(proposed));
    }
}
