namespace Portal.Helm.Linting;

/// <summary>How bad a message is. Errors keep a chart from being installed, warnings break with convention.</summary>
public enum LintSeverity
{
    /// <summary>Could be better.</summary>
    Info = 1,

    /// <summary>Breaks with convention; an error with --strict.</summary>
    Warning,

    /// <summary>Helm would refuse it.</summary>
    Error,
}

/// <summary>What the linter noticed, and the file or folder it is about.</summary>
public sealed record LintMessage(LintSeverity Severity, string Path, string Text)
{
    /// <summary>As Helm prints it: "[ERROR] templates/: ...".</summary>
    public override string ToString() => $"[{Severity.ToString().ToUpperInvariant()}] {Path}: {Text}";
}
