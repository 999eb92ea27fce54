using CoKe.Access.Rights;
using Orleans.Concurrency;

namespace CoKe.Abstractions;

/// <summary>
/// The pseudo-labels of a contiguous range of image ids, every head, keyed <c>run/shard</c>: those of the last committed epoch, which are
/// read, and those of the open one, which are written. In stage two also the soft labels.
/// </summary>
public interface IImageShardGrain : IGrainWithStringKey
{
    /// <summary>Loads the named version, in a new incarnation.</summary>
    /// <returns>Null: it has left for its home; ask again.</returns>
    /// <exception cref="DamagedSnapshotException">A named snapshot is missing or damaged.</exception>
    [Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Restore)]
    Task<ShardRestored?> RestoreAsync(ShardRestore call);

    /// <summary>Writes one step's labels into the open epoch; answers the shard's version.</summary>
    [Needs(Right.Cluster)]
    ValueTask<long> WriteAsync(ShardWrite call);

    /// <summary>Closes the open epoch.</summary>
    [Needs(Right.Cluster)]
    Task<ShardBoundary> EndEpochAsync(BoundaryCall call);

    /// <summary>Copies the labels, between two steps.</summary>
    [Needs(Right.Cluster)]
    Task CaptureAsync(CaptureCall call);

    /// <summary>Writes what was copied; steps go on meanwhile.</summary>
    [Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Save)]
    Task SaveAsync(SaveCall call);

    /// <summary>The run was deleted: the shard leaves memory. Completes when nothing of it writes any more.</summary>
    [Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Save)]
    Task RetireAsync();

    /// <summary>Makes the closed epoch readable. Repeated for an epoch that is readable, it has no effect.</summary>
    /// <exception cref="StaleCallException">The epoch is not closed, or another incarnation.</exception>
    [Needs(Right.Cluster)]
    Task CommitAsync(CommitCall call);

    /// <summary>Looks whether the shard was restored in this incarnation and knows of the committed epoch.</summary>
    /// <param name="incarnation">The run's.</param>
    /// <param name="committed">The last committed epoch, or an earlier one; -1 before the first.</param>
    /// <exception cref="StaleCallException">It was lost.</exception>
    /// <exception cref="EpochNotReadableException">It was never told of that epoch.</exception>
    [Needs(Right.Cluster), AlwaysInterleave]
    Task VerifyAsync(int incarnation, int committed);

    /// <summary>Labels of a committed epoch for <paramref name="imageIds"/>, all of this shard.</summary>
    /// <exception cref="EpochNotReadableException">The epoch is not the last committed one.</exception>
    [Needs(Right.Feed), AlwaysInterleave]
    Task<LabelSlice> ReadAsync(EpochName epoch, IntValues imageIds);

    /// <summary>What the shard knows of one image of it: committed, and in the open epoch.</summary>
    /// <param name="incarnation">The run's incarnation: an activation that was forgotten must not answer for the present one.</param>
    /// <param name="imageId">The image.</param>
    /// <exception cref="StaleCallException">Another incarnation.</exception>
    /// <exception cref="CoKe.ConstrainedKMeans.InvalidImageIdException">The shard has no such image.</exception>
    [Needs(Right.Feed), AlwaysInterleave]
    Task<ImageStatus> GetImageAsync(int incarnation, int imageId);

    /// <summary>Labels that the open epoch gave to <paramref name="imageIds"/>, all of this shard, by a step; not committed. heads x
    /// n.</summary>
    /// <exception cref="StaleCallException">The shard is beyond that step, or in another incarnation.</exception>
    /// <exception cref="EpochNotReadableException">An image has no label in the open epoch, or another epoch is open.</exception>
    [Needs(Right.Feed)]
    Task<IntValues> ReadUncommittedAsync(UncommittedName name, IntValues imageIds);
}
