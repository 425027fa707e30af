using System.Text;

namespace Portal.Helm.Templating;

/// <summary>Texts that functions of templates make: how long one may become is asked while it is made, not when the memory is gone.</summary>
internal static class BoundedText
{
    /// <summary>The most characters of one text.</summary>
    public const int Most = 64 * 1024 * 1024;

    /// <summary>A builder that refuses to grow beyond <see cref="Most"/>; <see cref="IsFull"/> tells its complaint from others.</summary>
    public static StringBuilder New() => new(16, Most);

    /// <summary>string.Join within the limit.</summary>
    public static string Join(string separator, IEnumerable<string> parts)
    {
        var result = New();
        var first = true;
        foreach (var part in parts)
        {
            result.Append(first ? "" : separator).Append(part);
            first = false;
        }

        return result.ToString();
    }

    /// <exception cref="TemplateLimitException">A text of this length is too long.</exception>
    public static void Check(string function, long length)
    {
        if (length > Most)
        {
            throw Full(function);
        }
    }

    /// <summary>Whether something failed because a text became too long.</summary>
    public static bool IsFull(Exception error) => error is OutOfMemoryException or ArgumentOutOfRangeException { ParamName: "requiredLength" or "valueCount" or "repeatCount" or "capacity" };

    public static TemplateLimitException Full(string function) => new($"{function} makes more than {Most / 1024 / 1024} MiB");
}
