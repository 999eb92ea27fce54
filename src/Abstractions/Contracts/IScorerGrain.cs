using CoKe.Access.Rights;
using Orleans.Concurrency;

namespace CoKe.Abstractions;

/// <summary>
/// Scores what arrives against the clusters of one place of a run, keyed <c>run/place</c>: a place is a silo of the manifest's placement,
/// and the scorer lives there beside its blocks. It holds packed centers and duals of their clusters, of all heads, as a cache of what the
/// clusters answered; no center leaves it in a step.
/// </summary>
public interface IScorerGrain : IGrainWithStringKey
{
    /// <summary>Restores the blocks of this place and loads the cache from them, in a new incarnation.</summary>
    /// <returns>Null: it has left for its home, to be asked again.</returns>
    /// <exception cref="DamagedSnapshotException">A named snapshot is missing or damaged.</exception>
    [Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Restore)]
    Task<ScorerRestored?> RestoreAsync(ScorerRestore call);

    /// <summary>Brings the embeddings of a step, ahead of its turn; every head is scored from them. Repeated, it has no effect.</summary>
    /// <exception cref="StaleCallException">Another incarnation, or not restored.</exception>
    [Needs(Right.Cluster), AlwaysInterleave]
    ValueTask LoadAsync(StepEmbeddings call);

    /// <summary>Step 1 for the clusters of this place: the best of them for every row (eqns 10, 17). Changes nothing.</summary>
    /// <exception cref="StaleCallException">The head is at another step here, or the step was never loaded.</exception>
    [Needs(Right.Cluster), AlwaysInterleave]
    ValueTask<ScoreReply> ScoreAsync(ScoreCall call);

    /// <summary>Steps 2 and 3 for the clusters of this place: each that was given rows takes them as a turn.</summary>
    /// <returns>The version of the head here.</returns>
    /// <exception cref="StaleCallException">The head is at another step here, or the step was never loaded.</exception>
    [Needs(Right.Cluster), AlwaysInterleave]
    ValueTask<long> ApplyAsync(ApplyCall call);

    /// <summary>Closes an epoch: every cluster of this place freezes its center and resets sum and count.</summary>
    /// <returns>One for each head that has clusters here, in order.</returns>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task<IReadOnlyList<ShareClosing>> EndEpochAsync(ScorerBoundary call);

    /// <summary>Has the changed blocks copy their state, between two steps.</summary>
    /// <returns>For each head that has clusters here, in order, one name per block: that of its snapshot once it is saved, or the one it
    /// keeps.</returns>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task<IReadOnlyList<SnapshotName?[]>> CaptureAsync(ScorerCapture call);

    /// <summary>Has those blocks write what they copied; steps go on meanwhile.</summary>
    [Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Save)]
    Task SaveAsync(SaveCall call);

    /// <summary>Has every block of this place make the closed epoch readable. Repeated for an epoch that is readable, it has no
    /// effect.</summary>
    /// <exception cref="StaleCallException">The epoch is not closed, or another incarnation.</exception>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task CommitAsync(CommitCall call);

    /// <summary>Looks whether the scorer, its blocks and their clusters were restored in this incarnation, and the blocks know of the
    /// committed epoch.</summary>
    /// <param name="incarnation">The run's.</param>
    /// <param name="committed">The last committed epoch, or an earlier one; -1 before the first.</param>
    /// <exception cref="StaleCallException">Something was lost.</exception>
    /// <exception cref="EpochNotReadableException">A block was never told of that epoch.</exception>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task VerifyAsync(int incarnation, int committed);

    /// <summary>No incarnation from this one on has such a place, or the run was deleted: the scorer leaves memory.</summary>
    /// <param name="incarnation">That incarnation; <see cref="int.MaxValue"/>: the run was deleted.</param>
    /// <exception cref="StaleCallException">A later incarnation has it.</exception>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task RetireAsync(int incarnation);
}
