using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portal.Client.Api;

/// <summary>An answer that is no success: what is wrong, where, what to do (RFC 9457), or that there was no answer.</summary>
public sealed class ApiException(int status, string code, string title, string detail, string? requestId, JsonElement? body = null) : Exception(detail)
{
    /// <summary>0 when the server was not reached.</summary>
    public int Status { get; } = status;

    public string Code { get; } = code;

    public string Title { get; } = title;

    public string? RequestId { get; } = requestId;

    public JsonElement? Body { get; } = body;
}

/// <summary>The portal's REST API, call by call. Every failure is an <see cref="ApiException"/>.</summary>
public sealed partial class PortalApi(HttpClient http)
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    private async Task<T> GetAsync<T>(string path, CancellationToken cancellation) => (await SendAsync<T>(HttpMethod.Get, path, null, null, cancellation))!;

    private async Task<T> PostAsync<T>(string path, object? body, CancellationToken cancellation) => (await SendAsync<T>(HttpMethod.Post, path, body, null, cancellation))!;

    private async Task<T?> SendAsync<T>(HttpMethod method, string path, object? body, string? ifMatch, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, $"api/v1/{path}");
        if (body is HttpContent content)
        {
            request.Content = content;
        }
        else if (body is not null)
        {
            request.Content = JsonContent.Create(body, body.GetType(), options: Json);
        }

        if (ifMatch is not null)
        {
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{ifMatch}\""));
        }

        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, cancellation);
        }
        catch (HttpRequestException)
        {
            throw new ApiException(0, "unreachable", "The portal does not answer", "Its server is down or the network is. Nothing was changed; try again.", null);
        }

        using (response)
        {
            if (!response.IsSuccessStatusCode)
            {
                throw await ProblemAsync(response, cancellation);
            }

            if (typeof(T) == typeof(string))
            {
                return (T)(object)await response.Content.ReadAsStringAsync(cancellation);
            }

            return response.StatusCode == System.Net.HttpStatusCode.NoContent || response.Content.Headers.ContentLength == 0 ? default : await response.Content.ReadFromJsonAsync<T>(Json, cancellation);
        }
    }

    private static async Task<ApiException> ProblemAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            var body = await response.Content.ReadFromJsonAsync<JsonElement>(cancellation);
            string? Text(string name) => body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            return new ApiException((int)response.StatusCode, Text("code") ?? "", Text("title") ?? "This failed", Text("detail") ?? "", Text("requestId"), body);
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            return new ApiException((int)response.StatusCode, "", "This failed", $"The server answered {(int)response.StatusCode}.", null);
        }
    }
}
