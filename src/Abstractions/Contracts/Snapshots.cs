using CoKe.ConstrainedKMeans;

namespace CoKe.Abstractions;

/// <summary>How a run's state is cut into blocks and shards. Recorded when the run is created: what is stored has that shape.</summary>
/// <param name="ClustersPerBlock">Clusters of one block.</param>
/// <param name="ImagesPerShard">Consecutive image ids of one shard.</param>
[GenerateSerializer, Immutable]
public sealed record RunLayout(int ClustersPerBlock = 256, int ImagesPerShard = 16_384)
{
    /// <summary>How many blocks a head of <paramref name="clusters"/> clusters has.</summary>
    public int BlockCount(int clusters) => (clusters + ClustersPerBlock - 1) / ClustersPerBlock;

    /// <summary>How many shards <paramref name="images"/> images have.</summary>
    public int ShardCount(int images) => (images + ImagesPerShard - 1) / ImagesPerShard;
}

/// <summary>Names one stored version of a block or shard. Only what the manifest names counts.</summary>
/// <param name="Slot">The row it lies in, 0 to 2.</param>
/// <param name="Incarnation">The incarnation that wrote it.</param>
/// <param name="Step">The step of the checkpoint it was written for.</param>
/// <param name="Version">The step that last changed the grain; at most <paramref name="Step"/>.</param>
[GenerateSerializer, Immutable]
public readonly record struct SnapshotName(int Slot, int Incarnation, long Step, long Version);

/// <summary>The two stored versions of a block or shard that the manifest names. Null: the run's start, of which nothing is
/// stored.</summary>
/// <param name="Current">The version of the last checkpoint.</param>
/// <param name="Boundary">The version of the last committed boundary.</param>
[GenerateSerializer, Immutable]
public readonly record struct NamedSnapshots(SnapshotName? Current, SnapshotName? Boundary)
{
    /// <summary>Three slots, two of them named: the lowest that is not, and so may be written.</summary>
    public int FreeSlot
    {
        get
        {
            var slot = 0;
            while (Current?.Slot == slot || Boundary?.Slot == slot)
                slot++;
            return slot;
        }
    }

    /// <summary>The version of the current snapshot; 0 at the run's start.</summary>
    public long Version => Current?.Version ?? 0;
}

/// <summary>Asks a grain to copy its state between two steps, to be written by <see cref="SaveCall"/> while the next steps run.</summary>
/// <param name="Fence">Incarnation, step of the checkpoint, expected version.</param>
/// <param name="Slot">The slot to write; one that the manifest does not name.</param>
/// <param name="IsBoundary">The copy is of a closed epoch, and stands by itself; else it may lean on the last boundary's.</param>
[GenerateSerializer, Immutable]
public readonly record struct CaptureCall(CallFence Fence, int Slot, bool IsBoundary);

/// <summary>Asks a head to have its changed blocks copy their state.</summary>
/// <param name="Fence">Incarnation, step of the checkpoint, expected version.</param>
/// <param name="Named">What the manifest names of every block; an unchanged block keeps it.</param>
/// <param name="IsBoundary">As in <see cref="CaptureCall"/>.</param>
[GenerateSerializer, Immutable]
public sealed record HeadCapture(CallFence Fence, IReadOnlyList<NamedSnapshots> Named, bool IsBoundary);

/// <summary>What a head had copied.</summary>
/// <param name="Names">One per block: the name of its snapshot once it is saved, or the one it keeps.</param>
/// <param name="SimilaritySum">Sum of x . c over the open epoch.</param>
[GenerateSerializer, Immutable]
public sealed record HeadCaptured(IReadOnlyList<SnapshotName?> Names, double SimilaritySum);

/// <summary>Asks a grain to write what it copied for a checkpoint.</summary>
/// <param name="Incarnation">The incarnation.</param>
/// <param name="Step">The step of the checkpoint.</param>
[GenerateSerializer, Immutable]
public readonly record struct SaveCall(int Incarnation, long Step);

/// <summary>Everything a cluster holds, on its way to and from its block.</summary>
/// <param name="Version">The step that last changed the cluster.</param>
/// <param name="Count">Members in the open epoch.</param>
/// <param name="LastCount">Members in the last closed epoch.</param>
/// <param name="DualBase">Base of the dual.</param>
/// <param name="DualSince">Row clock of the base.</param>
/// <param name="StartDualBase">Base of the dual when the epoch began.</param>
/// <param name="StartDualSince">Its row clock.</param>
/// <param name="Center">d floats, current.</param>
/// <param name="Frozen">d floats, of the last closed epoch.</param>
/// <param name="Sum">d: center sum of the open epoch.</param>
/// <param name="PreciseCenter">d, or null where the rule needs none.</param>
/// <param name="History">Sizes of the closed epochs, oldest first.</param>
[GenerateSerializer, Immutable]
public sealed record ClusterCopy(
    long Version,
    long Count,
    long LastCount,
    double DualBase,
    long DualSince,
    double StartDualBase,
    long StartDualSince,
    FloatValues Center,
    FloatValues Frozen,
    DoubleValues Sum,
    DoubleValues? PreciseCenter,
    [property: Id(11)] long[] History
)
{
    /// <summary>Packs a snapshot.</summary>
    public static ClusterCopy Of(ClusterSnapshot state, long version, long[] history) =>
        new(
            version,
            state.Count,
            state.LastCount,
            state.Dual.Base,
            state.Dual.Since,
            state.EpochStartDual.Base,
            state.EpochStartDual.Since,
            new FloatValues(state.Center),
            new FloatValues(state.Frozen),
            new DoubleValues(state.Sum),
            state.PreciseCenter is null ? null : new DoubleValues(state.PreciseCenter),
            history
        );

    /// <summary>Unpacks the snapshot.</summary>
    public ClusterSnapshot ToSnapshot() =>
        new()
        {
            Count = Count,
            LastCount = LastCount,
            Dual = new Dual(DualBase, DualSince),
            EpochStartDual = new Dual(StartDualBase, StartDualSince),
            Center = Center.Span.ToArray(),
            Frozen = Frozen.Span.ToArray(),
            Sum = Sum.Span.ToArray(),
            PreciseCenter = PreciseCenter?.Span.ToArray(),
        };
}
