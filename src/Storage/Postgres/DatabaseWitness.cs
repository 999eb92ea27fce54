using CoKe.Abstractions.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace CoKe.Storage.Postgres;

/// <inheritdoc cref="IDatabaseWitness"/>
[Reentrant]
sealed class DatabaseWitness(
    GrainId id,
    Orleans.Runtime.Silo silo,
    ILoggerFactory logs,
    PostgresDatabase database,
    DatabaseReach reach,
    IClusterMembershipService membership
) : GrainService(id, silo, logs), IDatabaseWitness
{
    public async Task<bool> TakeOverAsync(SiloAddress silo)
    {
        // Away for both until just now: then waiting is right, for the other will find it too.
        if (!reach.IsKept)
            return false;
        try
        {
            await database.PingAsync(CancellationToken.None);
            return await membership.TryKill(silo);
        }
        catch (Exception exception) when (exception is StorageFailedException || database.Explain(exception) is not null)
        {
            return false; // away for both
        }
    }
}
