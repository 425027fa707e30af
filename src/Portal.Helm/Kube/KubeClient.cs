using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using Portal.Helm.Rendering;

namespace Portal.Helm.Kube;

/// <summary>How objects are sent to the server.</summary>
public enum PatchKind
{
    /// <summary>Server-side apply (application/apply-patch+yaml).</summary>
    Apply,

    /// <summary>RFC 7386.</summary>
    Merge,

    /// <summary>Kubernetes' own, which knows the keys of lists; for built-in kinds only.</summary>
    StrategicMerge,

    /// <summary>RFC 6902.</summary>
    Json,
}

/// <summary>What happens to the objects that a deleted one owns.</summary>
public enum Propagation
{
    /// <summary>They are deleted after it.</summary>
    Background,

    /// <summary>It stays until they are gone.</summary>
    Foreground,

    /// <summary>They stay.</summary>
    Orphan,
}

internal enum Deletion { NotFound, Gone, Going }

/// <summary>Limits of one client. Times are per request; streams are not cut.</summary>
public sealed record KubeClientOptions
{
    /// <summary>How long one request may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a request is tried again after 429, 5xx with Retry-After or a lost connection.</summary>
    public int Retries { get; init; } = 4;

    /// <summary>Kubeconfigs of the server's own settings may name files and exec plugins; those given through the API may not.</summary>
    public bool AllowFilesAndExec { get; init; }

    /// <summary>Who asks: its first part becomes the manager of what is written without one.</summary>
    public string UserAgent { get; init; } = "Helm/4.2.4";
}

/// <summary>What a command line says over a kubeconfig; null leaves what stands there.</summary>
public sealed record KubeAccess
{
    /// <summary>The context to take instead of the current one.</summary>
    public string? Context { get; init; }

    /// <summary>The server's address.</summary>
    public string? Server { get; init; }

    /// <summary>The bearer token.</summary>
    public string? Token { get; init; }

    /// <summary>The name that the server's certificate must have.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>The server's certificate is not checked.</summary>
    public bool SkipTlsVerification { get; init; }

    /// <summary>A PEM file of authorities instead of the kubeconfig's.</summary>
    public string? Authorities { get; init; }

    /// <summary>Whom to act as, instead of who signed in.</summary>
    public string? User { get; init; }

    /// <summary>The groups to act as; a user has to be named with them.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];
}

/// <summary>One cluster's API for any kind, over KubernetesClient's connection and credentials. One instance a cluster; thread-safe.</summary>
public sealed class KubeClient : IDisposable
{
    /// <summary>Every request is an activity of this source.</summary>
    public static readonly ActivitySource Activities = new("Portal.Helm");

    // Bookmarks come about once a minute; a connection that is silent for longer is dead.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(150);

    internal const string Json = "application/json";
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    private const string MetadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

    private readonly Kubernetes _kubernetes;
    private readonly KubeClientOptions _options;
    private readonly RestMapper _mapper;
    private readonly AsyncLocal<Patience?> _patience = new();
    private readonly Throttle _throttle = new();
    private KubeAccess? _access;

    private KubeClient(KubernetesClientConfiguration configuration, KubeClientOptions options)
    {
        _options = options;
        configuration.HttpClientTimeout = Timeout.InfiniteTimeSpan;
        _kubernetes = new Kubernetes(configuration);
        Server = configuration.Host;
        DefaultNamespace = configuration.Namespace ?? "";
        ClientCertificateEnds = EndOf(configuration);
        _mapper = new RestMapper(this);
    }

    /// <summary>The server's address.</summary>
    public string Server { get; }

    /// <summary>The namespace of the kubeconfig's context, or empty.</summary>
    public string DefaultNamespace { get; }

    /// <summary>When the client certificate of the kubeconfig ends; null when it has none.</summary>
    public DateTimeOffset? ClientCertificateEnds { get; }

    internal RestMapper Mapper => _mapper;

    private static DateTimeOffset? EndOf(KubernetesClientConfiguration configuration)
    {
        var pem = configuration.ClientCertificateData is { Length: > 0 } data ? Encoding.UTF8.GetString(Convert.FromBase64String(data))
            : configuration.ClientCertificateFilePath is { Length: > 0 } path ? File.ReadAllText(path) : null;
        if (pem is null)
        {
            return null;
        }

        using var certificate = X509Certificate2.CreateFromPem(pem);
        return certificate.NotAfter.ToUniversalTime();
    }

    /// <summary>From here on (in this flow of calls) requests outlast a cluster that is away for a while: see <see cref="Patience"/>.</summary>
    internal void BePatient(Patience patience) => _patience.Value = patience;

    /// <summary>A client from a kubeconfig's text and its current context.</summary>
    /// <exception cref="FormatException">Not a kubeconfig, or it names files or an exec plugin that are not allowed here.</exception>
    public static KubeClient FromKubeconfig(string kubeconfig, KubeClientOptions? options = null)
    {
        options ??= new KubeClientOptions();
        if (!options.AllowFilesAndExec && KubeconfigCheck.Refusal(kubeconfig) is { } refusal)
        {
            throw new FormatException(refusal);
        }

        try
        {
            return new KubeClient(Kubeconfig.Open(kubeconfig), options);
        }
        catch (Exception error) when (error is k8s.Exceptions.KubeConfigException or ArgumentException or FormatException or System.Security.Cryptography.CryptographicException)
        {
            throw new FormatException($"the kubeconfig cannot be used: {error.Message}", error);
        }
    }

    /// <summary>A client from a kubeconfig file of the server's own: it may name files (relative to itself) and exec plugins.</summary>
    /// <exception cref="FormatException">It cannot be read or used.</exception>
    public static KubeClient FromKubeconfigFile(string path, KubeClientOptions? options = null, KubeAccess? access = null)
    {
        try
        {
            var configuration = Kubeconfig.Open(File.ReadAllText(path), Path.GetFullPath(path), access?.Context, access?.Server);
            if (access?.Token is { } token)
            {
                (configuration.AccessToken, configuration.TokenProvider) = (token, null);
            }

            configuration.TlsServerName = access?.TlsServerName ?? configuration.TlsServerName;
            configuration.SkipTlsVerify |= access?.SkipTlsVerification ?? false;
            if (access?.Authorities is { } authorities)
            {
                configuration.SslCaCerts = [];
                configuration.SslCaCerts.ImportFromPemFile(authorities);
            }

            if (access is { User: null, Groups.Count: > 0 })
            {
                throw new FormatException("requesting groups without impersonating a user");
            }

            return new KubeClient(configuration, options ?? new KubeClientOptions()) { _access = access };
        }
        catch (Exception error) when (error is System.Security.Cryptography.CryptographicException or k8s.Exceptions.KubeConfigException or ArgumentException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"the kubeconfig {path} cannot be used: {error.Message}", error);
        }
    }

    /// <summary>Whether this process runs in a pod that has a service account.</summary>
    public static bool IsInCluster => KubernetesClientConfiguration.IsInCluster();

    /// <summary>A client with the pod's own service account.</summary>
    /// <exception cref="FormatException">This is no pod, or it has no service account.</exception>
    public static KubeClient InCluster(KubeClientOptions? options = null)
    {
        try
        {
            return new KubeClient(KubernetesClientConfiguration.InClusterConfig(), options ?? new KubeClientOptions());
        }
        catch (Exception error) when (error is k8s.Exceptions.KubeConfigException or IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"the service account of the pod cannot be used: {error.Message}", error);
        }
    }

    /// <summary>The server's version ("v1.36.2"). Also the way to see whether it is there.</summary>
    public async Task<string> GetVersionAsync(CancellationToken cancellation) => new KubeObject(await SendAsync(HttpMethod.Get, "version", null, null, cancellation)).Text("gitVersion");

    /// <summary>What charts may know of the cluster.</summary>
    public async Task<Capabilities> GetCapabilitiesAsync(CancellationToken cancellation) =>
        new(await GetVersionAsync(cancellation), await _mapper.ApiVersionsAsync(cancellation));

    /// <summary>One object, or null.</summary>
    public async Task<KubeObject?> GetAsync(ObjectRef target, CancellationToken cancellation)
    {
        try
        {
            return new KubeObject(await SendAsync(HttpMethod.Get, await PathAsync(target, cancellation), null, null, cancellation));
        }
        catch (KubeException error) when (error.Code == 404)
        {
            return null;
        }
    }

    /// <summary>All objects of a kind in a namespace (empty: everywhere), page by page.</summary>
    public async Task<List<KubeObject>> ListAsync(string apiVersion, string kind, string ns, string? labelSelector = null, CancellationToken cancellation = default) =>
        (await ListFromAsync(new KindScope(apiVersion, kind, ns, labelSelector), metadataOnly: false, cancellation)).Items;

    /// <summary>The same with nothing but metadata (PartialObjectMetadata): cheap for large objects.</summary>
    public async Task<List<KubeObject>> ListMetadataAsync(string apiVersion, string kind, string ns, string? labelSelector = null, CancellationToken cancellation = default) =>
        (await ListFromAsync(new KindScope(apiVersion, kind, ns, labelSelector), metadataOnly: true, cancellation)).Items;

    /// <summary>All objects and the resourceVersion from which a watch goes on.</summary>
    internal async Task<(List<KubeObject> Items, string ResourceVersion)> ListFromAsync(KindScope scope, bool metadataOnly, CancellationToken cancellation)
    {
        var path = await CollectionAsync(scope.ApiVersion, scope.Kind, scope.Namespace, cancellation);
        var result = new List<KubeObject>();
        var next = "";
        while (true)
        {
            var query = $"limit=500{Selectors(scope)}{(next.Length == 0 ? "" : "&continue=" + Uri.EscapeDataString(next))}";
            var page = new KubeObject(await SendAsync(HttpMethod.Get, $"{path}?{query}", null, null, cancellation, metadataOnly ? MetadataList : Json));
            foreach (var item in page.List("items"))
            {
                if (metadataOnly || !item.Json.ContainsKey("kind"))
                {
                    item.Json["apiVersion"] = scope.ApiVersion;
                    item.Json["kind"] = scope.Kind;
                }

                result.Add(item);
            }

            next = page.Text("metadata", "continue");
            if (next.Length == 0)
            {
                return (result, page.Text("metadata", "resourceVersion"));
            }
        }
    }

    /// <summary>What "kubectl get" prints: a Table of one object, or null.</summary>
    public async Task<KubeObject?> TableAsync(ObjectRef target, CancellationToken cancellation)
    {
        try
        {
            return new KubeObject(await SendAsync(HttpMethod.Get, $"{await PathAsync(target, cancellation)}?includeObject=Object", null, null, cancellation, Table));
        }
        catch (KubeException error) when (error.Code == 404)
        {
            return null;
        }
    }

    /// <summary>The same of all objects of a kind with these labels.</summary>
    public async Task<KubeObject> TableAsync(string apiVersion, string kind, string ns, string labelSelector, CancellationToken cancellation) => new(await SendAsync(
        HttpMethod.Get, $"{await CollectionAsync(apiVersion, kind, ns, cancellation)}?includeObject=Object&labelSelector={Uri.EscapeDataString(labelSelector)}", null, null, cancellation, Table));

    /// <summary>Creates an object.</summary>
    /// <exception cref="KubeException">409 when it exists.</exception>
    public async Task<KubeObject> CreateAsync(KubeObject item, string fieldManager, CancellationToken cancellation)
    {
        var path = await CollectionAsync(item.ApiVersion, item.Kind, item.Namespace, cancellation);
        return new KubeObject(await SendAsync(HttpMethod.Post, $"{path}?fieldManager={fieldManager}", item.Json.ToJsonString(), "application/json", cancellation));
    }

    /// <summary>Replaces an object; its resourceVersion is the condition.</summary>
    /// <exception cref="KubeException">409 when somebody else wrote it.</exception>
    public async Task<KubeObject> ReplaceAsync(KubeObject item, string fieldManager, CancellationToken cancellation) => new(await SendAsync(
        HttpMethod.Put, $"{await PathAsync(item.Ref, cancellation)}?fieldManager={fieldManager}", item.Json.ToJsonString(), "application/json", cancellation));

    /// <summary>Server-side apply (kubernetes.io/docs/reference/using-api/server-side-apply).</summary>
    /// <exception cref="KubeException">409 names the fields and their managers.</exception>
    public async Task<KubeObject> ApplyAsync(KubeObject item, string fieldManager, bool force, bool dryRun, CancellationToken cancellation) => new(await SendAsync(
        HttpMethod.Patch,
        $"{await PathAsync(item.Ref, cancellation)}?fieldManager={fieldManager}&fieldValidation=Strict&force={(force ? "true" : "false")}{(dryRun ? "&dryRun=All" : "")}",
        item.Json.ToJsonString(), "application/apply-patch+yaml", cancellation));

    /// <summary>Patches an object.</summary>
    public async Task<KubeObject> PatchAsync(ObjectRef target, PatchKind kind, JsonNode patch, string fieldManager, CancellationToken cancellation, bool dryRun = false)
    {
        var type = kind switch
        {
            PatchKind.Json => "application/json-patch+json",
            PatchKind.StrategicMerge => "application/strategic-merge-patch+json",
            _ => "application/merge-patch+json",
        };
        return new KubeObject(await SendAsync(HttpMethod.Patch, $"{await PathAsync(target, cancellation)}?fieldManager={fieldManager}{(dryRun ? "&dryRun=All" : "")}", patch.ToJsonString(), type, cancellation));
    }

    /// <summary>Deletes an object; false when it was not there.</summary>
    public async Task<bool> DeleteAsync(ObjectRef target, Propagation propagation, CancellationToken cancellation) => await DeleteObjectAsync(target, propagation, cancellation) != Deletion.NotFound;

    /// <summary>Deletes an object and says whether it is gone already.</summary>
    internal async Task<Deletion> DeleteObjectAsync(ObjectRef target, Propagation propagation, CancellationToken cancellation)
    {
        var body = new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1", ["propagationPolicy"] = propagation.ToString() };
        try
        {
            // A Status says that it is gone; the object itself, that finalizers or a grace period may keep it.
            var answer = await SendAsync(HttpMethod.Delete, await PathAsync(target, cancellation), body.ToJsonString(), Json, cancellation);
            return answer["kind"]?.GetValue<string>() == "Status" ? Deletion.Gone : Deletion.Going;
        }
        catch (KubeException error) when (error.Code == 404)
        {
            return Deletion.NotFound;
        }
    }

    /// <summary>Whether the client's account may do something (SelfSubjectAccessReview).</summary>
    public async Task<bool> CanIAsync(string group, string resource, string verb, string ns, CancellationToken cancellation)
    {
        var review = new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = "SelfSubjectAccessReview",
            ["spec"] = new JsonObject { ["resourceAttributes"] = new JsonObject { ["group"] = group, ["resource"] = resource, ["verb"] = verb, ["namespace"] = ns } },
        };
        var answer = new KubeObject(await SendAsync(HttpMethod.Post, "apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review.ToJsonString(), "application/json", cancellation));
        return answer["status", "allowed"] is JsonValue value && value.TryGetValue<bool>(out var allowed) && allowed;
    }

    /// <summary>Lines of a container's log; with <paramref name="follow"/> until the container ends.</summary>
    public async IAsyncEnumerable<string> LogsAsync(
        string ns, string pod, string? container, bool follow, bool previous = false, int? tail = null, DateTimeOffset? since = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var query = new StringBuilder($"api/v1/namespaces/{ns}/pods/{Uri.EscapeDataString(pod)}/log?timestamps=true&follow={(follow ? "true" : "false")}");
        if (container is not null)
        {
            query.Append("&container=").Append(Uri.EscapeDataString(container));
        }

        if (previous)
        {
            query.Append("&previous=true");
        }

        if (since is { } time)
        {
            query.Append(CultureInfo.InvariantCulture, $"&sinceTime={time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        }

        if (tail is { } lines)
        {
            query.Append(CultureInfo.InvariantCulture, $"&tailLines={lines}");
        }

        using var response = await OpenAsync(HttpMethod.Get, query.ToString(), null, null, cancellation);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            yield return line;
        }
    }

    /// <summary>Whether the server can begin a watch with the objects that are there (Kubernetes 1.32 and later do unless told otherwise); false once it did not.</summary>
    internal bool StreamsLists { get; set; } = true;

    /// <summary>
    /// Changes from a resourceVersion on: (type, object). With null first all that is there, as added; a BOOKMARK ends that. Ends when the server closes it, or says nothing for longer than it says bookmarks.
    /// </summary>
    internal async IAsyncEnumerable<(string Type, KubeObject Object)> WatchAsync(KindScope scope, string? resourceVersion, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var path = await CollectionAsync(scope.ApiVersion, scope.Kind, scope.Namespace, cancellation);
        var from = resourceVersion is null ? "sendInitialEvents=true&resourceVersionMatch=NotOlderThan" : $"resourceVersion={resourceVersion}";
        await _throttle.PassAsync(cancellation);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(_options.RequestTimeout);
        using var response = await OpenAsync(HttpMethod.Get, $"{path}?watch=true&allowWatchBookmarks=true&timeoutSeconds=300&{from}{Selectors(scope)}", null, null, silence.Token);
        await using var stream = await response.Content.ReadAsStreamAsync(silence.Token);
        using var reader = new StreamReader(stream);
        silence.CancelAfter(Silence);
        while (await reader.ReadLineAsync(silence.Token) is { } line)
        {
            silence.CancelAfter(Silence);
            if (line.Length > 0 && Parse(line) is { } change && change["object"] is JsonObject item)
            {
                yield return (change["type"]?.GetValue<string>() ?? "", new KubeObject(item));
            }
        }
    }

    private static string Selectors(KindScope scope) =>
        (scope.Labels is null ? "" : "&labelSelector=" + Uri.EscapeDataString(scope.Labels)) + (scope.Fields is null ? "" : "&fieldSelector=" + Uri.EscapeDataString(scope.Fields));

    internal async Task<string> PathAsync(ObjectRef target, CancellationToken cancellation) =>
        $"{await CollectionAsync(target.ApiVersion, target.Kind, target.Namespace, cancellation)}/{Uri.EscapeDataString(target.Name)}";

    private async Task<string> CollectionAsync(string apiVersion, string kind, string ns, CancellationToken cancellation)
    {
        var resource = await _mapper.FindAsync(apiVersion, kind, cancellation);
        var root = apiVersion.Contains('/') ? $"apis/{apiVersion}" : $"api/{apiVersion}";
        return resource.Namespaced && ns.Length > 0 ? $"{root}/namespaces/{Uri.EscapeDataString(ns)}/{resource.Plural}" : $"{root}/{resource.Plural}";
    }

    /// <summary>Which resource serves a kind ("deployments"), and whether its objects live in namespaces.</summary>
    /// <exception cref="KubeException">404 when the server does not know the kind.</exception>
    public async Task<(string Resource, bool Namespaced)> ResourceAsync(string apiVersion, string kind, CancellationToken cancellation)
    {
        var found = await _mapper.FindAsync(apiVersion, kind, cancellation);
        return (found.Plural, found.Namespaced);
    }

    /// <summary>Whether objects of a kind live in namespaces.</summary>
    /// <exception cref="KubeException">404 when the server does not know the kind.</exception>
    public async Task<bool> IsNamespacedAsync(string apiVersion, string kind, CancellationToken cancellation) => (await _mapper.FindAsync(apiVersion, kind, cancellation)).Namespaced;

    internal async Task<JsonObject> SendAsync(HttpMethod method, string path, string? body, string? contentType, CancellationToken cancellation, string accept = Json)
    {
        using var activity = Activities.StartActivity($"{method} {path.Split('?')[0]}", ActivityKind.Client);
        var retry = new Retry(method, contentType, _options.Retries, _patience.Value);
        while (true)
        {
            TimeSpan pause;
            await _throttle.PassAsync(cancellation);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(_options.RequestTimeout);
            try
            {
                using var response = await OpenAsync(method, path, body, contentType, limit.Token, accept);
                await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
                var answer = await JsonNode.ParseAsync(stream, cancellationToken: limit.Token) as JsonObject ?? [];
                retry.Answered();
                return answer;
            }
            catch (KubeException error)
            {
                error.Repeated = retry.Unanswered > 0;
                if (retry.After(error) is not { } wait)
                {
                    throw;
                }

                pause = wait;
                if (error.Code == 429)
                {
                    // The server asks for less: every request of this client holds back, not only this one.
                    _throttle.HoldBack(wait);
                }
            }
            catch (Exception error) when (error is HttpRequestException or SocketException or IOException or JsonException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                var why = error is OperationCanceledException ? $"did not answer within {_options.RequestTimeout.TotalSeconds:0} s" : $"cannot be reached: {error.Message}";
                pause = retry.After(error, $"{Server} {why}") ?? throw new ClusterUnreachableException($"{Server} {why}", error);
            }

            await Task.Delay(pause, cancellation);
            if (method != HttpMethod.Get && _patience.Value is { } patience)
            {
                await patience.BeforeAgain(cancellation);
            }
        }
    }

    private async Task<HttpResponseMessage> OpenAsync(HttpMethod method, string path, string? body, string? contentType, CancellationToken cancellation, string accept = Json)
    {
        using var request = new HttpRequestMessage(method, new Uri(_kubernetes.BaseUri, path));
        request.Headers.UserAgent.ParseAdd(_options.UserAgent);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        if (_access?.User is { } user)
        {
            request.Headers.TryAddWithoutValidation("Impersonate-User", user);
            request.Headers.TryAddWithoutValidation("Impersonate-Group", _access.Groups);
        }

        if (_kubernetes.Credentials is not null)
        {
            await _kubernetes.Credentials.ProcessHttpRequestAsync(request, cancellation);
        }

        var response = await _kubernetes.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            // Some servers and proxies repeat what they were sent: what this client signed in with is not passed on.
            var credential = request.Headers.Authorization?.Parameter;
            var text = Redact(await response.Content.ReadAsStringAsync(cancellation), credential);
            var status = Parse(text);
            var after = response.Headers.RetryAfter?.Delta ?? (status?["details"]?["retryAfterSeconds"]?.GetValue<int>() is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
            var message = status?["message"]?.GetValue<string>() ?? (text.Length is > 0 and < 500 ? text.Trim() : $"{(int)response.StatusCode} {Redact(response.ReasonPhrase ?? "", credential)}");
            throw new KubeException((int)response.StatusCode, status?["reason"]?.GetValue<string>() ?? "", message, $"{method} /{path.Split('?')[0]}", status) { RetryAfter = after };
        }
    }

    private static string Redact(string text, string? credential)
    {
        if (credential is not { Length: >= 4 })
        {
            return text;
        }

        text = text.Replace(credential, "[hidden]", StringComparison.Ordinal);
        // Basic: the user's name and password in base64 (RFC 7617).
        Span<byte> decoded = stackalloc byte[1024];
        return credential.Length <= decoded.Length && Convert.TryFromBase64String(credential, decoded, out var length) && Encoding.UTF8.GetString(decoded[..length]).Split(':', 2) is [_, { Length: >= 4 } password]
            ? text.Replace(password, "[hidden]", StringComparison.Ordinal) : text;
    }

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            // Proxies and load balancers answer with text; it is shown as it is.
            return null;
        }
    }

    /// <summary>Ends its connections.</summary>
    public void Dispose() => _kubernetes.Dispose();
}
