using System.Buffers;
using System.Globalization;
using System.Threading.Channels;
using Portal.Sandbox.Faults;
using Portal.Sandbox.Json;
using Portal.Sandbox.Kinds;
using Portal.Sandbox.Registry;
using Portal.Sandbox.Storage;

namespace Portal.Sandbox.Api;

/// <summary>Streams of changes, from a resourceVersion or from now on.</summary>
internal sealed class WatchEndpoint(ObjectRegistry registry, WatchDrops drops)
{
    private static readonly TimeSpan _bookmarkEvery = TimeSpan.FromSeconds(60);
    private readonly ObjectStore _store = registry.Store;

    public async Task WatchAsync(ApiRequest request)
    {
        var kind = request.Kind;
        var answer = Answer.Choose(request.Http);
        var selectors = ListSelectors.Read(request.Query("labelSelector"), request.Query("fieldSelector"), kind);
        if (request.Name.Length > 0)
        {
            selectors = ListSelectors.Read(request.Query("labelSelector"), $"metadata.name={request.Name}", kind);
        }

        var initial = Check(request);
        var ns = kind.Namespaced && request.Namespace.Length > 0 ? request.Namespace : null;
        var bookmarks = request.Flag("allowWatchBookmarks") && request.Query("allowWatchBookmarks") is not null;
        var ending = drops.Next;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, ending.Token);
        if (request.Number("timeoutSeconds") is { } seconds and > 0)
        {
            end.CancelAfter(registry.Clock.Outside(TimeSpan.FromSeconds(seconds)));
        }

        var channel = Channel.CreateUnbounded<Change>(new UnboundedChannelOptions { SingleReader = true });
        var lines = new List<JsonMap>();
        IDisposable subscription;
        long revision;
        lock (_store.Gate)
        {
            revision = _store.Revision;
            var from = request.Query("resourceVersion");
            if (initial is true || (initial is null && from is null or "" or "0"))
            {
                lines.AddRange(_store.List(kind.Bucket, ns).Where(selectors.Matches).Select(o => Event("ADDED", o, kind, answer, request)));
                if (initial is true && bookmarks)
                {
                    lines.Add(Bookmark(kind, revision, answer, initialEnd: true));
                }
            }
            else if (!string.IsNullOrEmpty(from))
            {
                var past = _store.Since(long.Parse(from, CultureInfo.InvariantCulture));
                if (past is null)
                {
                    lines.Add(TooOld(from));
                    channel.Writer.Complete();
                }
                else
                {
                    lines.AddRange(past.Select(c => Event(c, kind, ns, selectors, answer, request)).OfType<JsonMap>());
                }
            }

            subscription = _store.Listen(change =>
            {
                if (change.Key.Bucket == kind.Bucket)
                {
                    channel.Writer.TryWrite(change);
                }
            });
        }

        using (subscription)
        {
            var response = request.Http.Response;
            response.StatusCode = 200;
            response.ContentType = answer.Yaml ? "application/yaml" : "application/json";
            response.Headers.CacheControl = "no-cache, private";
            try
            {
                // Flushed at once: a client waits for the headers before it watches, however long nothing changes.
                await response.StartAsync(end.Token);
                await response.Body.FlushAsync(end.Token);
                await SendAsync(response, lines, end.Token);
                await StreamAsync(request, channel.Reader, kind, ns, selectors, answer, bookmarks, end.Token);
            }
            catch (OperationCanceledException)
            {
                // The time is over, the client is gone, or the watch is dropped on purpose: a watch just ends.
                if (ending.Cut)
                {
                    request.Http.Abort();
                }
            }
        }
    }

    private async Task StreamAsync(ApiRequest request, ChannelReader<Change> changes, ResourceKind kind, string? ns, ListSelectors selectors, Answer answer, bool bookmarks, CancellationToken end)
    {
        var lines = new List<JsonMap>();
        while (true)
        {
            lines.Clear();
            using (var pause = CancellationTokenSource.CreateLinkedTokenSource(end))
            {
                if (bookmarks)
                {
                    pause.CancelAfter(_bookmarkEvery);
                }

                try
                {
                    if (!await changes.WaitToReadAsync(pause.Token))
                    {
                        return;
                    }
                }
                catch (OperationCanceledException) when (!end.IsCancellationRequested)
                {
                    lines.Add(Bookmark(kind, _store.Revision, answer, initialEnd: false));
                }
            }

            while (changes.TryRead(out var change))
            {
                if (Event(change, kind, ns, selectors, answer, request) is { } line)
                {
                    lines.Add(line);
                }
            }

            await SendAsync(request.Http.Response, lines, end);
        }
    }

    private static async Task SendAsync(HttpResponse response, List<JsonMap> lines, CancellationToken end)
    {
        foreach (var line in lines)
        {
            JsonTree.Write(response.BodyWriter, line);
            response.BodyWriter.Write("\n"u8);
        }

        if (lines.Count > 0)
        {
            await response.BodyWriter.FlushAsync(end);
        }
    }

    private static bool? Check(ApiRequest request)
    {
        var version = request.Query("resourceVersion");
        var match = request.Query("resourceVersionMatch");
        bool? initial = request.Query("sendInitialEvents") switch { null => null, "true" or "1" => true, _ => false };
        var problems = new Problems();
        if (initial is not null && match != "NotOlderThan")
        {
            problems.Forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        }
        else if (initial is null && !string.IsNullOrEmpty(match))
        {
            problems.Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
        }

        problems.Throw(ApiRequest.OptionsKind("ListOptions"), "");
        if (!string.IsNullOrEmpty(version) && !ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw ApiError.Internal($"resourceVersion: Invalid value: \"{version}\": strconv.ParseUint: parsing \"{version}\": invalid syntax");
        }

        return initial;
    }

    /// <summary>The event that a change is for this watch; an object that stops matching is deleted from its view.</summary>
    private static JsonMap? Event(Change change, ResourceKind kind, string? ns, ListSelectors selectors, Answer answer, ApiRequest request)
    {
        if (change.Key.Bucket != kind.Bucket || (ns is not null && change.Key.Namespace != ns))
        {
            return null;
        }

        var before = change.Before is not null && selectors.Matches(change.Before);
        var after = change.After is not null && selectors.Matches(change.After);
        if (after)
        {
            return Event(before ? "MODIFIED" : "ADDED", change.After!, kind, answer, request);
        }

        if (!before)
        {
            return null;
        }

        // The last state, with the revision of the write that took it away.
        var last = JsonTree.Clone(change.Before!);
        last.Ensure("metadata")["resourceVersion"] = change.Revision.ToString(CultureInfo.InvariantCulture);
        return Event("DELETED", last, kind, answer, request);
    }

    private static JsonMap Event(string type, JsonMap obj, ResourceKind kind, Answer answer, ApiRequest request) => new()
    {
        ["type"] = type,
        ["object"] = answer.As switch
        {
            "Table" => TableView.Of(kind, [obj], obj.Text("metadata", "resourceVersion") ?? "", request.Query("includeObject"), null, request.Now),
            not null => ObjectViews.Partial(obj),
            _ => ObjectViews.InVersion(obj, kind),
        },
    };

    private static JsonMap Bookmark(ResourceKind kind, long revision, Answer answer, bool initialEnd)
    {
        var metadata = new JsonMap { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture) };
        if (initialEnd)
        {
            metadata["annotations"] = new JsonMap { ["k8s.io/initial-events-end"] = "true" };
        }

        var obj = new JsonMap { ["kind"] = kind.Kind, ["apiVersion"] = kind.ApiVersion, ["metadata"] = metadata };
        if (answer.As is "PartialObjectMetadata" or "PartialObjectMetadataList")
        {
            obj = ObjectViews.Partial(obj);
        }
        else if (answer.As is null && kind.Custom is null && !kind.Shape.Open)
        {
            // An empty object of a typed kind still shows the parts that are always there.
            obj = Schema.Normalizer.Normalize(obj, kind.Shape);
        }

        return new JsonMap { ["type"] = "BOOKMARK", ["object"] = obj };
    }

    private JsonMap TooOld(string from) => new()
    {
        ["type"] = "ERROR",
        ["object"] = ApiError.Gone($"too old resource version: {from} ({_store.Revision})").ToStatus(),
    };
}
