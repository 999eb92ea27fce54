using CoKe.Access.Rights;

namespace CoKe.Abstractions;

/// <summary>Tells how one silo is. Keyed by the silo's name; it lives on that silo and nowhere else.</summary>
public interface ISiloGrain : IGrainWithStringKey
{
    /// <summary>The silo as it is now.</summary>
    [Needs(Right.Cluster), ResponseTimeout(CallTimeouts.Repeated)]
    Task<SiloStatistics> GetStatisticsAsync();
}

/// <summary>Asks all silos, in whichever silo it is asked itself. Keys mean nothing.</summary>
public interface ISilosGrain : IGrainWithIntegerKey
{
    /// <summary>Every silo that takes part. One that does not answer is listed with the reason, and hides no other.</summary>
    [Needs(Right.Feed)]
    Task<IReadOnlyList<SiloListing>> ListAsync();

    /// <summary>What the storage takes.</summary>
    /// <exception cref="Storage.StorageFailedException">The database does not answer.</exception>
    [Needs(Right.Feed)]
    Task<StorageStatistics> GetStorageAsync();
}
