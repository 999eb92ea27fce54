using Orleans.Concurrency;

namespace CoKe.Abstractions;

/// <summary>
/// The pseudo-labels of a contiguous range of image ids, every head, keyed <c>run/shard</c>: those of the last committed epoch, which are
/// read, and those of the open one, which are written. In stage two also the soft labels.
/// </summary>
public interface IImageShardGrain : IGrainWithStringKey
{
    /// <summary>How many consecutive image ids one shard owns.</summary>
    public const int ImagesPerShard = 16_384;

    /// <summary>Takes a version, in a new incarnation.</summary>
    Task RestoreAsync(ShardRestore call);

    /// <summary>Writes one step's labels into the open epoch; answers the shard's version.</summary>
    ValueTask<long> WriteAsync(ShardWrite call);

    /// <summary>Closes the open epoch.</summary>
    Task<ShardBoundary> EndEpochAsync(BoundaryCall call);

    /// <summary>Makes the closed epoch readable. Repeated for an epoch that is readable, it has no effect.</summary>
    /// <exception cref="StaleCallException">The epoch is not closed, or another incarnation.</exception>
    Task CommitAsync(CommitCall call);

    /// <summary>Labels of a committed epoch for <paramref name="imageIds"/>, all of this shard.</summary>
    /// <exception cref="EpochNotReadableException">The epoch is not the last committed one.</exception>
    [AlwaysInterleave]
    Task<LabelSlice> ReadAsync(EpochName epoch, IntBlock imageIds);
}
