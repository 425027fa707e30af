namespace Portal.Helm.Templating;

/// <summary>What a parameter of a function accepts; the names are those Go prints in its errors.</summary>
public enum GoType
{
    /// <summary>interface {}: everything.</summary>
    Any,

    /// <summary>string.</summary>
    String,

    /// <summary>int: a <see cref="nint"/>.</summary>
    Int,

    /// <summary>int64.</summary>
    Int64,

    /// <summary>float64.</summary>
    Float64,

    /// <summary>bool.</summary>
    Bool,

    /// <summary>map[string]interface {}.</summary>
    Map,

    /// <summary>[]interface {}.</summary>
    List,

    /// <summary>[]string.</summary>
    Strings,

    /// <summary>[]uint8.</summary>
    Bytes,

    /// <summary>time.Time.</summary>
    Time,

    /// <summary>time.Duration: a number that is written out is one as well.</summary>
    Duration,

    /// <summary>*time.Location.</summary>
    Location,

    /// <summary>*semver.Version.</summary>
    Version,

    /// <summary>uint32.</summary>
    Uint32,

    /// <summary>sprig's certificate: what genCA gives.</summary>
    Certificate,
}

/// <summary>A function's body. Arguments are already of the declared types.</summary>
public delegate object? FunctionBody(CallContext context, object?[] arguments);

/// <summary>What a function may ask of the render that calls it.</summary>
public sealed class CallContext
{
    private readonly Evaluator _evaluator;

    internal CallContext(Evaluator evaluator) => _evaluator = evaluator;

    /// <summary>Executes a named template with a data value and gives its text.</summary>
    /// <exception cref="FunctionException">no such template</exception>
    public string Execute(string template, object? data) => _evaluator.ExecuteNamed(template, data);

    /// <summary>The same for Helm's include, which counts how often a template includes itself.</summary>
    /// <exception cref="FunctionException">no such template, or it includes itself too often</exception>
    public string Include(string template, object? data) => _evaluator.Include(template, data);

    /// <summary>For functions that may take long: whether there is time left.</summary>
    /// <exception cref="TemplateLimitException">There is none.</exception>
    public void CheckTime() => _evaluator.CheckTime();

    /// <summary>Parses text as a template with all definitions at hand (Helm's tpl).</summary>
    /// <exception cref="TemplateException">The text is no template.</exception>
    public TextTemplate ParseText(string text) => _evaluator.ParseText(text);
}

/// <summary>A text that was parsed as a template during a render.</summary>
public sealed class TextTemplate
{
    private readonly Evaluator _evaluator;
    private readonly ParsedTemplate _template;

    internal TextTemplate(Evaluator evaluator, ParsedTemplate template)
    {
        _evaluator = evaluator;
        _template = template;
    }

    /// <summary>The template's text for a data value.</summary>
    /// <exception cref="TemplateException">Execution failed.</exception>
    public string Execute(object? data) => _evaluator.Run(_template, data);
}

/// <summary>A function that templates can call.</summary>
public sealed class Function(string name, GoType[] parameters, bool variadic, FunctionBody body)
{
    /// <summary>What templates call it.</summary>
    public string Name { get; } = name;

    /// <summary>Types of the parameters; of a variadic function the last repeats.</summary>
    public IReadOnlyList<GoType> Parameters { get; } = parameters;

    /// <summary>Whether the last parameter repeats.</summary>
    public bool Variadic { get; } = variadic;

    /// <summary>What it does.</summary>
    public FunctionBody Body { get; } = body;

    /// <summary>len: what reflect says of a nil that is written out.</summary>
    internal string? OfNil { get; init; }

    /// <summary>What text/template says of a method whose results it cannot take.</summary>
    internal string? Uncallable { get; init; }

    /// <summary>call: the text of the first argument comes before the arguments, for error messages.</summary>
    internal bool TakesCallee { get; init; }

    /// <summary>and/or: arguments are evaluated one by one until the result is known. True stops at the first true one (or).</summary>
    internal bool? StopsAt { get; init; }
}

/// <summary>Names and their functions. Built once, then shared.</summary>
public sealed class FunctionTable
{
    private readonly Dictionary<string, Function> _functions = new(StringComparer.Ordinal);

    /// <summary>All names, in no order.</summary>
    public IEnumerable<string> Names => _functions.Keys;

    /// <summary>The function of a name, if there is one.</summary>
    public bool TryGet(string name, out Function function) => _functions.TryGetValue(name, out function!);

    /// <summary>Adds a function, or replaces the one of its name.</summary>
    public void Add(Function function) => _functions[function.Name] = function;

    /// <summary>Takes a function away; templates that call it cannot be parsed.</summary>
    public void Remove(string name) => _functions.Remove(name);

    /// <summary>Adds a function with fixed parameters.</summary>
    public void Add(string name, GoType[] parameters, Func<object?[], object?> body) => Add(new Function(name, parameters, false, (_, a) => body(a)));

    /// <summary>Adds a function whose last parameter repeats.</summary>
    public void AddVariadic(string name, GoType[] parameters, Func<object?[], object?> body) => Add(new Function(name, parameters, true, (_, a) => body(a)));
}
