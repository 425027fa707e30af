using System.Text;
using Portal.Helm.Templating;
using YamlDotNet.Core;
using YamlDotNet.Core.Tokens;
using Token = YamlDotNet.Core.Tokens.Token;
using Version = YamlDotNet.Core.Version;

namespace Portal.Helm.Yaml;

/// <summary>Tags ("!!str", "!local", "!&lt;address&gt;") and directives ("%YAML 1.1", "%TAG ! address") in a YAML text.</summary>
internal sealed class YamlTagScanner(YamlCursor cursor)
{
    private readonly Mark _start = cursor.Mark;

    /// <summary>A letter, a digit, - or _.</summary>
    public static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    public Tag Tag()
    {
        string handle, suffix;
        if (cursor.Peek(1) == '<')
        {
            cursor.Skip(2);
            (handle, suffix) = ("", Address(""));
            if (cursor.Peek() != '>')
            {
                throw Wrong("did not find the expected '>'");
            }

            cursor.Skip();
        }
        else
        {
            handle = Handle(inDirective: false);
            if (handle.Length > 1 && handle[^1] == '!')
            {
                suffix = Address("");
            }
            else
            {
                // "!local", and "!" alone.
                suffix = Address(handle);
                (handle, suffix) = suffix.Length == 0 ? ("", "!") : ("!", suffix);
            }
        }

        return cursor.IsSpace() ? new Tag(handle, suffix, _start, cursor.Mark) : throw Wrong("did not find expected whitespace or line break");
    }

    public Token Directive()
    {
        cursor.Skip();
        var name = new StringBuilder();
        while (IsWord(cursor.Peek()))
        {
            cursor.Read(name);
        }

        if (name.Length == 0)
        {
            throw Wrong("could not find expected directive name");
        }

        if (!cursor.IsSpace())
        {
            throw Wrong("found unexpected non-alphabetical character");
        }

        switch (name.ToString())
        {
            case "YAML":
                cursor.SkipBlanks();
                var major = Number();
                if (cursor.Peek() != '.')
                {
                    throw Wrong("did not find expected digit or '.' character");
                }

                cursor.Skip();
                return new VersionDirective(new Version(major, Number()), _start, cursor.Mark);
            case "TAG":
                cursor.SkipBlanks();
                var handle = Handle(inDirective: true);
                if (!YamlCursor.IsBlank(cursor.Peek()))
                {
                    throw Wrong("did not find expected whitespace");
                }

                cursor.SkipBlanks();
                var prefix = Address("");
                return cursor.IsSpace() ? new TagDirective(handle, prefix, _start, cursor.Mark) : throw Wrong("did not find expected whitespace or line break");
            default:
                throw Wrong("found unknown directive name");
        }
    }

    private YamlScanException Wrong(string problem) => new(_start, cursor.Mark, problem);

    private int Number()
    {
        var value = 0;
        var digits = 0;
        for (; char.IsAsciiDigit(cursor.Peek()); cursor.Skip())
        {
            if (++digits > 2)
            {
                throw Wrong("found extremely long version number");
            }

            value = value * 10 + (cursor.Peek() - '0');
        }

        return digits > 0 ? value : throw Wrong("did not find expected version number");
    }

    private string Handle(bool inDirective)
    {
        if (cursor.Peek() != '!')
        {
            throw Wrong("did not find expected '!'");
        }

        var handle = new StringBuilder();
        cursor.Read(handle);
        while (IsWord(cursor.Peek()))
        {
            cursor.Read(handle);
        }

        if (cursor.Peek() == '!')
        {
            cursor.Read(handle);
        }
        else if (inDirective && handle.Length > 1)
        {
            throw Wrong("did not find expected '!'");
        }

        return handle.ToString();
    }

    // What stands behind the "!" of a local tag belongs to the address.
    private string Address(string head)
    {
        var address = new StringBuilder(head.Length > 0 ? head[1..] : "");
        var any = head.Length > 0;
        while (IsWord(cursor.Peek()) || ";/?:@&=+$,.!~*'()[]%".Contains(cursor.Peek(), StringComparison.Ordinal))
        {
            any = true;
            if (cursor.Peek() == '%')
            {
                address.Append(Escaped());
            }
            else
            {
                cursor.Read(address);
            }
        }

        return any ? address.ToString() : throw Wrong("did not find expected tag URI");
    }

    // "%C3%A9": the bytes of characters.
    private string Escaped()
    {
        var bytes = new List<byte>();
        while (cursor.Peek() == '%')
        {
            if (!char.IsAsciiHexDigit(cursor.Peek(1)) || !char.IsAsciiHexDigit(cursor.Peek(2)))
            {
                throw Wrong("did not find URI escaped octet");
            }

            bytes.Add(Convert.FromHexString([cursor.Peek(1), cursor.Peek(2)])[0]);
            cursor.Skip(3);
        }

        return GoBytes.ToText(bytes.ToArray());
    }
}
