using Portal.Helm.Templating;

namespace Portal.Helm.Rendering;

/// <summary>
/// The text that Helm 4 makes of a template's error (pkg/engine/engine.go: cleanupParseError, reformatExecErrorMsg). Helm cuts Go's one-line message
/// at its separators, also where a name or a message contains them; so this does the same with the same message.
/// </summary>
internal static class TemplateErrorText
{
    private sealed record Trace(string Place, string Executing, string Message)
    {
        public override string ToString() =>
            (Place.Length > 0 ? Place + "\n  " : "") + (Executing.Length > 0 ? Executing + "\n    " : "") + (Message.Length > 0 ? Message + "\n" : "");
    }

    /// <summary>parse error at (FILE:LINE): the last part of the message.</summary>
    public static string OfParsing(string file, TemplateException error)
    {
        var parts = error.Message.Split(": ");
        return parts.Length == 1 ? $"parse error in ({file}): {error.Message}" : $"parse error at ({parts[1]}): {parts[^1]}";
    }

    /// <summary>Place, "executing ... at ..." and message on lines of their own, for each template of the chain; a chart's own failure in one line.</summary>
    public static string OfExecution(string file, TemplateException error)
    {
        var parts = error.Message.Split(": ", 3);
        if (parts.Length != 3)
        {
            return $"execution error in ({file}): {error.Message}";
        }

        var traces = new List<Trace>();
        var readable = true;
        for (Exception? current = error; current is TemplateException or FunctionException; current = current.InnerException)
        {
            if (current is ChartFailureException failure)
            {
                return $"execution error at ({parts[1]}): {failure.Message}";
            }

            if (!readable || Read(current.Message) is not { } trace)
            {
                readable = false;
            }
            else if (traces.Count == 0 || traces[^1] != trace)
            {
                traces.Add(trace);
            }
        }

        // A link that is no template's error (a function's, or tpl's own words): Helm keeps the one line.
        return readable ? string.Concat(traces).Trim() : error.Message;
    }

    private static Trace? Read(string message)
    {
        const string Prefix = "template: ";
        if (!message.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = message[Prefix.Length..];
        return rest.StartsWith("no template ", StringComparison.Ordinal) ? new Trace("", "", message) : Executing(rest) ?? Simple(rest);
    }

    // FILE:LINE:COLUMN: executing "NAME" at <NODE>: MESSAGE
    private static Trace? Executing(string text)
    {
        const string Word = ": executing ";
        const string At = " at <";
        var word = text.IndexOf(Word, StringComparison.Ordinal);
        if (word < 0)
        {
            return null;
        }

        var after = text[(word + Word.Length)..];
        var quote = after.Length > 1 && after[0] == '"' ? after.IndexOf('"', 1) : -1;
        if (quote < 0 || !after.AsSpan(quote + 1).StartsWith(At))
        {
            return null;
        }

        var node = after[(quote + 1 + At.Length)..];
        var end = node.IndexOf(">: ", StringComparison.Ordinal);
        return end < 0 ? null : new Trace(text[..word], $"executing {after[..(quote + 1)]} at <{node[..end]}>:", WithoutNext(node[(end + 3)..]));
    }

    // FILE: MESSAGE
    private static Trace? Simple(string text)
    {
        var colon = text.LastIndexOf(": ", StringComparison.Ordinal);
        return colon < 0 ? null : new Trace(text[..colon], "", WithoutNext(text[(colon + 2)..]));
    }

    // The inner template's error follows in the same message; it has a trace of its own.
    private static string WithoutNext(string message)
    {
        var next = message.IndexOf(" template:", StringComparison.Ordinal);
        return next < 0 ? message : message[..next];
    }
}
