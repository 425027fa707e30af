using System.Text;
using Portal.Sandbox.Json;

namespace Portal.Sandbox.Api;

/// <summary>What the client accepts: a plain object, a Table or only the metadata.</summary>
internal sealed record Answer(string MediaType, string? As, bool Yaml)
{
    private const string Available = "application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

    /// <summary>Chooses from the Accept header; a protobuf client that also takes JSON gets JSON.</summary>
    /// <exception cref="ApiError">406: nothing of it can be given.</exception>
    public static Answer Choose(HttpContext http)
    {
        var accept = http.Request.Headers.Accept.ToString();
        if (accept.Length == 0)
        {
            return new Answer("application/json", null, false);
        }

        var formRefused = false;
        foreach (var option in accept.Split(','))
        {
            var parts = option.Split(';', StringSplitOptions.TrimEntries);
            var parameters = parts.Skip(1).Select(p => p.Split('=', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1]);
            var form = parameters.GetValueOrDefault("as");
            if (form is not null && (parameters.GetValueOrDefault("g") != "meta.k8s.io" || parameters.GetValueOrDefault("v") is not ("v1" or "v1beta1")
                || form is not ("Table" or "PartialObjectMetadata" or "PartialObjectMetadataList")))
            {
                formRefused = true;
                continue;
            }

            switch (parts[0].ToLowerInvariant())
            {
                case "application/json" or "*/*" or "application/*":
                    return new Answer("application/json", form, false);
                case "application/yaml":
                    return new Answer("application/yaml", form, true);
            }
        }

        // Only protobuf is left: JSON is what can be given, and every typed client reads it.
        return accept.Contains("application/vnd.kubernetes.protobuf", StringComparison.Ordinal)
            ? new Answer("application/json", null, false)
            : throw (formRefused ? ApiError.NotAcceptable() : ApiError.NotAcceptable(Available));
    }

    public async Task WriteAsync(HttpContext http, int status, object? value)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = MediaType;
        http.Response.Headers.CacheControl = "no-cache, private";
        if (Yaml)
        {
            await http.Response.WriteAsync(YamlText.Write(value), Encoding.UTF8, http.RequestAborted);
            return;
        }

        var bytes = JsonTree.Bytes(value);
        http.Response.ContentLength = bytes.Length + 1;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
        await http.Response.Body.WriteAsync("\n"u8.ToArray(), http.RequestAborted);
    }
}
