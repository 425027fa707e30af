namespace Portal.Core.Values;

/// <summary>What becomes of one key of the operator's values under another chart version.</summary>
public enum OverrideVerdict
{
    /// <summary>The new version reads it as the old one did.</summary>
    Effective,

    /// <summary>It says what the new defaults say.</summary>
    Redundant,

    /// <summary>No template reads it by itself and no defaults name it: it only travels along with all values.</summary>
    Unread,

    /// <summary>It is read, and no object depends on it: only NOTES.txt reads it, or what reads it is not rendered with these values.</summary>
    NoEffect,

    /// <summary>The new version no longer reads it.</summary>
    Dead,

    /// <summary>Its meaning lives on under another key.</summary>
    Renamed,

    /// <summary>The default under the override is another one now.</summary>
    DefaultChanged,

    /// <summary>Not set by the operator, and its default is another one now.</summary>
    UnsetDefaultChanged,

    /// <summary>The new version expects another type.</summary>
    TypeChanged,

    /// <summary>Not set, and the new version does not go without it.</summary>
    NewlyRequired,

    /// <summary>The key is the same, what it does is not (only a migrations file can say so).</summary>
    MeaningChanged,
}

/// <summary>Where a verdict comes from.</summary>
public enum OverrideBasis { Migrations, Templates, Defaults }

/// <summary>
/// One key of the report. Values are masked where they are secret; evidence is in words. An alarm wants the operator's eye: everything but effective, redundant, unread, without
/// effect, and plain notes. Id is what POST names to apply the proposal; null without one.
/// </summary>
public sealed record OverrideEntry(
    string Path, OverrideVerdict Verdict, OverrideBasis Basis, bool IsAlarm, string Message, IReadOnlyList<string> Evidence,
    string? Value, string? OldDefault, string? NewDefault, string? NewPath, string? Id);

/// <summary>
/// GET /api/v1/plans/{id}/overrides and GET /api/v1/releases/{id}/values/overrides?from=&amp;to=: per key what another chart version makes of the operator's values. Everything names the
/// object that holds all values ("Secret in templates/secret.yaml"); then verdicts on keys that no template reads come from defaults, schema and migrations. ChartNotes is what the
/// migrations say of the chart as a whole; RenderError why the new version cannot be rendered with these values.
/// </summary>
public sealed record OverrideReport(
    string FromVersion, string ToVersion, int ValuesRevision, IReadOnlyList<OverrideEntry> Keys, string? Everything, IReadOnlyList<string> ChartNotes, string? RenderError);

/// <summary>POST /api/v1/releases/{id}/values/overrides: makes a new values revision with the proposals applied, under If-Match with the number of the newest revision. From is what runs unless it is given.</summary>
public sealed record ApplyOverridesRequest(string To, IReadOnlyList<string> Ids, string? Message = null, string? From = null, string? Chart = null, string? SourceId = null);
