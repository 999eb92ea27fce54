using Orleans.Concurrency;

namespace CoKe.Abstractions;

/// <summary>
/// Consumes a run's embedding stream, orders and de-duplicates it, and drives heads, label shards and epochs. Keyed by run id. It alone
/// decides what was accepted.
/// </summary>
public interface ISequencerGrain : IGrainWithStringKey
{
    /// <summary>Messages per rank that may wait out of order, counted from the next expected one; those further ahead are dropped.</summary>
    public const int ReorderCapacity = 256;

    /// <summary>Starts the run: restores every block, shard and head at version 0 in a new incarnation. May be repeated when it failed.</summary>
    [ResponseTimeout(Patience.Start)]
    Task StartAsync(RunSpecification specification);

    /// <summary>Makes <paramref name="generation"/> the only one heard of its rank; what an older one has waiting is forgotten.</summary>
    Task AdmitAsync(int rank, int generation);

    /// <summary>Answers at once when <paramref name="seenStamp"/> is old, else at the next change or after about a second.</summary>
    /// <exception cref="FencedTrainerException">A newer trainer took the rank.</exception>
    /// <exception cref="RunFaultedException">The run was lost, and started again without this trainer.</exception>
    [AlwaysInterleave]
    Task<Progress> PollAsync(int rank, int generation, long seenStamp);

    /// <summary>The run, live.</summary>
    [AlwaysInterleave]
    Task<RunStatus> GetStatusAsync();

    /// <summary>Completes at once when <paramref name="seenStamp"/> is old, else at the next change or after about a second.</summary>
    [AlwaysInterleave]
    Task WaitForChangeAsync(long seenStamp);

    /// <summary>The report of a committed epoch.</summary>
    /// <exception cref="EpochNotReadableException">The epoch is not committed.</exception>
    [AlwaysInterleave]
    Task<EpochReport> GetEpochReportAsync(int epoch);
}
