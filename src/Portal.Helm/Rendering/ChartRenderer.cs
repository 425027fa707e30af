using Portal.Helm.Charts;
using Portal.Helm.Releases;
using Portal.Helm.Sprig;
using Portal.Helm.Templating;

namespace Portal.Helm.Rendering;

/// <summary>
/// Renders a chart as Helm's engine does (pkg/engine): all templates of all charts in one name space, deepest path first, then reverse by name.
/// Pure but for what <see cref="SprigEnvironment"/> and <see cref="ILookup"/> let in. One renderer serves many renders at once and remembers what it parsed.
/// </summary>
public sealed class ChartRenderer(SprigEnvironment? environment = null, TemplateLimits? limits = null, RenderOptions? options = null, TemplateCache? cache = null)
{
    private const string ValuesType = ValuesMethods.GoType;
    private readonly TemplateCache _cache = cache ?? new TemplateCache();
    private readonly RenderOptions _options = options ?? new RenderOptions();
    private readonly SprigEnvironment _environment = environment ?? new SprigEnvironment();
    private readonly TemplateLimits _limits = limits ?? new TemplateLimits();

    private sealed record Source(string Name, string BasePath, string Text, Dictionary<string, object?> Scope);

    /// <summary>The same one as helm lint renders: what is required and not set is "", and no schema is asked.</summary>
    public ChartRenderer Lenient() => new(_environment, _limits, _options with { SkipSchema = true, Lint = true });

    /// <summary>Renders a chart with a user's values.</summary>
    /// <exception cref="RenderException">A template fails, values are refused, or the cluster is too old for the chart.</exception>
    /// <exception cref="TemplateLimitException">The chart does more than the limits allow.</exception>
    public RenderResult Render(Chart chart, Dictionary<string, object?> userValues, ReleaseOptions release, Capabilities? capabilities = null, ILookup? lookup = null)
    {
        if (chart.Metadata.Type == "library")
        {
            throw new RenderException("library charts are not installable");
        }

        capabilities ??= Capabilities.Default;
        CheckKubeVersion(chart, capabilities);
        chart = ChartDependencies.Process(chart, userValues);
        var values = ChartValues.Coalesce(chart, userValues);
        if (!_options.SkipSchema)
        {
            SchemaValidator.Validate(chart, values);
        }

        var files = Execute(chart, values, release, capabilities, lookup);
        var notes = TakeNotes(chart, files);
        var (documents, hooks) = Split(files);
        return new RenderResult
        {
            Documents = documents,
            Hooks = hooks,
            Crds = [.. ChartCrds.Of(chart)],
            Notes = notes,
            Values = values,
        };
    }

    // They are rendered like all files, but are neither an object nor a hook.
    private string TakeNotes(Chart chart, Dictionary<string, string> files)
    {
        var own = $"{chart.Name}/templates/NOTES.txt";
        var all = files.Keys.Where(n => n.EndsWith("NOTES.txt", StringComparison.Ordinal)).OrderBy(n => n != own).ThenBy(n => n, StringComparer.Ordinal).ToArray();
        var shown = all.Where(n => n == own || _options.SubchartNotes).Select(n => files[n]).ToArray();
        foreach (var name in all)
        {
            files.Remove(name);
        }

        // A line end stands only where something was written before (pkg/action: renderResources).
        return shown.Aggregate("", (notes, next) => notes.Length == 0 ? next : $"{notes}\n{next}");
    }

    private static (IReadOnlyList<RenderedDocument> Documents, IReadOnlyList<Hook> Hooks) Split(Dictionary<string, string> files)
    {
        try
        {
            return ManifestSplitter.Split(files);
        }
        catch (RenderException error)
        {
            throw new RenderException(error.Message, error) { Files = files };
        }
    }

    /// <summary>The rendered text of every template file, by path; nothing is split or sorted.</summary>
    /// <exception cref="RenderException">A template fails.</exception>
    public IReadOnlyDictionary<string, string> RenderFiles(Chart chart, Dictionary<string, object?> userValues, ReleaseOptions release, Capabilities? capabilities = null)
    {
        chart = ChartDependencies.Process(chart, userValues);
        return Execute(chart, ChartValues.Coalesce(chart, userValues), release, capabilities ?? Capabilities.Default, null);
    }

    private Dictionary<string, string> Execute(Chart chart, Dictionary<string, object?> values, ReleaseOptions release, Capabilities capabilities, ILookup? lookup)
    {
        var releaseTable = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["Name"] = release.Name,
            ["Namespace"] = release.Namespace,
            ["IsUpgrade"] = release.IsUpgrade,
            ["IsInstall"] = !release.IsUpgrade,
            ["Revision"] = (nint)release.Revision,
            ["Service"] = "Helm",
        };
        var sources = new List<Source>();
        Collect(chart, chart.Name, new GoNamedMap(ValuesType, values), releaseTable, capabilities.ToGoObject(), sources, root: true);
        sources.Sort((a, b) => Order(b.Name, a.Name));

        var set = new TemplateSet(HelmFunctions.Create(_environment, lookup, _options.Lint), _cache);
        var budget = new RenderBudget(_limits);
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var source in sources)
        {
            try
            {
                set.Parse(source.Name, source.Text);
            }
            catch (TemplateException error)
            {
                throw new RenderException(TemplateErrorText.OfParsing(source.Name, error), error);
            }
        }

        foreach (var source in sources.Where(s => !IsPartial(s.Name)))
        {
            source.Scope["Template"] = new GoNamedMap(ValuesType, new Dictionary<string, object?> { ["Name"] = source.Name, ["BasePath"] = source.BasePath });
            try
            {
                result[source.Name] = set.Execute(source.Name, source.Scope, budget).Replace("<no value>", "", StringComparison.Ordinal);
            }
            catch (TemplateException error) when (error is not TemplateLimitException)
            {
                throw new RenderException(TemplateErrorText.OfExecution(source.Name, error), error) { Files = result };
            }
        }

        return result;
    }

    private static GoNamedMap Collect(
        Chart chart, string path, Dictionary<string, object?> values, Dictionary<string, object?> release, IGoObject capabilities, List<Source> sources, bool root)
    {
        var subcharts = new Dictionary<string, object?>(StringComparer.Ordinal);
        var content = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["Chart"] = ChartTable(chart, root),
            ["Files"] = new ChartFiles(chart.Files),
            ["Release"] = release,
            ["Capabilities"] = capabilities,
            ["Values"] = values,
            ["Subcharts"] = subcharts,
        };
        ValuesMethods.Mark(values);
        var scope = new GoNamedMap(ValuesType, content);
        foreach (var child in chart.Dependencies)
        {
            var table = values.GetValueOrDefault(child.Name) as Dictionary<string, object?> ?? [];
            subcharts[child.Name] = Collect(child, $"{path}/charts/{child.Name}", table, release, capabilities, sources, root: false);
        }

        foreach (var template in chart.Templates)
        {
            // Of a library chart only the partials count (isTemplateValid): what else lies there is not even parsed.
            if (chart.Metadata.Type != "library" || IsPartial(template.Name))
            {
                sources.Add(new Source($"{path}/{template.Name}", $"{path}/templates", template.Text, scope));
            }
        }

        return scope;
    }

    /// <summary>.Chart is a table in Helm 4: Chart.yaml's content with capital keys.</summary>
    private static Dictionary<string, object?> ChartTable(Chart chart, bool root)
    {
        var m = chart.Metadata;
        return new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["Name"] = m.Name,
            ["Home"] = m.Home,
            ["Sources"] = m.Sources.ToList<object?>(),
            ["Version"] = m.Version,
            ["Description"] = m.Description,
            ["Keywords"] = m.Keywords.ToList<object?>(),
            ["Maintainers"] = m.Maintainers.Select(p => (object?)new Dictionary<string, object?>(StringComparer.Ordinal) { ["Name"] = p.Name, ["Email"] = p.Email, ["URL"] = p.Url }).ToList(),
            ["Icon"] = m.Icon,
            ["APIVersion"] = m.ApiVersion,
            ["Condition"] = m.Condition,
            ["Tags"] = m.Tags,
            ["AppVersion"] = m.AppVersion,
            ["Deprecated"] = m.Deprecated,
            ["Annotations"] = m.Annotations.Count == 0 ? new GoNilTexts() : m.Annotations.ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal),
            ["KubeVersion"] = m.KubeVersion,
            ["Dependencies"] = m.Dependencies.Select(d => (object?)new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["Name"] = d.Name, ["Version"] = d.Version, ["Repository"] = d.Repository, ["Condition"] = d.Condition, ["Tags"] = d.Tags.ToList<object?>(), ["Enabled"] = d.Enabled,
                ["ImportValues"] = d.ImportValues.ToList(), ["Alias"] = d.Alias,
            }).ToList(),
            ["Type"] = m.Type,
            ["IsRoot"] = root,
        };
    }

    private static void CheckKubeVersion(Chart chart, Capabilities capabilities)
    {
        if (chart.Metadata.KubeVersion.Length == 0)
        {
            return;
        }

        var constraint = SemConstraint.TryParse(chart.Metadata.KubeVersion);
        var version = SemVersion.TryParse(capabilities.KubeVersion);
        // Distributions add a suffix that is no prerelease (v1.31.2-gke.100): it does not count here.
        if (constraint is null || version is null || !(constraint.Matches(version) || constraint.Matches(version with { Prerelease = "" })))
        {
            throw new RenderException($"chart requires kubeVersion: {chart.Metadata.KubeVersion} which is incompatible with Kubernetes {capabilities.KubeVersion}") { Files = new Dictionary<string, string>() };
        }
    }

    private static bool IsPartial(string name) => name[(name.LastIndexOf('/') + 1)..].StartsWith('_');

    private static int Order(string a, string b)
    {
        var depth = a.AsSpan().Count('/').CompareTo(b.AsSpan().Count('/'));
        return depth != 0 ? depth : GoBytes.Compare(a, b);
    }
}
