using CoKe.Abstractions.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace CoKe.Storage.Postgres;

/// <inheritdoc cref="IDatabaseWitness"/>
[Reentrant]
sealed class DatabaseWitness(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory logs, PostgresDatabase database, IClusterMembershipService membership)
    : GrainService(id, silo, logs), IDatabaseWitness
{
    public async Task<bool> TakeOverAsync(SiloAddress silo)
    {
        try
        {
            await database.PingAsync(CancellationToken.None);
        }
        catch (StorageFailedException)
        {
            return false; // the database is away for both: then waiting is right
        }

        await membership.TryKill(silo);
        return true;
    }
}
