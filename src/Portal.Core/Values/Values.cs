namespace Portal.Core.Values;

/// <summary>One immutable version of a release's values. Text carries __portal_secret:ID__ in place of each secret scalar.</summary>
public sealed record ValuesRevision(int Number, string Text, string Hash, string Author, string Message, DateTimeOffset CreatedAt, bool Deployed);

/// <summary>The same without its text, for lists. Commit: the Git commit that holds it without its secrets, where a Git history is kept.</summary>
public sealed record ValuesRevisionSummary(int Number, string Hash, string Author, string Message, DateTimeOffset CreatedAt, bool Deployed, string? Commit = null);

/// <summary>
/// GET /api/v1/git-history: whether values revisions are kept in Git as well. Remote: where they are pushed to (null: nowhere); Head: the newest commit; Waiting: how many revisions are in no
/// commit yet; Error: why the last try, at At (UTC), did not come through.
/// </summary>
public sealed record GitHistoryStatus(bool Enabled, string? Remote, string? Branch, string? Head, int Waiting, string? Error, DateTimeOffset? At);

/// <summary>
/// POST /api/v1/releases/{id}/values, under If-Match with the number of the revision it was edited from. 412 carries what somebody else saved in the meantime as "current", a <see cref="ValuesRevision"/> to merge with.
/// RestoreOf says that the text is an earlier revision's, whose hidden values it holds.
/// </summary>
public sealed record SaveValuesRequest(string Text, string Message, int? RestoreOf = null);

/// <summary>POST /api/v1/releases/{id}/values/preview. Revision is the one that the text's place-holders come from; absent means the newest.</summary>
public sealed record PreviewValuesRequest(string Text, string? ChartVersion = null, int? Revision = null);

/// <summary>The verdict while editing. Without an error of level Error the text can be saved.</summary>
public sealed record ValuesPreview(bool Valid, IReadOnlyList<ValuesProblem> Problems, IReadOnlyList<ValuesKey> Keys);

public enum ProblemLevel { Error, Warning, Note }

/// <summary>A problem at a place: line and column count from 1.</summary>
public sealed record ValuesProblem(ProblemLevel Level, string Message, int? Line = null, int? Column = null, string? Path = null);

/// <summary>
/// One key of the outline. Path is dotted; Origin says whether the operator wrote it; Secret: it is one, or holds some. Value is a short single-line scalar as written, null for everything else and for
/// secrets; InText: a value that one field cannot show (several lines, long, secret in parts, an alias), to be changed in the text. Reference: of a secret, the key that takes {name, key} of a Kubernetes Secret in its place, where the chart has one.
/// </summary>
public sealed record ValuesKey(string Path, int Line, bool Secret, KeyOrigin Origin, string? Value = null, bool InText = false, string? Reference = null);

/// <summary>
/// GET .../values/keys?chartVersion=: a key that the chart reads. Path is dotted; Type is JSON schema's word ("boolean", "string or null"; empty when nobody says); Default is on one line, null when
/// there is none or it is a table, "(secret)" when it is one; Allowed are the values of an enum.
/// </summary>
public sealed record ChartKey(string Path, string Type, string? Default, string Description, IReadOnlyList<string> Allowed, bool Required, bool Secret);

/// <summary>POST .../values/edit: the text with one key set to a string, number or bool, or taken out for null. Comments and order stay. Nothing is saved.</summary>
public sealed record EditValuesRequest(string Text, string Path, System.Text.Json.JsonElement? Value);

/// <summary>The changed text.</summary>
public sealed record EditedValues(string Text);

public enum KeyOrigin { Override, SameAsDefault, Unknown }

/// <summary>GET .../values/diff?from=&amp;to=: the two texts (masked) and what differs by key.</summary>
public sealed record ValuesDiff(int From, int To, string FromText, string ToText, IReadOnlyList<KeyChange> Changes);

public enum KeyChangeKind { Added, Removed, Changed }

/// <summary>A changed key; secret values are shown as "(secret)" and "(secret, changed)".</summary>
public sealed record KeyChange(string Path, KeyChangeKind Kind, string? From, string? To);

/// <summary>GET/PUT .../values/draft: kept per user.</summary>
public sealed record ValuesDraft(string Text, int BaseRevision, DateTimeOffset? UpdatedAt = null);

/// <summary>POST .../values/{n}/reveal: one secret by its id; audited.</summary>
public sealed record RevealRequest(string SecretId);

/// <summary>
/// POST .../values/secrets, under If-Match with the number of the newest revision: creates a Kubernetes Secret with the value of a key in the release's namespace, and makes a values revision that
/// refers to it ("passwordSecret: {name, key}") in place of the value. Path is the key; SecretName and SecretKey are Kubernetes' (RFC 1123; letters, digits, "-", "_", "."). A Secret that is there
/// already is taken when it holds the same value under that key, and never changed.
/// </summary>
public sealed record MoveSecretRequest(string Path, string SecretName, string SecretKey, string? Message = null);

/// <summary>The answer to a reveal.</summary>
public sealed record RevealedSecret(string Path, string Value);
