using CoKe.Access.Rights;
using Orleans.Concurrency;

namespace CoKe.Abstractions;

/// <summary>
/// One constrained k-means problem of a run, keyed <c>run/head</c>. It scores mini-batches against a cache of all centers and duals and
/// hands each cluster its contribution; the clusters own what it caches.
/// </summary>
public interface IHeadGrain : IGrainWithStringKey
{
    /// <summary>Restores the blocks and loads the cache from them, in a new incarnation.</summary>
    /// <returns>Whether it has left for its home, to be asked again, or is restored.</returns>
    /// <exception cref="DamagedSnapshotException">A named snapshot is missing or damaged.</exception>
    [Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Restore)]
    Task<Restored> RestoreAsync(RestoreCall call);

    /// <summary>Assignment, dual and center update of one mini-batch (Algorithm 1, steps 1 to 3).</summary>
    [Needs(Right.Cluster)]
    ValueTask<AssignReply> AssignAsync(AssignCall call);

    /// <summary>Closes an epoch: every cluster freezes its center and resets sum and count.</summary>
    [Needs(Right.Cluster)]
    Task<HeadClosing> EndEpochAsync(BoundaryCall call);

    /// <summary>Has the changed blocks copy their state, between two steps.</summary>
    [Needs(Right.Cluster)]
    Task<HeadCaptured> CaptureAsync(HeadCapture call);

    /// <summary>Has those blocks write what they copied; steps go on meanwhile.</summary>
    [Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Save)]
    Task SaveAsync(SaveCall call);

    /// <summary>The run was deleted: the head, its blocks and clusters leave memory.</summary>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task RetireAsync();

    /// <summary>Makes the closed epoch readable. Repeated for an epoch that is readable, it has no effect.</summary>
    /// <exception cref="StaleCallException">The epoch is not closed, or another incarnation.</exception>
    [Needs(Right.Cluster)]
    Task CommitAsync(CommitCall call);

    /// <summary>Looks whether the head and its blocks were restored in this incarnation, and the head knows of the committed
    /// epoch.</summary>
    /// <param name="incarnation">The run's.</param>
    /// <param name="committed">The last committed epoch, or an earlier one; -1 before the first.</param>
    /// <exception cref="StaleCallException">Something was lost.</exception>
    /// <exception cref="EpochNotReadableException">The head was never told of that epoch.</exception>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task VerifyAsync(int incarnation, int committed);

    /// <summary>Frozen centers of a committed epoch: clusters <paramref name="first"/> to first + count - 1, count x d.</summary>
    /// <exception cref="EpochNotReadableException">The epoch is not the last committed one.</exception>
    [Needs(Right.Feed), AlwaysInterleave]
    Task<FloatValues> GetCentersAsync(EpochName epoch, int first, int count);

    /// <summary>
    /// Current centers after a step, not committed: clusters <paramref name="first"/> to first + count - 1, count x d. It takes its turn,
    /// so it never sees half a step, and changes nothing.
    /// </summary>
    /// <exception cref="StaleCallException">The head is at another step, or in another incarnation.</exception>
    [Needs(Right.Feed)]
    Task<FloatValues> GetUncommittedCentersAsync(UncommittedName name, int first, int count);

    /// <summary>Every cluster of the head, as the clusters tell it.</summary>
    [Needs(Right.Feed), AlwaysInterleave]
    Task<IReadOnlyList<ClusterSummary>> GetClustersAsync();
}
