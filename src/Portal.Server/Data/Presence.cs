using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Portal.Server.Features.Access;

namespace Portal.Server.Data;

/// <summary>
/// Says in the database every five seconds that this process runs, so that a command that needs the portal to be stopped notices one that is not. Times are the
/// database's.
/// </summary>
internal sealed class Presence(IServiceProvider services, IDbContextFactory<PortalDb> dbs, SecretBox box, ILogger<Presence> logger) : BackgroundService
{
    private const string Prefix = "process/";
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    // A killed process says nothing: after this it counts as gone.
    private static readonly TimeSpan Gone = TimeSpan.FromSeconds(20);

    private readonly string _name = $"{Prefix}{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}";

    /// <summary>The processes that ran within the last twenty seconds, as "HOST-PID".</summary>
    public static async Task<IReadOnlyList<string>> RunningAsync(PortalDb db, CancellationToken cancellation)
    {
        var since = await DatabaseClock.NowAsync(db, cancellation) - Gone;
        return [.. (await AllAsync(db, cancellation)).Where(f => At(f) > since).Select(f => f.Name[Prefix.Length..f.Name.LastIndexOf('-')])];
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await using (var db = await dbs.CreateDbContextAsync(cancellationToken))
        {
            var since = await DatabaseClock.NowAsync(db, cancellationToken) - Gone;
            foreach (var old in (await AllAsync(db, cancellationToken)).Where(f => At(f) <= since))
            {
                await db.Set<PortalFactRow>().Where(f => f.Name == old.Name).ExecuteDeleteAsync(cancellationToken);
            }
        }

        await SayAsync(cancellationToken);
        // A rotation that was under way while this process came up saw no one, and changed the key after it was checked.
        await DatabaseKeys.CheckFingerprintAsync(services, box);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SayAsync(stoppingToken);
            }
            catch (Exception error) when (error is System.Data.Common.DbException or DbUpdateException or InvalidOperationException)
            {
                logger.LogWarning("It could not be written that this process runs: {Message}", error.Message);
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await using var db = await dbs.CreateDbContextAsync(cancellationToken);
        await db.Set<PortalFactRow>().Where(f => f.Name == _name).ExecuteDeleteAsync(cancellationToken);
    }

    private async Task SayAsync(CancellationToken cancellation)
    {
        await using var db = await dbs.CreateDbContextAsync(cancellation);
        var now = Encoding.ASCII.GetBytes((await DatabaseClock.NowAsync(db, cancellation)).ToString("O", CultureInfo.InvariantCulture));
        if (await db.Set<PortalFactRow>().Where(f => f.Name == _name).ExecuteUpdateAsync(s => s.SetProperty(f => f.Value, now), cancellation) == 0)
        {
            db.Add(new PortalFactRow { Name = _name, Value = now });
            await db.SaveChangesAsync(cancellation);
        }
    }

    private static Task<List<PortalFactRow>> AllAsync(PortalDb db, CancellationToken cancellation) => db.Set<PortalFactRow>().AsNoTracking().Where(f => f.Name.StartsWith(Prefix)).ToListAsync(cancellation);

    private static DateTime At(PortalFactRow fact) => DateTime.Parse(Encoding.ASCII.GetString(fact.Value), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
}
