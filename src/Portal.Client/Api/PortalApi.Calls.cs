using System.Net.Http.Headers;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Backups;
using Portal.Core.Catalog;
using Portal.Core.Clusters;
using Portal.Core.Operations;
using Portal.Core.Overview;
using Portal.Core.Plans;
using Portal.Core.Releases;
using Portal.Core.Values;

namespace Portal.Client.Api;

public sealed partial class PortalApi
{
    public Task<Session> SessionAsync(CancellationToken c = default) => GetAsync<Session>("session", c);

    public Task<Session> SignInAsync(SignInRequest request, CancellationToken c = default) => PostAsync<Session>("session", request, c);

    public Task SignOutAsync(CancellationToken c = default) => SendAsync<object>(HttpMethod.Delete, "session", null, null, c);

    public Task ChangePasswordAsync(ChangePasswordRequest request, CancellationToken c = default) => SendAsync<object>(HttpMethod.Post, "session/password", request, null, c);

    public Task<Page<User>> UsersAsync(CancellationToken c = default) => GetAsync<Page<User>>("users", c);

    public Task<User> CreateUserAsync(CreateUserRequest request, CancellationToken c = default) => PostAsync<User>("users", request, c);

    public Task UpdateUserAsync(string id, UpdateUserRequest request, CancellationToken c = default) => SendAsync<User>(HttpMethod.Patch, $"users/{id}", request, null, c);

    public Task<Page<ApiToken>> TokensAsync(CancellationToken c = default) => GetAsync<Page<ApiToken>>("tokens", c);

    public Task<CreatedToken> CreateTokenAsync(CreateTokenRequest request, CancellationToken c = default) => PostAsync<CreatedToken>("tokens", request, c);

    public Task DeleteTokenAsync(string id, CancellationToken c = default) => SendAsync<object>(HttpMethod.Delete, $"tokens/{id}", null, null, c);

    public Task<Page<Cluster>> ClustersAsync(CancellationToken c = default) => GetAsync<Page<Cluster>>("clusters", c);

    public Task<Cluster> AddClusterAsync(AddClusterRequest request, CancellationToken c = default) => PostAsync<Cluster>("clusters", request, c);

    public Task UpdateClusterAsync(string id, UpdateClusterRequest request, CancellationToken c = default) => SendAsync<Cluster>(HttpMethod.Patch, $"clusters/{id}", request, null, c);

    public Task RemoveReleaseAsync(string id, CancellationToken c = default) => SendAsync<object>(HttpMethod.Delete, $"releases/{id}", null, null, c);

    public Task RemoveClusterAsync(string id, CancellationToken c = default) => SendAsync<object>(HttpMethod.Delete, $"clusters/{id}", null, null, c);

    public Task<ClusterCheck> CheckClusterAsync(string id, CancellationToken c = default) => PostAsync<ClusterCheck>($"clusters/{id}/check", null, c);

    public Task<Page<FoundRelease>> FoundReleasesAsync(string clusterId, CancellationToken c = default) => GetAsync<Page<FoundRelease>>($"clusters/{clusterId}/releases", c);

    public Task<Page<ChartSource>> SourcesAsync(CancellationToken c = default) => GetAsync<Page<ChartSource>>("chart-sources", c);

    public Task<ChartSource> AddSourceAsync(AddChartSourceRequest request, CancellationToken c = default) => PostAsync<ChartSource>("chart-sources", request, c);

    public Task<ChartSource> RefreshSourceAsync(string id, CancellationToken c = default) => PostAsync<ChartSource>($"chart-sources/{id}/refresh", null, c);

    public Task UpdateSourceAsync(string id, UpdateChartSourceRequest request, CancellationToken c = default) => SendAsync<ChartSource>(HttpMethod.Patch, $"chart-sources/{id}", request, null, c);

    public Task RemoveSourceAsync(string id, CancellationToken c = default) => SendAsync<object>(HttpMethod.Delete, $"chart-sources/{id}", null, null, c);

    public Task AcceptDigestAsync(string source, string name, string version, string digest, CancellationToken c = default) =>
        SendAsync<object>(HttpMethod.Post, $"charts/{source}/{Uri.EscapeDataString(name)}/versions/{Uri.EscapeDataString(version)}/digest", new AcceptDigestRequest(digest), null, c);

    public Task<ChartVersionSummary> UploadChartAsync(Stream archive, CancellationToken c = default)
    {
        var content = new StreamContent(archive);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/gzip");
        return PostAsync<ChartVersionSummary>("charts/uploads", content, c);
    }

    public Task<Page<ChartSummary>> ChartsAsync(CancellationToken c = default) => GetAsync<Page<ChartSummary>>("charts", c);

    public Task<Page<ChartVersionSummary>> VersionsAsync(string source, string name, string? installed = null, CancellationToken c = default) =>
        GetAsync<Page<ChartVersionSummary>>($"charts/{source}/{Uri.EscapeDataString(name)}/versions{(installed is null ? "" : $"?installed={Uri.EscapeDataString(installed)}")}", c);

    public Task<ChartVersion> VersionAsync(string source, string name, string version, string? installed = null, CancellationToken c = default) =>
        GetAsync<ChartVersion>($"charts/{source}/{Uri.EscapeDataString(name)}/versions/{Uri.EscapeDataString(version)}{(installed is null ? "" : $"?installed={Uri.EscapeDataString(installed)}")}", c);

    public Task<Page<Release>> ReleasesAsync(CancellationToken c = default) => GetAsync<Page<Release>>("releases", c);

    public Task<Release> ReleaseAsync(string id, CancellationToken c = default) => GetAsync<Release>($"releases/{id}", c);

    public sealed record Created(string Id);

    public Task<Created> AddReleaseAsync(AddReleaseRequest request, CancellationToken c = default) => PostAsync<Created>("releases", request, c);

    public Task<ReleasePolicy> PolicyAsync(string id, CancellationToken c = default) => GetAsync<ReleasePolicy>($"releases/{id}/policy", c);

    public Task SavePolicyAsync(string id, ReleasePolicy policy, CancellationToken c = default) => SendAsync<ReleasePolicy>(HttpMethod.Put, $"releases/{id}/policy", policy, null, c);

    public Task<ReleaseStatusReport> StatusAsync(string id, CancellationToken c = default) => GetAsync<ReleaseStatusReport>($"releases/{id}/status", c);

    public Task<string> PodLogAsync(string id, string pod, CancellationToken c = default) => GetAsync<string>($"releases/{id}/pods/{pod}/log?tail=500", c);

    public Task<Page<Revision>> RevisionsAsync(string id, CancellationToken c = default) => GetAsync<Page<Revision>>($"releases/{id}/revisions", c);

    public Task<RevisionDetail> RevisionAsync(string id, int n, CancellationToken c = default) => GetAsync<RevisionDetail>($"releases/{id}/revisions/{n}", c);

    public Task<Page<Backup>> BackupsAsync(string id, CancellationToken c = default) => GetAsync<Page<Backup>>($"releases/{id}/backups", c);

    public Task<GitHistoryStatus> GitHistoryAsync(CancellationToken c = default) => GetAsync<GitHistoryStatus>("git-history", c);
    public Task<Page<ValuesRevisionSummary>> ValuesAsync(string id, CancellationToken c = default) => GetAsync<Page<ValuesRevisionSummary>>($"releases/{id}/values", c);

    public Task<ValuesRevision> ValuesAsync(string id, int n, CancellationToken c = default) => GetAsync<ValuesRevision>($"releases/{id}/values/{n}", c);

    public Task<ValuesPreview> PreviewValuesAsync(string id, PreviewValuesRequest request, CancellationToken c = default) => PostAsync<ValuesPreview>($"releases/{id}/values/preview", request, c);

    /// <summary>The keys of a chart version, for a release that is not there yet; beside it the verdict on a text and an edit of it.</summary>
    public Task<Page<ChartKey>> ChartKeysAsync(string source, string chart, string version, CancellationToken c = default) => GetAsync<Page<ChartKey>>($"{NewValues(source, chart, version)}/keys", c);

    public Task<ValuesPreview> PreviewNewValuesAsync(string source, string chart, string version, string text, CancellationToken c = default) =>
        PostAsync<ValuesPreview>($"{NewValues(source, chart, version)}/preview", new PreviewValuesRequest(text), c);

    public async Task<string> EditNewValuesAsync(string source, string chart, string version, string text, string path, object? value, CancellationToken c = default) =>
        (await PostAsync<EditedValues>($"{NewValues(source, chart, version)}/edit", new EditValuesRequest(text, path, System.Text.Json.JsonSerializer.SerializeToElement(value)), c)).Text;

    private static string NewValues(string source, string chart, string version) => $"charts/{source}/{Uri.EscapeDataString(chart)}/versions/{Uri.EscapeDataString(version)}/values";

    public Task<Page<ChartKey>> ChartKeysAsync(string id, CancellationToken c = default) => GetAsync<Page<ChartKey>>($"releases/{id}/values/keys", c);

    /// <summary>The text with one key set, or taken out for null; nothing is saved.</summary>
    public async Task<string> EditValuesAsync(string id, string text, string path, object? value, CancellationToken c = default) =>
        (await PostAsync<EditedValues>($"releases/{id}/values/edit", new EditValuesRequest(text, path, System.Text.Json.JsonSerializer.SerializeToElement(value)), c)).Text;

    public async Task<ValuesRevision> SaveValuesAsync(string id, int editedFrom, SaveValuesRequest request, CancellationToken c = default) =>
        (await SendAsync<ValuesRevision>(HttpMethod.Post, $"releases/{id}/values", request, editedFrom.ToString(System.Globalization.CultureInfo.InvariantCulture), c))!;

    /// <summary>The text that this user has begun and not saved, or null.</summary>
    public Task<ValuesDraft?> DraftAsync(string id, CancellationToken c = default) => SendAsync<ValuesDraft>(HttpMethod.Get, $"releases/{id}/values/draft", null, null, c);

    public Task SaveDraftAsync(string id, ValuesDraft draft, CancellationToken c = default) => SendAsync<object>(HttpMethod.Put, $"releases/{id}/values/draft", draft, null, c);

    public Task DropDraftAsync(string id, CancellationToken c = default) => SendAsync<object>(HttpMethod.Delete, $"releases/{id}/values/draft", null, null, c);

    public Task<ValuesDiff> DiffValuesAsync(string id, int from, int to, CancellationToken c = default) => GetAsync<ValuesDiff>($"releases/{id}/values/diff?from={from}&to={to}", c);

    public Task<RevealedSecret> RevealAsync(string id, int n, string secretId, CancellationToken c = default) => PostAsync<RevealedSecret>($"releases/{id}/values/{n}/reveal", new RevealRequest(secretId), c);

    public Task<Plan> CreatePlanAsync(string releaseId, CreatePlanRequest request, CancellationToken c = default) => PostAsync<Plan>($"releases/{releaseId}/plans", request, c);

    /// <summary>The same wish as that plan's, planned anew.</summary>
    public Task<Plan> SucceedPlanAsync(string planId, CancellationToken c = default) => PostAsync<Plan>($"plans/{planId}/successor", null, c);

    public Task<PlanDifferences> PlanDifferencesAsync(string planId, CancellationToken c = default) => GetAsync<PlanDifferences>($"plans/{planId}/differences", c);

    public Task<ReachabilityChoice> ReachabilityAsync(string planId, CancellationToken c = default) => GetAsync<ReachabilityChoice>($"plans/{planId}/reachability", c);

    public Task<ReachabilityReport> CheckReachabilityAsync(string planId, CheckReachabilityRequest request, CancellationToken c = default) => PostAsync<ReachabilityReport>($"plans/{planId}/reachability", request, c);

    public Task<Plan> PlanAsync(string id, CancellationToken c = default) => GetAsync<Plan>($"plans/{id}", c);

    public Task<Page<ObjectChange>> ChangesAsync(string planId, CancellationToken c = default) => GetAsync<Page<ObjectChange>>($"plans/{planId}/changes?limit=500", c);

    /// <summary>Format is markdown, json, helm or values.</summary>
    public Task<string> ExportAsync(string planId, string format, CancellationToken c = default) => GetAsync<string>($"plans/{planId}/export?format={format}", c);

    public async Task<ValuesRevision> MoveSecretAsync(string releaseId, int editedFrom, MoveSecretRequest request, CancellationToken c = default) =>
        (await SendAsync<ValuesRevision>(HttpMethod.Post, $"releases/{releaseId}/values/secrets", request, editedFrom.ToString(System.Globalization.CultureInfo.InvariantCulture), c))!;

    /// <summary>The text of a values revision; with its secrets it is audited.</summary>
    public Task<string> ExportValuesAsync(string releaseId, int number, bool withSecrets, CancellationToken c = default) =>
        withSecrets ? PostAsync<string>($"releases/{releaseId}/values/{number}/export", null, c) : GetAsync<string>($"releases/{releaseId}/values/{number}/export", c);

    /// <summary>Chart and source: null for the release's own.</summary>
    public Task<UpgradeBriefing> BriefingAsync(string releaseId, string to, int? valuesRevision = null, string? chart = null, string? source = null, CancellationToken c = default) =>
        GetAsync<UpgradeBriefing>($"releases/{releaseId}/upgrade?{Towards(to, valuesRevision, chart, source)}", c);

    /// <summary>Chart and source: null for the release's own.</summary>
    public Task<OverrideReport> OverridesAsync(string releaseId, string to, int? valuesRevision = null, string? chart = null, string? source = null, CancellationToken c = default) =>
        GetAsync<OverrideReport>($"releases/{releaseId}/values/overrides?{Towards(to, valuesRevision, chart, source)}", c);

    private static string Towards(string to, int? valuesRevision, string? chart, string? source) =>
        $"to={Uri.EscapeDataString(to)}{(valuesRevision is null ? "" : $"&revision={valuesRevision}")}{(chart is null ? "" : $"&chart={Uri.EscapeDataString(chart)}")}{(source is null ? "" : $"&source={Uri.EscapeDataString(source)}")}";

    /// <summary>Makes a values revision of the proposals; <paramref name="editedFrom"/> is the number of the newest one.</summary>
    public async Task<ValuesRevision> ApplyOverridesAsync(string releaseId, int editedFrom, ApplyOverridesRequest request, CancellationToken c = default) =>
        (await SendAsync<ValuesRevision>(HttpMethod.Post, $"releases/{releaseId}/values/overrides", request, editedFrom.ToString(System.Globalization.CultureInfo.InvariantCulture), c))!;

    public Task<Page<ReleasePackSummary>> PacksAsync(CancellationToken c = default) => GetAsync<Page<ReleasePackSummary>>("release-packs", c);

    public Task<ReleasePackText> PackAsync(string name, CancellationToken c = default) => GetAsync<ReleasePackText>($"release-packs/{Uri.EscapeDataString(name)}", c);

    /// <summary>Edited: the edition of the operator's pack that the text comes from; null for a new one.</summary>
    public async Task<ReleasePackSummary> SavePackAsync(string name, string text, string? edited, CancellationToken c = default) =>
        (await SendAsync<ReleasePackSummary>(HttpMethod.Put, $"release-packs/{Uri.EscapeDataString(name)}", new SaveReleasePackRequest(text), edited, c))!;

    public Task DeletePackAsync(string name, string edited, CancellationToken c = default) => SendAsync<object>(HttpMethod.Delete, $"release-packs/{Uri.EscapeDataString(name)}", null, edited, c);

    public Task<Operation> StartAsync(string planId, StartOperationRequest request, CancellationToken c = default) => PostAsync<Operation>($"plans/{planId}/operations", request, c);

    public Task<Page<Operation>> OperationsAsync(string? releaseId = null, OperationState? state = null, string? after = null, CancellationToken c = default) =>
        GetAsync<Page<Operation>>($"operations?{(releaseId is null ? "" : $"releaseId={releaseId}&")}{(state is null ? "" : $"state={state}&")}{(after is null ? "" : $"after={after}")}", c);

    public Task<Operation> OperationAsync(string id, CancellationToken c = default) => GetAsync<Operation>($"operations/{id}", c);

    public Task<Operation> DecideAsync(string id, ApprovalRequest request, CancellationToken c = default) => PostAsync<Operation>($"operations/{id}/approval", request, c);

    public Task<Operation> CancelAsync(string id, CancelRequest request, CancellationToken c = default) => PostAsync<Operation>($"operations/{id}/cancel", request, c);

    public Task<Operation> ResolveAsync(string id, ResolveRequest request, CancellationToken c = default) => PostAsync<Operation>($"operations/{id}/resolve", request, c);

    public Task<Page<AuditEntry>> AuditAsync(string? after = null, CancellationToken c = default) => GetAsync<Page<AuditEntry>>($"audit?limit=200{(after is null ? "" : $"&after={after}")}", c);

    public Task<About> AboutAsync(CancellationToken c = default) => GetAsync<About>("about", c);
}
