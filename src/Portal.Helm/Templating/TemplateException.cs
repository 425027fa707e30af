namespace Portal.Helm.Templating;

/// <summary>A template that cannot be parsed or executed. The message is Go's text; the place is data as well.</summary>
public class TemplateException : Exception
{
    /// <summary>An error at a place, as far as it is known.</summary>
    public TemplateException(string message, string? template = null, int line = 0, int column = 0, Exception? inner = null)
        : base(message, inner)
    {
        Template = template;
        Line = line;
        Column = column;
    }

    /// <summary>Name of the template file, or null.</summary>
    public string? Template { get; }

    /// <summary>Line from 1, or 0 when unknown.</summary>
    public int Line { get; }

    /// <summary>Column in bytes from 0 as Go counts it.</summary>
    public int Column { get; }
}

/// <summary>An error that a function reports. The evaluator puts the place and the function's name before it.</summary>
public class FunctionException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The chart's author says why it cannot be rendered (fail, required): Helm shows that text alone.</summary>
public sealed class ChartFailureException(string message) : FunctionException(message);

/// <summary>A limit of <see cref="TemplateLimits"/> was reached: the chart does more than a chart should.</summary>
public sealed class TemplateLimitException(string message) : TemplateException(message);
