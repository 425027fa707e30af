namespace Portal.Helm.Templating;

/// <summary>
/// Parsed templates under one name space. A later definition replaces an earlier one, unless it is empty (text/template's AddParseTree).
/// Trees are immutable; a clone shares them.
/// </summary>
public sealed class TemplateSet
{
    private readonly Dictionary<string, ParsedTemplate> _templates = new(StringComparer.Ordinal);
    private readonly TemplateSet? _outer;
    private readonly TemplateCache? _cache;

    /// <param name="functions">What templates can call.</param>
    /// <param name="cache">Keeps what is parsed; used with functions of the same names only.</param>
    public TemplateSet(FunctionTable functions, TemplateCache? cache = null)
    {
        Functions = functions;
        _cache = cache;
    }

    private TemplateSet(TemplateSet outer)
    {
        Functions = outer.Functions;
        _outer = outer;
        _cache = outer._cache;
    }

    /// <summary>What the templates can call.</summary>
    public FunctionTable Functions { get; }

    /// <summary>The names of all templates that can be called.</summary>
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
        foreach (var template in _cache?.Get(name, source, Functions) ?? Parser.Parse(name, source, Functions))
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
    private long _made;
    private readonly Dictionary<string, int> _included = new(StringComparer.Ordinal);
    private int _depth;

    internal void Step()
    {
        if (++_steps > limits.Steps)
        {
            throw new TemplateLimitException($"the templates take more than {limits.Steps} steps");
        }

        if ((_steps & 0xFFF) == 0)
        {
            CheckTime();
        }
    }

    /// <summary>What a function gave: one call can make much, and take long.</summary>
    internal void Made(object? result)
    {
        var (length, items) = result switch
        {
            string text => (text.Length, 0),
            byte[] bytes => (bytes.Length, 0),
            System.Collections.ICollection list => (0, list.Count),
            _ => (0, 0),
        };
        if (length > limits.Text)
        {
            throw new TemplateLimitException($"a function makes a text of more than {limits.Text} characters");
        }

        if (items > limits.Items)
        {
            throw new TemplateLimitException($"a function makes more than {limits.Items} items");
        }

        // An item is counted as eight characters: about what it takes in memory.
        _made += length + (8L * items);
        if (_made > limits.Made)
        {
            throw new TemplateLimitException($"the functions make more than {limits.Made} characters together");
        }

        CheckTime();
    }

    internal void CheckTime()
    {
        if (Environment.TickCount64 - _started > limits.Time.TotalMilliseconds)
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

        Nesting.Check();
    }

    internal void Leave() => _depth--;

    /// <summary>Notes that a template is included once more within itself.</summary>
    /// <exception cref="FunctionException">That is more than Helm allows (pkg/engine/engine.go, recursionMaxNums).</exception>
    internal void Include(string name)
    {
        var count = _included.GetValueOrDefault(name);
        if (count > 1000)
        {
            throw new FunctionException($"rendering template has a nested reference name: {name}: unable to execute template");
        }

        _included[name] = count + 1;
    }

    internal void Included(string name) => _included[name]--;
}
