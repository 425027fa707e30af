using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Portal.Server.Data;

/// <summary>Which columns hold what <see cref="SecretBox"/> made, so that a new key reaches all of them.</summary>
internal static class EncryptedColumns
{
    private const string Annotation = "Portal:Encrypted";

    /// <summary>Marks a column whose bytes are bound to table, the row's key and a column name.</summary>
    public static PropertyBuilder<T> IsEncrypted<T>(this PropertyBuilder<T> property, string table, string column)
    {
        property.Metadata.SetAnnotation(Annotation, new[] { table, column });
        return property;
    }

    /// <summary>The names that a column's bytes are bound to, or null when it is not encrypted.</summary>
    public static (string Table, string Column)? Place(IReadOnlyProperty property) => property.FindAnnotation(Annotation)?.Value is string[] place ? (place[0], place[1]) : null;

    /// <summary>Writes every encrypted value anew with another key, in one transaction, with the new fingerprint.</summary>
    /// <param name="db">The database.</param>
    /// <param name="from">The present key.</param>
    /// <param name="to">The new key.</param>
    /// <param name="last">Asked when everything is written; false leaves everything as it was.</param>
    /// <param name="cancellation">Ends it; everything stays as it was.</param>
    /// <returns>How many values were written; null when they were not.</returns>
    public static async Task<int?> RotateAsync(PortalDb db, SecretBox from, SecretBox to, Func<Task<bool>> last, CancellationToken cancellation)
    {
        var count = 0;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        foreach (var type in db.Model.GetEntityTypes())
        {
            foreach (var property in type.GetProperties())
            {
                if (Place(property) is { } place)
                {
                    count += await RotateAsync(db, type, property, place, from, to, cancellation);
                }
            }
        }

        var fingerprint = await db.FindAsync<Features.Access.PortalFactRow>([DatabaseKeys.FingerprintName], cancellation);
        fingerprint!.Value = System.Text.Encoding.ASCII.GetBytes(to.Fingerprint);
        await db.SaveChangesAsync(cancellation);
        if (!await last())
        {
            return null;
        }

        await transaction.CommitAsync(cancellation);
        return count;
    }

    // One row at a time: renderings and archives are large.
    private static async Task<int> RotateAsync(PortalDb db, IEntityType type, IProperty property, (string Table, string Column) place, SecretBox from, SecretBox to, CancellationToken cancellation)
    {
        var key = type.FindPrimaryKey()!.Properties[0];
        var ids = await ((IQueryable<object>)db.GetType().GetMethod(nameof(DbContext.Set), 1, [])!.MakeGenericMethod(type.ClrType).Invoke(db, null)!)
            .Select(row => EF.Property<string>(row, key.Name)).ToListAsync(cancellation);
        var count = 0;
        foreach (var id in ids)
        {
            var entry = db.Entry((await db.FindAsync(type.ClrType, [id], cancellation))!);
            if (entry.Property(property.Name) is { CurrentValue: byte[] blob } value && SecretBox.IsBox(blob))
            {
                value.CurrentValue = to.Protect(from.Reveal(blob, place.Table, id, place.Column), place.Table, id, place.Column);
                await db.SaveChangesAsync(cancellation);
                count++;
            }

            db.ChangeTracker.Clear();
        }

        return count;
    }
}
