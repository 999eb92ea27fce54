using CoKe.Abstractions.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace CoKe.Storage.Postgres;

/// <inheritdoc cref="IDatabaseWitness"/>
[Reentrant]
sealed class DatabaseWitness(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory logs, PostgresDatabase database, DatabaseReach reach, IClusterMembershipService membership)
    : GrainService(id, silo, logs), IDatabaseWitness
{
    public async Task<bool> TakeOverAsync(SiloAddress silo)
    {
        // Away for both until just now: then waiting is right, for the other will find it too.
        if (!reach.IsKept) return false;
        try
        {
            await database.PingAsync(CancellationToken.None);
        }
        catch (StorageFailedException)
        {
            return false; // away for both
        }

        await membership.TryKill(silo);
        return true;
    }
}
