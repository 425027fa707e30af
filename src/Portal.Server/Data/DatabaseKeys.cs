using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Portal.Server.Features.Access;

namespace Portal.Server.Data;

/// <summary>The keys that protect cookies live in the database, wrapped by the portal's key: every replica reads the same ones.</summary>
internal sealed class DatabaseKeys(IDbContextFactory<PortalDb> dbs, SecretBox box) : IConfigureOptions<KeyManagementOptions>, IXmlRepository
{
    public const string FingerprintName = "key-fingerprint";
    private const string Prefix = "cookie-key/";

    public void Configure(KeyManagementOptions options) => options.XmlRepository = this;

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var db = dbs.CreateDbContext();
        return [.. db.Set<PortalFactRow>().Where(f => f.Name.StartsWith(Prefix)).ToList().Select(f => XElement.Parse(box.RevealText(f.Value, "portal_facts", f.Name, "value")))];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        var name = Prefix + friendlyName;
        using var db = dbs.CreateDbContext();
        db.Add(new PortalFactRow { Name = name, Value = box.Protect(element.ToString(SaveOptions.DisableFormatting), "portal_facts", name, "value") });
        db.SaveChanges();
    }

    /// <summary>A database that was encrypted with another key stops the start.</summary>
    /// <exception cref="SettingsException">The key is another one.</exception>
    public static async Task CheckFingerprintAsync(IServiceProvider services, SecretBox box)
    {
        await using var db = await services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        var known = await db.Set<PortalFactRow>().FirstOrDefaultAsync(f => f.Name == FingerprintName);
        if (known is null)
        {
            db.Add(new PortalFactRow { Name = FingerprintName, Value = Encoding.ASCII.GetBytes(box.Fingerprint) });
            try
            {
                await db.SaveChangesAsync();
            }
            catch (DbUpdateException)
            {
                // Another replica was first; its key counts.
                db.ChangeTracker.Clear();
                known = await db.Set<PortalFactRow>().FirstAsync(f => f.Name == FingerprintName);
            }
        }

        if (known is not null && Encoding.ASCII.GetString(known.Value) != box.Fingerprint)
        {
            throw new SettingsException($"the key does not fit the database: it was encrypted with key {Encoding.ASCII.GetString(known.Value)}, this one is {box.Fingerprint}. Set PORTAL_KEY_FILE to the right key file.");
        }
    }
}
