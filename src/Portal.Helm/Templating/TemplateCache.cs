namespace Portal.Helm.Templating;

/// <summary>
/// Parsed template files by their name and exact text: a chart that is rendered again, with other values or by another request, is parsed once. What is
/// used least recently goes when the texts together are too long. For several threads.
/// </summary>
/// <param name="mostCharacters">How long all texts together may be.</param>
public sealed class TemplateCache(long mostCharacters = 32 * 1024 * 1024)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Name, string Source), LinkedListNode<Entry>> _entries = new(new ByName());
    private readonly LinkedList<Entry> _byUse = new();
    private long _characters;

    private sealed record Entry((string Name, string Source) Key, IReadOnlyCollection<ParsedTemplate> Templates);

    // A name has few texts: hashing each text whole would cost more than comparing it once.
    private sealed class ByName : IEqualityComparer<(string Name, string Source)>
    {
        public bool Equals((string Name, string Source) x, (string Name, string Source) y) => x.Name == y.Name && x.Source == y.Source;

        public int GetHashCode((string Name, string Source) key) => HashCode.Combine(key.Name, key.Source.Length);
    }

    /// <summary>How many files are kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The templates of a file. Which functions there are is the same for all users of one cache; what they do is not part of a tree.</summary>
    internal IReadOnlyCollection<ParsedTemplate> Get(string name, string source, FunctionTable functions)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue((name, source), out var known))
            {
                _byUse.Remove(known);
                _byUse.AddFirst(known);
                return known.Value.Templates;
            }
        }

        var entry = new Entry((name, source), Parser.Parse(name, source, functions));
        lock (_lock)
        {
            if (source.Length <= mostCharacters && _entries.TryAdd(entry.Key, new LinkedListNode<Entry>(entry)))
            {
                _byUse.AddFirst(_entries[entry.Key]);
                _characters += source.Length;
                while (_characters > mostCharacters)
                {
                    var oldest = _byUse.Last!;
                    _byUse.Remove(oldest);
                    _entries.Remove(oldest.Value.Key);
                    _characters -= oldest.Value.Key.Source.Length;
                }
            }
        }

        return entry.Templates;
    }
}
