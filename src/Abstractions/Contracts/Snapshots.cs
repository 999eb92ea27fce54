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

/// <summary>Asks a grain to write what it copied for a checkpoint.</summary>
/// <param name="Incarnation">The incarnation.</param>
/// <param name="Step">The step of the checkpoint.</param>
[GenerateSerializer, Immutable]
public readonly record struct SaveCall(int Incarnation, long Step);

/// <summary>Everything a cluster holds, on its way to and from its block.</summary>
/// <param name="Version">The step that last changed the cluster.</param>
/// <param name="Figures">Sizes and duals.</param>
/// <param name="Center">d floats, current.</param>
/// <param name="Frozen">d floats, of the last closed epoch.</param>
/// <param name="Sum">d: center sum of the open epoch.</param>
/// <param name="PreciseCenter">d, or null where the rule needs none.</param>
/// <param name="History">The closed epochs, oldest first.</param>
/// <param name="OpenMembers">Members of the open epoch that stand out.</param>
/// <param name="LastMembers">Members of the last closed epoch that stand out.</param>
[GenerateSerializer, Immutable]
public sealed record ClusterCopy(
    long Version,
    ClusterFigures Figures,
    FloatValues Center,
    FloatValues Frozen,
    DoubleValues Sum,
    DoubleValues? PreciseCenter,
    [property: Id(6)] ClusterEpoch[] History,
    RankedMembers OpenMembers,
    RankedMembers LastMembers
)
{
    /// <summary>Packs a snapshot.</summary>
    public static ClusterCopy Of(ClusterSnapshot state, long version, ClusterEpoch[] history) =>
        new(
            version,
            state.Figures,
            new FloatValues(state.Center),
            new FloatValues(state.Frozen),
            new DoubleValues(state.Sum),
            state.PreciseCenter is null ? null : new DoubleValues(state.PreciseCenter),
            history,
            state.OpenMembers,
            state.LastMembers
        );

    /// <summary>Unpacks the snapshot.</summary>
    public ClusterSnapshot ToSnapshot() =>
        new()
        {
            Figures = Figures,
            Center = Center.Span.ToArray(),
            Frozen = Frozen.Span.ToArray(),
            Sum = Sum.Span.ToArray(),
            PreciseCenter = PreciseCenter?.Span.ToArray(),
            OpenMembers = OpenMembers,
            LastMembers = LastMembers,
        };
}
