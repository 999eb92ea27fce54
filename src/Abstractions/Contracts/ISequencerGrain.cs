using CoKe.Access.Rights;
using CoKe.Errors;
using Orleans.Concurrency;

namespace CoKe.Abstractions;

/// <summary>
/// Consumes a run's embedding stream, orders and de-duplicates it, and drives heads, label shards and epochs. Keyed by run id. It alone
/// decides what was accepted.
/// </summary>
public interface ISequencerGrain : IGrainWithStringKey
{
    /// <summary>Messages per rank that may wait out of order, counted from the next expected one; those further ahead are
    /// dropped.</summary>
    const int ReorderCapacity = 256;

    /// <summary>
    /// Bytes of a run's messages that may wait out of order, 512 MiB, an equal part for every rank; a rank's next expected message is taken
    /// in any case, and what exceeds its part is dropped as what is too far ahead.
    /// </summary>
    const long ReorderBytes = 512L << 20;

    /// <summary>Reports that one question may ask for.</summary>
    const int MostReports = 1_024;

    /// <summary>Wakes the run and waits until it is live: every block, shard and head restored in a new incarnation.</summary>
    /// <exception cref="RunRecoveringException">It could not be brought up in a minute; it goes on trying.</exception>
    /// <exception cref="RunFaultedException">It cannot go on without a command.</exception>
    [Needs(Right.Feed), AlwaysInterleave, ResponseTimeout(CallTimeouts.Start)]
    Task StartAsync();

    /// <summary>
    /// Somebody asked a grain of the run that has not been restored: it was lost while nothing was sent to it. The run looks, and recovers
    /// if it is so, unless it has done so already since <paramref name="incarnation"/>. Completes when it has looked.
    /// </summary>
    [Needs(Right.Feed), AlwaysInterleave]
    Task ReportLostAsync(int incarnation);

    /// <summary>
    /// A silo leaves: the run is checkpointed, what it has there moves to other silos, and it goes on. Completes when that is done.
    /// </summary>
    /// <param name="silo">The silo that leaves, by its address.</param>
    /// <returns>False when this sequencer lived there and has left itself: ask its successor.</returns>
    [Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Move)]
    Task<bool> VacateAsync(string silo);

    /// <summary>Goes back to the last committed boundary, as a new attempt: what was accepted since must be pushed again.</summary>
    /// <param name="leaving">The attempt that is left; nothing happens where it was left before. Null: whichever it is.</param>
    /// <exception cref="AttemptConflictException">The run has not come to that attempt.</exception>
    [Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Start)]
    Task RestoreBoundaryAsync(int? leaving = null);

    /// <summary>Removes everything the run stored. Only the run itself calls this, after it has noted that it is being deleted.</summary>
    [Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Start)]
    Task DeleteAsync(RunDescription description);

    /// <summary>Answers at once when <paramref name="seenStamp"/> is old, else at the next change or after about a second.</summary>
    /// <exception cref="FencedTrainerException">A newer trainer took the rank.</exception>
    /// <exception cref="RunRecoveringException">The run is being brought up; ask again.</exception>
    /// <exception cref="RunFaultedException">The run cannot go on without a command.</exception>
    [Needs(Right.Feed), AlwaysInterleave, ResponseTimeout(CallTimeouts.Repeated)]
    Task<Progress> PollAsync(int rank, int generation, long seenStamp);

    /// <summary>
    /// A trainer tells of itself; the last report of every rank is kept, in memory only. It neither wakes the run nor waits for anything,
    /// so a trainer sends it beside what counts, about once a second.
    /// </summary>
    /// <exception cref="InvalidReportException">A field is out of range; the report before it stays.</exception>
    /// <exception cref="FencedTrainerException">A newer trainer took the rank.</exception>
    /// <exception cref="RunRecoveringException">The run is being brought up; tell it again.</exception>
    /// <exception cref="RunFaultedException">The run cannot go on without a command.</exception>
    [Needs(Right.Feed), AlwaysInterleave, ResponseTimeout(CallTimeouts.Repeated)]
    Task ReportAsync(int rank, int generation, TrainerReport report);

    /// <summary>The run has noted durably which trainers are done.</summary>
    /// <param name="finished">Per rank the generation that is; 0: none.</param>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task HearOfFinishedAsync(IReadOnlyList<int> finished);

    /// <summary>The run, live. Asking does not wake it.</summary>
    [Needs(Right.Feed), AlwaysInterleave]
    Task<RunStatus> GetStatusAsync();

    /// <summary>Completes at once when <paramref name="seenStamp"/> is old, else at the next change or after about a second.</summary>
    [Needs(Right.Feed), AlwaysInterleave, ResponseTimeout(CallTimeouts.Repeated)]
    Task WaitForChangeAsync(long seenStamp);

    /// <summary>The report of a committed epoch.</summary>
    /// <exception cref="EpochNotReadableException">The epoch is not committed.</exception>
    [Needs(Right.Feed), AlwaysInterleave]
    Task<EpochReport> GetEpochReportAsync(int epoch);

    /// <summary>The reports of committed epochs that follow each other.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many at most, 1 to <see cref="MostReports"/>.</param>
    /// <returns>Fewer where fewer are committed: none from the first that is not.</returns>
    /// <exception cref="InvalidOptionsException">One of the two is out of range.</exception>
    [Needs(Right.Feed), AlwaysInterleave]
    Task<IReadOnlyList<EpochReport>> GetEpochReportsAsync(int first, int count);
}
