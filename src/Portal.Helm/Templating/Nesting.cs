using System.Runtime.CompilerServices;

namespace Portal.Helm.Templating;

/// <summary>Values and templates can be nested without end: a chart can put a table into itself (<c>set $d "self" $d</c>). What walks them asks here, so that the walk ends with an error and not with the process.</summary>
internal static class Nesting
{
    /// <summary>Refuses to go deeper when the stack is nearly used up.</summary>
    /// <exception cref="TemplateLimitException">It is.</exception>
    public static void Check()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateLimitException("a value or a template is nested too deeply, or contains itself");
        }
    }
}
