using Portal.Sandbox.Json;

namespace Portal.Sandbox.Kinds;

/// <summary>What a CustomResourceDefinition says of one version.</summary>
/// <param name="Storage">This version is the stored one.</param>
/// <param name="Schema">The OpenAPI schema; null when there is none.</param>
/// <param name="Columns">The additional printer columns.</param>
/// <param name="Scale">The paths of the scale subresource; null when there is none.</param>
/// <param name="Warning">The deprecation warning; null when the version is not deprecated.</param>
/// <param name="Selectable">The JSON paths that field selectors may use.</param>
internal sealed record CustomKind(bool Storage, JsonMap? Schema, IReadOnlyList<JsonMap> Columns, JsonMap? Scale, string? Warning, IReadOnlyList<string> Selectable);
