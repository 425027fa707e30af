using System.Text;
using Portal.Sandbox.Kinds;

namespace Portal.Sandbox.Api;

/// <summary>
/// The OpenAPI v2 document as protobuf (gnostic's openapi.v2.Document), as far as kubectl reads it: whether a kind's PATCH takes fieldValidation. kubectl
/// asks it for a kind that the v3 documents do not have, and only then says that there is no such kind.
/// </summary>
internal static class OpenApiV2
{
    /// <summary>The media type of the answer. Clients ask with an "@" in it, which no media type may have.</summary>
    public const string MediaType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    /// <summary>Whether a client asks for it.</summary>
    public static bool IsAccepted(string accept) => accept.Replace("v2@v1.0", "v2.v1.0", StringComparison.Ordinal).Contains(MediaType, StringComparison.Ordinal);

    /// <summary>The document of all resources.</summary>
    public static byte[] Document(IEnumerable<ResourceKind> kinds) => Message(
        (1, Text("2.0")),
        (2, Message((1, Text("Kubernetes")), (2, Text(Discovery.GitVersion)))),
        (8, Message([.. kinds.Select(k => (2, Message((1, Text(Path(k))), (2, Message((8, Patch(k)))))))])));

    private static string Path(ResourceKind kind) =>
        $"/{(kind.Group.Length == 0 ? "api" : "apis")}/{kind.ApiVersion}{(kind.Namespaced ? "/namespaces/{namespace}" : "")}/{kind.Plural}/{{name}}";

    // Operation: 8 parameters, each a Parameter (1) that is no body (2) but of the query (3) with a place (2), a name (4) and a type (6); 13 extensions.
    private static byte[] Patch(ResourceKind kind) => Message(
        (8, Message((1, Message((2, Message((3, Message((2, Text("query")), (4, Text("fieldValidation")), (6, Text("string")))))))))),
        (13, Message((1, Text("x-kubernetes-group-version-kind")), (2, Message((2, Text($"group: \"{kind.Group}\"\nkind: {kind.Kind}\nversion: {kind.Version}\n")))))));

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Message(params (int Number, byte[] Value)[] fields)
    {
        using var bytes = new MemoryStream();
        foreach (var (number, value) in fields)
        {
            Varint(bytes, (number << 3) | 2);
            Varint(bytes, value.Length);
            bytes.Write(value);
        }

        return bytes.ToArray();
    }

    private static void Varint(MemoryStream bytes, int value)
    {
        for (var rest = (uint)value; ; rest >>= 7)
        {
            if (rest < 0x80)
            {
                bytes.WriteByte((byte)rest);
                return;
            }

            bytes.WriteByte((byte)(rest | 0x80));
        }
    }
}
