using System.Security.Cryptography;
using System.Text;
using Portal.Helm.Actions;
using Portal.Helm.Rendering;
using Portal.Helm.Yaml;

namespace Portal.Server.Features.Plans;

/// <summary>SHA-256 over canonical JSON of everything that decides what an operation does. Values enter as a keyed hash: a digest must not help to guess them.</summary>
internal static class PlanDigest
{
    public static string Of(string clusterId, string chartDigest, Capabilities capabilities, PreparedAction action, string options, Func<string, string> keyedHash)
    {
        var target = action.Target;
        var table = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["kind"] = action.Kind.ToString(),
            ["cluster"] = clusterId,
            ["namespace"] = target.Namespace,
            ["release"] = target.Name,
            ["chart"] = chartDigest,
            ["kubernetes"] = capabilities.KubeVersion,
            ["apis"] = PreparedAction.Hash(string.Join('\n', capabilities.ApiVersions.Order(StringComparer.Ordinal))),
            ["values"] = keyedHash(GoJson.Write(target.Config)),
            ["options"] = options,
            ["manifest"] = PreparedAction.Hash(target.Manifest),
            ["hooks"] = PreparedAction.Hash(string.Join('\n', target.Hooks.Select(h => $"{h.Path} {string.Join(',', h.Events)} {h.Weight}\n{h.Manifest}"))),
            ["crds"] = PreparedAction.Hash(string.Join('\n', action.Crds.Select(c => Encoding.UTF8.GetString(c.Data.Span)))),
            ["base"] = $"{action.Base.Revision} {action.Base.Status} {action.Base.ManifestHash} {action.Base.ConfigHash}",
            ["target"] = (long)target.Version,
        };
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(GoJson.Write(table))));
    }
}
