using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Operations;

namespace Portal.Server.Tests;

/// <summary>One viewer of an operation's log, as the browser follows it: a SignalR client that keeps every line with the moment when it came.</summary>
internal sealed class LiveLog
{
    public List<(LogLine Line, DateTimeOffset CameAt)> Lines { get; } = [];

    /// <summary>All that came, as JSON.</summary>
    public List<string> Frames { get; } = [];

    /// <summary>Follows from the first line to the end of the operation.</summary>
    public static Task<LiveLog> FollowAsync(PortalServer portal, string operationId, CancellationToken cancellation) => FollowAsync(portal, portal.Admin, operationId, cancellation);

    /// <summary>The same as somebody else than the admin; says when the first batch came.</summary>
    public static async Task<LiveLog> FollowAsync(PortalServer portal, HttpClient who, string operationId, CancellationToken cancellation, TaskCompletionSource? begun = null)
    {
        var token = await PortalServer.ReadAsync<CreatedToken>(await PortalServer.PostAsync(who, "tokens", new CreateTokenRequest("follower", 1)));
        await using var connection = new HubConnectionBuilder()
            .WithUrl(new Uri(portal.Url, Routes.OperationsHub), o => o.AccessTokenProvider = () => Task.FromResult<string?>(token.Secret))
            .AddJsonProtocol(o => o.PayloadSerializerOptions = PortalServer.Json)
            .Build();
        await connection.StartAsync(cancellation);
        var log = new LiveLog();
        await foreach (var batch in connection.StreamAsync<LogBatch>("Follow", operationId, 0L, cancellation))
        {
            begun?.TrySetResult();
            var now = DateTimeOffset.UtcNow;
            log.Lines.AddRange(batch.Lines.Select(l => (l, now)));
            log.Frames.Add(System.Text.Json.JsonSerializer.Serialize(batch, PortalServer.Json));
        }

        return log;
    }
}
