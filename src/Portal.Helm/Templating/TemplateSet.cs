namespace Portal.Helm.Templating;

/// <summary>
/// Parsed templates under one name space. A later definition replaces an earlier one, unless it is empty (text/template's AddParseTree).
/// Trees are immutable; a clone shares them.
/// </summary>
public sealed class TemplateSet
{
    private readonly Dictionary<string, ParsedTemplate> _templates = new(StringComparer.Ordinal);
    private readonly TemplateSet? _outer;

    public TemplateSet(FunctionTable functions) => Functions = functions;

    private TemplateSet(TemplateSet outer)
    {
        Functions = outer.Functions;
        _outer = outer;
    }

    public FunctionTable Functions { get; }

    public IEnumerable<string> Names => _outer is null ? _templates.Keys : _templates.Keys.Union(_outer.Names, StringComparer.Ordinal);

    /// <summary>A set that sees these templates and adds its own without touching this one.</summary>
    public TemplateSet Layer() => new(this);

    /// <summary>Parses a file and adds what it defines.</summary>
    /// <exception cref="TemplateException">The text is no template.</exception>
    public void Parse(string name, string source) => ParseFile(name, source);

    /// <summary>Parses a file, adds what it defines and gives the file's own template, which is not in the set when it is empty and another has its name.</summary>
    internal ParsedTemplate ParseFile(string name, string source)
    {
        ParsedTemplate? own = null;
        foreach (var template in Parser.Parse(name, source, Functions))
        {
            if (!TryGet(template.Name, out _) || !template.IsEmpty)
            {
                _templates[template.Name] = template;
            }

            if (template.Name == name)
            {
                own = template;
            }
        }

        return own!;
    }

    /// <summary>Executes a template and gives its text.</summary>
    /// <exception cref="TemplateException">Execution failed, or a limit was reached.</exception>
    public string Execute(string name, object? data, TemplateLimits? limits = null)
    {
        var budget = new RenderBudget(limits ?? new TemplateLimits());
        return new Evaluator(this, budget).Run(name, data);
    }

    /// <summary>Executes several templates under one budget.</summary>
    public string Execute(string name, object? data, RenderBudget budget) => new Evaluator(this, budget).Run(name, data);

    internal bool TryGet(string name, out ParsedTemplate template) =>
        _templates.TryGetValue(name, out template!) || (_outer is not null && _outer.TryGet(name, out template));
}

/// <summary>What one render has used of its limits. Not for several threads.</summary>
public sealed class RenderBudget(TemplateLimits limits)
{
    private readonly long _started = Environment.TickCount64;
    private long _steps;
    private long _output;
    private int _depth;

    internal void Step()
    {
        if (++_steps > limits.Steps)
        {
            throw new TemplateLimitException($"the templates take more than {limits.Steps} steps");
        }

        if ((_steps & 0xFFF) == 0 && Environment.TickCount64 - _started > limits.Time.TotalMilliseconds)
        {
            throw new TemplateLimitException($"the templates take longer than {limits.Time.TotalSeconds:0.#} s");
        }
    }

    internal void Output(int length)
    {
        _output += length;
        if (_output > limits.Output)
        {
            throw new TemplateLimitException($"the templates write more than {limits.Output} characters");
        }
    }

    internal void Enter()
    {
        if (++_depth > limits.Depth)
        {
            throw new TemplateLimitException($"the templates call each other more than {limits.Depth} levels deep");
        }

        System.Runtime.CompilerServices.RuntimeHelpers.EnsureSufficientExecutionStack();
    }

    internal void Leave() => _depth--;
}
