using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Portal.Helm.Yaml;

/// <summary>
/// The events of a YAML text as go-yaml has them: YamlDotNet's parser over libyaml's tokens. An event is looked for when it is asked for: YamlDotNet's helpers step on as soon as
/// they have taken one, and would meet faults that go-yaml does not come to.
/// </summary>
public sealed class YamlEvents(string text) : IParser
{
    private readonly Parser _parser = new(new YamlScanner(text));
    private bool _due;

    /// <inheritdoc/>
    public ParsingEvent? Current
    {
        get
        {
            if (_due)
            {
                _due = false;
                _parser.MoveNext();
            }

            return _parser.Current;
        }
    }

    /// <inheritdoc/>
    public bool MoveNext()
    {
        var hasMore = Current is not StreamEnd;
        _due = true;
        return hasMore;
    }
}
