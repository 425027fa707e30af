using Portal.Core.Operations;
using Portal.Core.Plans;
using Portal.Core.Releases;

namespace Portal.Client.Features.Releases;

/// <summary>What a change is called on the button that begins it. Pure.</summary>
internal static class ChangeWords
{
    /// <summary>The version that an upgrade is proposed to: the newest one, but a major version only when there is nothing else.</summary>
    public static string? Proposed(Release release) => (release.Newer.LastOrDefault(n => n.Class != Core.Catalog.VersionClass.Major) ?? release.Newer.FirstOrDefault())?.Version;

    /// <summary>The other way back: the page of an upgrade with the version and the values of then chosen.</summary>
    public static string Again(string releaseId, string version, int values) => FormattableString.Invariant($"/releases/{releaseId}/upgrade?version={Uri.EscapeDataString(version)}&values={values}");

    /// <summary>The page that shows a plan, with what is done with it.</summary>
    public static string PlanPage(Plan plan) =>
        $"/releases/{plan.ReleaseId}/{(plan.Kind is OperationKind.Install or OperationKind.Upgrade ? "upgrade" : plan.Kind == OperationKind.Rollback ? "rollback" : "uninstall")}?step=plan&plan={plan.Id}";

    /// <summary>How a revision came about, in the portal's words for operations: Helm says "complete" and leaves the end of a rollback unsaid.</summary>
    public static string Outcome(Revision revision) => revision switch
    {
        { Description: "Install complete" } => "Install succeeded",
        { Description: "Upgrade complete" } => "Upgrade succeeded",
        { Status: "deployed" or "superseded" } when revision.Description.StartsWith("Rollback to ", StringComparison.Ordinal) => $"Rollback to revision {revision.Description["Rollback to ".Length..]} succeeded",
        _ => revision.Description,
    };

    /// <summary>"Upgrade data-plane to 1.1.0 on main (Production) now"; it says that it only asks, or when it will be.</summary>
    public static string Button(OperationKind kind, Release release, Plan plan, bool approval, DateTime? at, DateTime now)
    {
        var (verb, rest) = kind switch
        {
            OperationKind.Rollback => ("roll back", $" to revision {plan.ToRevision} on"),
            OperationKind.Uninstall => ("uninstall", " from"),
            OperationKind.Install => ("install", $" {plan.ToChartVersion} on"),
            _ => ("upgrade", $" to {plan.ToChartVersion} on"),
        };
        var what = $"{verb} {release.Name}{rest} {release.Cluster} ({release.Environment})";
        var when = at is not { } time ? "" : time.Date == now.Date ? $" for {time:HH:mm}" : $" for {time:yyyy-MM-dd HH:mm}";
        return approval ? $"Request approval: {what}{when}" : at is null ? $"{char.ToUpperInvariant(what[0])}{what[1..]} now" : $"Schedule: {what}{when}";
    }
}
