using CoKe.Access.Rights;
using CoKe.Errors;
using Orleans.Concurrency;

namespace CoKe.Abstractions;

/// <summary>
/// A contiguous range of a head's clusters, keyed <c>run/head/block</c>: the unit of placement, messaging and durability. It hands each
/// contribution to its cluster as a turn on that cluster's own scheduler, and owns no cluster state itself.
/// </summary>
public interface IClusterBlockGrain : IGrainWithStringKey
{
    /// <summary>Clusters that a block tells at most as the nearest ones.</summary>
    const int MostNearest = 1_024;

    /// <summary>Loads the named version and pushes it to each of the block's clusters, in a new incarnation.</summary>
    /// <returns>Null: it has left for its home with its clusters; ask again.</returns>
    /// <exception cref="DamagedSnapshotException">A named snapshot is missing or damaged.</exception>
    [Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Restore)]
    Task<BlockRestored?> RestoreAsync(BlockRestore call);

    /// <summary>Hands the contributions of one mini-batch to the touched clusters and gathers their answers.</summary>
    [Needs(Right.Cluster)]
    ValueTask<BlockReply> ApplyAsync(BlockContribution call);

    /// <summary>Closes an epoch in every cluster.</summary>
    [Needs(Right.Cluster)]
    Task<BlockState> EndEpochAsync(BoundaryCall call);

    /// <summary>Copies the state of every cluster, each checked to be at the version the block expects.</summary>
    [Needs(Right.Cluster)]
    Task CaptureAsync(CaptureCall call);

    /// <summary>Writes what was copied; steps go on meanwhile.</summary>
    [Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Save)]
    Task SaveAsync(SaveCall call);

    /// <summary>The run was deleted: the block and its clusters leave memory. Completes when nothing of it writes any more.</summary>
    [Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Save)]
    Task RetireAsync(BlockRetirement call);

    /// <summary>The state of every cluster of the block.</summary>
    /// <exception cref="StaleCallException">Another incarnation: an activation that was forgotten must not be taken for the present
    /// one.</exception>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task<BlockState> ReadAsync(int incarnation);

    /// <summary>Makes the closed epoch readable. Repeated for an epoch that is readable, it has no effect.</summary>
    /// <exception cref="StaleCallException">The epoch is not closed, or another incarnation.</exception>
    [Needs(Right.Cluster)]
    Task CommitAsync(CommitCall call);

    /// <summary>Looks whether the block and each of its clusters were restored in this incarnation and are still there, and the block knows
    /// of the committed epoch.</summary>
    /// <param name="incarnation">The run's.</param>
    /// <param name="committed">The last committed epoch, or an earlier one; -1 before the first.</param>
    /// <exception cref="StaleCallException">Something was lost.</exception>
    /// <exception cref="EpochNotReadableException">The block was never told of that epoch.</exception>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task VerifyAsync(int incarnation, int committed);

    /// <summary>Frozen centers of a committed epoch, n x d.</summary>
    /// <exception cref="EpochNotReadableException">The epoch is not the last committed one.</exception>
    [Needs(Right.Feed), AlwaysInterleave]
    Task<FloatValues> GetCentersAsync(EpochName epoch);

    /// <summary>Those clusters of the block whose frozen centers are the most similar to a direction, of a committed epoch.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="count">How many at most, 1 to <see cref="MostNearest"/>.</param>
    /// <param name="direction">d values: a frozen center of the same head.</param>
    /// <returns>The most similar first; of equal ones the lowest cluster.</returns>
    /// <exception cref="EpochNotReadableException">The epoch is not the last committed one.</exception>
    /// <exception cref="InvalidOptionsException">The count is out of range, or the direction has not d values.</exception>
    [Needs(Right.Feed), AlwaysInterleave]
    Task<IReadOnlyList<NearCluster>> GetNearestAsync(EpochName epoch, int count, FloatValues direction);

    /// <summary>
    /// Current centers after a step that was processed, not committed, n x d. It takes its turn, so it never sees half a step, and changes
    /// nothing.
    /// </summary>
    /// <exception cref="EpochNotReadableException">Another epoch is open.</exception>
    /// <exception cref="StaleCallException">The block is at a later step, or in another incarnation.</exception>
    [Needs(Right.Feed)]
    Task<FloatValues> GetUncommittedCentersAsync(UncommittedName name);

    /// <summary>Every cluster of the block, as the clusters tell it; all who ask at a time share one look at them.</summary>
    /// <param name="rowClock">Rows the run has accepted: the moment at which to value duals that grow by themselves.</param>
    /// <param name="incarnation">The run's incarnation: an activation that was forgotten must not answer for the present one.</param>
    /// <exception cref="StaleCallException">Another incarnation.</exception>
    [Needs(Right.Feed), AlwaysInterleave]
    Task<IReadOnlyList<ClusterSummary>> GetClustersAsync(long rowClock, int incarnation);
}

/// <summary>
/// The owner of one cluster, keyed <c>run/head/k</c>: center sum, count, dual, current, frozen and averaged center, members that stand out,
/// and its history. It alone applies the dual and center updates to its state.
/// </summary>
public interface IClusterGrain : IGrainWithStringKey
{
    /// <summary>Takes a version, in a new incarnation.</summary>
    /// <returns>Names the activation that took it: a block may post turns to no other. Null: it has left for its home; ask again.</returns>
    [Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Restore)]
    Task<string?> RestoreAsync(ClusterRestore call);

    /// <summary>Steps 2 and 3 of a mini-batch; the same turn that a block on the same silo posts directly.</summary>
    [Needs(Right.Cluster)]
    Task<ClusterReply> ApplyAsync(ClusterContribution call);

    /// <summary>Freezes the center and resets sum and count.</summary>
    [Needs(Right.Cluster)]
    Task<ClusterReply> EndEpochAsync(BoundaryCall call);

    /// <summary>Everything the cluster holds.</summary>
    /// <exception cref="StaleCallException">Another incarnation.</exception>
    [Needs(Right.Cluster)]
    Task<ClusterCopy> CopyAsync(int incarnation);

    /// <summary>The run was deleted: the cluster leaves memory.</summary>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task RetireAsync();

    /// <summary>The state as a block reads it.</summary>
    /// <exception cref="StaleCallException">Another incarnation.</exception>
    [Needs(Right.Cluster)]
    Task<ClusterReply> ReadAsync(int incarnation);

    /// <summary>Looks whether the cluster was restored in this incarnation.</summary>
    /// <returns>Names the activation, as <see cref="RestoreAsync"/> did.</returns>
    /// <exception cref="StaleCallException">It was lost.</exception>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task<string> VerifyAsync(int incarnation);

    /// <summary>Live statistics for people.</summary>
    /// <param name="rowClock">Rows the run has accepted: the moment at which to value a dual that grows by itself.</param>
    /// <param name="incarnation">The run's incarnation: an activation that was forgotten must not answer for the present one.</param>
    /// <exception cref="StaleCallException">Another incarnation.</exception>
    [Needs(Right.Feed)]
    Task<ClusterStatistics> GetStatisticsAsync(long rowClock, int incarnation);
}
