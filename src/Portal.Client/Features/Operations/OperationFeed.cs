using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.SignalR.Client;
using Portal.Core;
using Portal.Core.Operations;

namespace Portal.Client.Features.Operations;

/// <summary>Follows an operation live. After a lost connection it goes on behind the last line seen: no gap, nothing twice.</summary>
public sealed class OperationFeed(NavigationManager navigation)
{
    /// <summary>Calls back with every batch until the operation has ended or the token is cancelled.</summary>
    public async Task FollowAsync(string operationId, long afterSeq, Func<LogBatch, Task> onBatch, Action<bool> onConnected, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await using var connection = new HubConnectionBuilder()
                .WithUrl(navigation.ToAbsoluteUri(Routes.OperationsHub), o =>
                {
                    // One connection, so that a proxy without sticky sessions does no harm.
                    o.SkipNegotiation = true;
                    o.Transports = Microsoft.AspNetCore.Http.Connections.HttpTransportType.WebSockets;
                })
                .AddJsonProtocol(o =>
                {
                    o.PayloadSerializerOptions.Converters.Add(new JsonStringEnumConverter());
                    o.PayloadSerializerOptions.TypeInfoResolverChain.Insert(0, LogBatchJson.Default);
                })
                .Build();
            try
            {
                await connection.StartAsync(cancellation);
                onConnected(true);
                await foreach (var batch in connection.StreamAsync<LogBatch>(Routes.FollowMethod, operationId, afterSeq, cancellation))
                {
                    var fresh = batch with { Lines = [.. batch.Lines.Where(l => l.Seq > afterSeq)] };
                    afterSeq = Math.Max(afterSeq, batch.LastSeq);
                    await onBatch(fresh);
                }

                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception error) when (error is HttpRequestException or IOException or Microsoft.AspNetCore.SignalR.HubException or InvalidOperationException or System.Net.WebSockets.WebSocketException)
            {
                onConnected(false);
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }
}

/// <summary>How a batch is read, made when the client is built: reflection costs a browser several times as much, ten times a second.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LogBatch))]
internal sealed partial class LogBatchJson : JsonSerializerContext;
