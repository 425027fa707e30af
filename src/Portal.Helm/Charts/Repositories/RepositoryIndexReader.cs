using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Portal.Helm.Charts.Repositories;

/// <summary>
/// Reads index.yaml as a stream of events: only what <see cref="ChartEntry"/> has is kept, so that memory grows with the number of versions and not
/// with their annotations, maintainers and dependencies. JSON is YAML and comes through here as well.
/// </summary>
internal static class RepositoryIndexReader
{
    /// <summary>The charts of an index.</summary>
    /// <exception cref="RepositoryException">The text is no index.</exception>
    public static RepositoryIndex Read(TextReader text, string source)
    {
        try
        {
            var parser = new Parser(new IndexLines(text));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                throw new RepositoryException($"{source} is empty");
            }

            var charts = new Dictionary<string, List<ChartEntry>>(StringComparer.Ordinal);
            var hasVersion = false;
            Mapping(parser, key =>
            {
                switch (key)
                {
                    case "apiVersion":
                        hasVersion = Scalar(parser).Length > 0;
                        break;
                    case "entries" when parser.Accept<MappingStart>(out _):
                        Mapping(parser, name => charts[name] = Entries(parser, name));
                        break;
                    default:
                        parser.SkipThisAndNestedEvents();
                        break;
                }
            });
            return hasVersion ? new RepositoryIndex(charts) : throw new RepositoryException($"{source} is no index of charts: no API version specified");
        }
        // The scanner throws InvalidOperationException for some flow sequences over several lines.
        catch (Exception error) when (error is YamlException or InvalidOperationException)
        {
            throw new RepositoryException($"{source} is no index of charts: {error.Message}", error);
        }
    }

    private static List<ChartEntry> Entries(Parser parser, string chart)
    {
        var entries = new List<ChartEntry>();
        if (!parser.TryConsume<SequenceStart>(out _))
        {
            parser.SkipThisAndNestedEvents();
            return entries;
        }

        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (parser.Accept<MappingStart>(out _))
            {
                entries.Add(Entry(parser, chart));
            }
            else
            {
                parser.SkipThisAndNestedEvents();
            }
        }

        return entries;
    }

    private static ChartEntry Entry(Parser parser, string chart)
    {
        string version = "", appVersion = "", description = "", digest = "", created = "", deprecated = "";
        var urls = new List<string>();
        Mapping(parser, key =>
        {
            switch (key)
            {
                case "version":
                    version = Scalar(parser);
                    break;
                case "appVersion":
                    appVersion = Scalar(parser);
                    break;
                case "description":
                    description = Scalar(parser);
                    break;
                case "digest":
                    digest = Scalar(parser);
                    break;
                case "created":
                    created = Scalar(parser);
                    break;
                case "deprecated":
                    deprecated = Scalar(parser);
                    break;
                case "urls" when parser.TryConsume<SequenceStart>(out _):
                    while (!parser.TryConsume<SequenceEnd>(out _))
                    {
                        urls.Add(Scalar(parser));
                    }

                    break;
                default:
                    parser.SkipThisAndNestedEvents();
                    break;
            }
        });
        return new ChartEntry(chart, version, appVersion, description, deprecated is "true" or "True" or "TRUE",
            DateTimeOffset.TryParse(created, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null, digest, urls);
    }

    private static void Mapping(Parser parser, Action<string> value)
    {
        parser.Consume<MappingStart>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            value(Scalar(parser));
        }
    }

    // What is no text where one is expected counts as empty.
    private static string Scalar(Parser parser)
    {
        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return scalar.Value is "null" or "~" && scalar.IsPlainImplicit ? "" : scalar.Value;
        }

        parser.SkipThisAndNestedEvents();
        return "";
    }
}
