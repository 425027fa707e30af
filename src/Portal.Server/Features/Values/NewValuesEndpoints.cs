using Portal.Core;
using Portal.Core.Access;
using Portal.Core.Values;
using Portal.Helm.Yaml;
using Portal.Server.Features.Access;
using Portal.Server.Features.Catalog;

namespace Portal.Server.Features.Values;

/// <summary>What helps to write values for a release that is not there yet: the keys of a chart version, a verdict, an edit. Nothing is kept.</summary>
internal static class NewValuesEndpoints
{
    public static void MapNewValues(this WebApplication app)
    {
        var api = app.MapGroup($"{Routes.Api}/charts/{{source}}/{{name}}/versions/{{version}}/values");
        api.MapGet("/keys", async (string source, string name, string version, Charts charts, CancellationToken cancellation) =>
            new Page<ChartKey>(ChartKeys.Of(await charts.LoadAsync(await charts.FindAsync(source, name, version, cancellation), cancellation)))).RequirePermission(Permissions.ValuesRead);
        api.MapPost("/preview", async (string source, string name, string version, PreviewValuesRequest request, Charts charts, CancellationToken cancellation) =>
        {
            var chart = await charts.LoadAsync(await charts.FindAsync(source, name, version, cancellation), cancellation);
            var text = ValuesInput.Limit(request.Text);
            try
            {
                var places = YamlText.Read(text);
                return ValuesVerdict.Of(new UnmaskedValues(text, places, SecretFinder.Find(text, places, SecretScalars.FromSchemas(chart)), places), chart);
            }
            catch (YamlException error)
            {
                return ValuesVerdict.Broken(error);
            }
        }).RequirePermission(Permissions.ValuesRead);
        api.MapPost("/edit", async (string source, string name, string version, EditValuesRequest request, Charts charts, CancellationToken cancellation) =>
        {
            await charts.FindAsync(source, name, version, cancellation);
            return ValuesInput.Edit(request);
        }).RequirePermission(Permissions.ValuesWrite);
    }
}
