using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Tokens;

namespace Portal.Helm.Yaml;

/// <summary>A text that has no tokens, with the scanner's words. Start is where the faulty token begins, End where the fault is.</summary>
internal sealed class YamlScanException(Mark start, Mark end, string message) : YamlDotNet.Core.YamlException(start, end, message);

/// <summary>
/// Cuts a YAML text into the tokens that YamlDotNet's parser reads, by the rules of libyaml, which go-yaml v2 keeps (scannerc.go): YamlDotNet's own scanner has those of
/// YAML 1.2 and refuses what charts are full of - comments right behind a bracket or a quote, quoted and flow lines less indented than their key, blanks where a folded
/// text is empty - and takes other texts that Helm refuses.
/// </summary>
internal sealed class YamlScanner(string text) : IScanner
{
    private const int MostOfKey = 1024;
    private const int MostLevels = 10_000;

    private readonly YamlCursor _cursor = new(text);

    // Tokens that are scanned and not yet consumed: a key is put before its value when the colon is seen.
    private readonly List<Token> _tokens = [];
    private readonly Stack<int> _indents = new();

    // A place that may turn out to be a key, for the block and for each open bracket.
    private readonly Stack<PossibleKey> _keys = new();
    private int _head;
    private int _consumed;
    private int _indent = -1;
    private bool _keyAllowed = true;
    private bool _started;
    private bool _ended;

    /// <inheritdoc/>
    public Mark CurrentPosition => _cursor.Mark;

    /// <inheritdoc/>
    public Token? Current { get; private set; }

    private bool InFlow => _keys.Count > 1;

    /// <inheritdoc/>
    public bool MoveNext()
    {
        if (Current is not null)
        {
            ConsumeCurrent();
        }

        return MoveNextWithoutConsuming();
    }

    /// <inheritdoc/>
    public bool MoveNextWithoutConsuming()
    {
        // YamlDotNet's parser asks once more behind the last token.
        if (Current is StreamEnd)
        {
            return false;
        }

        if (Current is null && !_ended)
        {
            while (_head == _tokens.Count || HeadMayBeKey())
            {
                FetchNext();
            }
        }

        Current ??= _head < _tokens.Count ? _tokens[_head] : null;
        return Current is not null;
    }

    /// <inheritdoc/>
    public void ConsumeCurrent()
    {
        _consumed++;
        if (++_head == _tokens.Count)
        {
            _tokens.Clear();
            _head = 0;
        }

        Current = null;
    }

    private YamlScanException Wrong(Mark start, string problem) => new(start, _cursor.Mark, problem);

    private void Add(Token token) => _tokens.Add(token);

    private bool HeadMayBeKey()
    {
        foreach (var key in _keys)
        {
            if (key.Token == _consumed && StillPossible(key))
            {
                return true;
            }
        }

        return false;
    }

    // A key is on one line and not longer than 1024 characters.
    private bool StillPossible(PossibleKey key)
    {
        if (!key.Possible)
        {
            return false;
        }

        if (key.Mark.Line - 1 < _cursor.Line || key.Mark.Index + MostOfKey < _cursor.Index)
        {
            RequireNot(key);
            key.Possible = false;
        }

        return key.Possible;
    }

    private void RequireNot(PossibleKey key)
    {
        if (key.Possible && key.Required)
        {
            throw Wrong(key.Mark, "could not find expected ':'");
        }
    }

    private void FetchNext()
    {
        if (!_started)
        {
            _started = true;
            _keys.Push(new PossibleKey());
            Add(new StreamStart(_cursor.Mark, _cursor.Mark));
            return;
        }

        ToNextToken();
        Unroll(_cursor.Column);
        if (_cursor.AtEnd)
        {
            FetchEnd();
            return;
        }

        var c = _cursor.Peek();
        switch (c)
        {
            case '%' when _cursor.Column == 0:
                BeginDocumentPart();
                Add(Directive());
                return;
            case '-' or '.' when _cursor.AtDocumentMark(c):
                BeginDocumentPart();
                var start = _cursor.Mark;
                _cursor.Skip(3);
                Add(c == '-' ? new DocumentStart(start, _cursor.Mark) : new DocumentEnd(start, _cursor.Mark));
                return;
            case '[' or '{':
                OpenFlow(c);
                return;
            case ']' or '}':
                CloseFlow(c);
                return;
            case ',':
                RemoveKey();
                _keyAllowed = true;
                AddOne((s, e) => new FlowEntry(s, e));
                return;
            case '-' when _cursor.IsSpace(1):
                FetchEntry();
                return;
            case '?' when InFlow || _cursor.IsSpace(1):
                FetchKey();
                return;
            case ':' when InFlow || _cursor.IsSpace(1):
                FetchValue();
                return;
            case '*' or '&':
                SaveKey();
                _keyAllowed = false;
                Add(AnchorOrAlias(c == '*'));
                return;
            case '!':
                SaveKey();
                _keyAllowed = false;
                Add(new YamlTagScanner(_cursor).Tag());
                return;
            case '|' or '>' when !InFlow:
                RemoveKey();
                _keyAllowed = true;
                Add(new YamlScalarScanner(_cursor, _indent).Block(c == '|'));
                return;
            case '\'' or '"':
                SaveKey();
                _keyAllowed = false;
                Add(new YamlScalarScanner(_cursor, _indent).Quoted(c));
                return;
            case '-' when !YamlCursor.IsBlank(_cursor.Peek(1)):
            case '?' or ':' when !InFlow && !_cursor.IsSpace(1):
            case not ('-' or '?' or ':' or '#' or '|' or '>' or '%' or '@' or '`') when !_cursor.IsSpace():
                SaveKey();
                _keyAllowed = false;
                Add(new YamlScalarScanner(_cursor, _indent).Plain(InFlow, out var overLines));
                _keyAllowed |= overLines;
                return;
            default:
                throw Wrong(_cursor.Mark, "found character that cannot start any token");
        }
    }

    // Tabs are blanks only where no key can begin: they indent nothing.
    private void ToNextToken()
    {
        while (true)
        {
            if (_cursor.Column == 0 && _cursor.Peek() == '\uFEFF')
            {
                _cursor.Skip();
            }

            while (_cursor.Peek() == ' ' || _cursor.Peek() == '\t' && (InFlow || !_keyAllowed))
            {
                _cursor.Skip();
            }

            _cursor.SkipComment();
            if (!YamlCursor.IsBreak(_cursor.Peek()))
            {
                return;
            }

            _cursor.ReadBreak(null);
            _keyAllowed |= !InFlow;
        }
    }

    private void AddOne(Func<Mark, Mark, Token> token)
    {
        var start = _cursor.Mark;
        _cursor.Skip();
        Add(token(start, _cursor.Mark));
    }

    private void FetchEnd()
    {
        _cursor.EndLine();
        BeginDocumentPart();
        _ended = true;
        Add(new StreamEnd(_cursor.Mark, _cursor.Mark));
    }

    private void BeginDocumentPart()
    {
        Unroll(-1);
        RemoveKey();
        _keyAllowed = false;
    }

    private void OpenFlow(char bracket)
    {
        SaveKey();
        _keys.Push(new PossibleKey());
        if (_keys.Count > MostLevels)
        {
            throw Wrong(_cursor.Mark, string.Create(CultureInfo.InvariantCulture, $"exceeded max depth of {MostLevels}"));
        }

        _keyAllowed = true;
        AddOne((s, e) => bracket == '[' ? new FlowSequenceStart(s, e) : new FlowMappingStart(s, e));
    }

    private void CloseFlow(char bracket)
    {
        RemoveKey();
        if (InFlow)
        {
            _keys.Pop();
        }

        _keyAllowed = false;
        AddOne((s, e) => bracket == ']' ? new FlowSequenceEnd(s, e) : new FlowMappingEnd(s, e));
    }

    private void FetchEntry()
    {
        if (!InFlow)
        {
            if (!_keyAllowed)
            {
                throw Wrong(_cursor.Mark, "block sequence entries are not allowed in this context");
            }

            Roll(_cursor.Column, _tokens.Count, isList: true, _cursor.Mark);
        }

        RemoveKey();
        _keyAllowed = true;
        AddOne((s, e) => new BlockEntry(s, e));
    }

    private void FetchKey()
    {
        if (!InFlow)
        {
            if (!_keyAllowed)
            {
                throw Wrong(_cursor.Mark, "mapping keys are not allowed in this context");
            }

            Roll(_cursor.Column, _tokens.Count, isList: false, _cursor.Mark);
        }

        RemoveKey();
        _keyAllowed = !InFlow;
        AddOne((s, e) => new Key(s, e));
    }

    private void FetchValue()
    {
        var key = _keys.Peek();
        if (StillPossible(key))
        {
            var at = key.Token - _consumed + _head;
            _tokens.Insert(at, new Key(key.Mark, key.Mark));
            Roll((int)key.Mark.Column - 1, at, isList: false, key.Mark);
            key.Possible = false;
            _keyAllowed = false;
        }
        else
        {
            if (!InFlow)
            {
                if (!_keyAllowed)
                {
                    throw Wrong(_cursor.Mark, "mapping values are not allowed in this context");
                }

                if (_indent < _cursor.Column)
                {
                    // The first thing in a block mapping is a key (parserc.go); YamlDotNet's parser would take none for an empty one.
                    throw new SemanticErrorException(_cursor.Mark, _cursor.Mark, "While parsing a block mapping, did not find expected key.");
                }
            }

            _keyAllowed = !InFlow;
        }

        AddOne((s, e) => new Value(s, e));
    }

    private void SaveKey()
    {
        if (!_keyAllowed)
        {
            return;
        }

        RemoveKey();
        var key = _keys.Peek();
        key.Possible = true;
        key.Required = !InFlow && _indent == _cursor.Column;
        key.Token = _consumed + _tokens.Count - _head;
        key.Mark = _cursor.Mark;
    }

    private void RemoveKey()
    {
        var key = _keys.Peek();
        RequireNot(key);
        key.Possible = false;
    }

    // A deeper column begins a block.
    private void Roll(int column, int at, bool isList, Mark mark)
    {
        if (InFlow || _indent >= column)
        {
            return;
        }

        _indents.Push(_indent);
        if (_indents.Count > MostLevels)
        {
            throw Wrong(mark, string.Create(CultureInfo.InvariantCulture, $"exceeded max depth of {MostLevels}"));
        }

        _indent = column;
        _tokens.Insert(at, isList ? new BlockSequenceStart(mark, mark) : new BlockMappingStart(mark, mark));
    }

    // A lesser column ends the blocks that are deeper.
    private void Unroll(int column)
    {
        while (!InFlow && _indent > column)
        {
            Add(new BlockEnd(_cursor.Mark, _cursor.Mark));
            _indent = _indents.Pop();
        }
    }

    private Token AnchorOrAlias(bool isAlias)
    {
        var start = _cursor.Mark;
        _cursor.Skip();
        var from = _cursor.Index;
        while (YamlTagScanner.IsWord(_cursor.Peek()))
        {
            _cursor.Skip();
        }

        var name = text[from.._cursor.Index];
        return name.Length > 0 && (_cursor.IsSpace() || _cursor.Peek() is '?' or ':' or ',' or ']' or '}' or '%' or '@' or '`')
            ? isAlias ? new AnchorAlias(new AnchorName(name), start, _cursor.Mark) : new Anchor(new AnchorName(name), start, _cursor.Mark)
            : throw Wrong(start, "did not find expected alphabetic or numeric character");
    }

    private Token Directive()
    {
        var token = new YamlTagScanner(_cursor).Directive();
        _cursor.SkipBlanks();
        _cursor.SkipComment();
        if (!_cursor.IsLineEnd())
        {
            throw Wrong(token.Start, "did not find expected comment or line break");
        }

        _cursor.ReadBreak(null);
        return token;
    }

    private sealed class PossibleKey
    {
        public bool Possible { get; set; }

        public bool Required { get; set; }

        public int Token { get; set; }

        public Mark Mark { get; set; }
    }
}
