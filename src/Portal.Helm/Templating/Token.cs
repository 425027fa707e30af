namespace Portal.Helm.Templating;

internal enum TokenKind
{
    Error, Bool, Char, CharConstant, Comment, Complex, Assign, Declare, Eof, Field, Identifier, LeftDelim, LeftParen, Number,
    Pipe, RawString, RightDelim, RightParen, Space, String, Text, Variable,
    // Keywords come after this one.
    Keyword, Block, Break, Continue, Dot, Define, Else, End, If, Nil, Range, Template, With,
}

/// <summary>A token with its place: offset in characters, line from 1.</summary>
internal readonly record struct Token(TokenKind Kind, int Position, string Text, int Line)
{
    public override string ToString() => Kind switch
    {
        TokenKind.Eof => "EOF",
        TokenKind.Error => Text,
        > TokenKind.Keyword => $"<{Text}>",
        _ when Text.Length > 10 => GoQuote.Quote(Text[..10]) + "...",
        _ => GoQuote.Quote(Text),
    };
}
