namespace Portal.Helm.Linting;

/// <summary>How bad a message is. Errors keep a chart from being installed, warnings break with convention.</summary>
public enum LintSeverity
{
    Info = 1,
    Warning,
    Error,
}

/// <summary>What the linter noticed, and the file or folder it is about.</summary>
public sealed record LintMessage(LintSeverity Severity, string Path, string Text)
{
    public override string ToString() => $"[{Severity.ToString().ToUpperInvariant()}] {Path}: {Text}";
}
