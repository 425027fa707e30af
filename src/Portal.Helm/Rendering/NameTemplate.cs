using System.Net;
using System.Text;
using System.Text.Json;
using Portal.Helm.Sprig;
using Portal.Helm.Templating;
using Portal.Helm.Yaml;

namespace Portal.Helm.Rendering;

/// <summary>
/// The template of --name-template (pkg/action/install.go, TemplateName): sprig's own functions without Helm's, no data, and, as it is the
/// caller's and no chart's, the environment and host names.
/// </summary>
public static class NameTemplate
{
    /// <summary>The name that a template gives.</summary>
    /// <param name="text">The template.</param>
    /// <param name="variable">The value of an environment variable; the process's own where none is given.</param>
    /// <exception cref="TemplateException">It is no template, or fails; in Go's words.</exception>
    public static string Execute(string text, Func<string, string?>? variable = null)
    {
        var templates = new TemplateSet(Functions(variable ?? Environment.GetEnvironmentVariable));
        templates.Parse("name-template", text);
        return templates.Execute("name-template", null);
    }

    private static FunctionTable Functions(Func<string, string?> variable)
    {
        var table = new FunctionTable();
        Builtins.Register(table);
        SprigFunctions.Register(table, new SprigEnvironment());
        foreach (var name in (string[])["toYaml", "mustToYaml", "toYamlPretty", "fromYaml", "fromYamlArray", "toToml", "mustToToml", "fromToml", "fromJsonArray"])
        {
            table.Remove(name);
        }

        table.Add("env", [GoType.String], a => variable((string)a[0]!) ?? "");
        table.Add("expandenv", [GoType.String], a => Expand((string)a[0]!, variable));
        table.Add("fromJson", [GoType.String], a => FromJson((string)a[0]!));
        table.Add("getHostByName", [GoType.String], a => Address((string)a[0]!));
        return table;
    }

    // sprig's own gives a nil for what is no JSON, and any kind of value.
    private static object? FromJson(string text)
    {
        try
        {
            return GoJson.Read(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Address(string host)
    {
        try
        {
            return Dns.GetHostAddresses(host) is [var first, ..] ? first.ToString() : throw new FunctionException("invalid argument to Intn");
        }
        catch (Exception error) when (error is System.Net.Sockets.SocketException or ArgumentException)
        {
            // sprig takes one of no addresses by chance.
            throw new FunctionException("invalid argument to Intn", error);
        }
    }

    // os.Expand: $NAME and ${NAME}; what is no name loses its braces, a dollar that begins nothing stays.
    private static string Expand(string text, Func<string, string?> variable)
    {
        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            var (name, length) = Name(text[(i + 1)..]);
            result.Append(name.Length > 0 ? variable(name) : length == 0 ? "$" : "");
            i += length;
        }

        return result.ToString();
    }

    private static (string Name, int Length) Name(string text)
    {
        if (text[0] == '{')
        {
            var end = text.IndexOf('}', StringComparison.Ordinal);
            return text.Length > 2 && IsSpecial(text[1]) && text[2] == '}' ? (text[1..2], 3) : end < 0 ? ("", 1) : (text[1..end], end + 1);
        }

        if (IsSpecial(text[0]))
        {
            return (text[..1], 1);
        }

        var length = text.TakeWhile(c => c == '_' || char.IsAsciiLetterOrDigit(c)).Count();
        return (text[..length], length);
    }

    private static bool IsSpecial(char c) => c is '*' or '#' or '$' or '@' or '!' or '?' or '-' || char.IsAsciiDigit(c);
}
