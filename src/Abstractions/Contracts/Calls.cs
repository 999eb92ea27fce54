using CoKe.ConstrainedKMeans;

namespace CoKe.Abstractions;

/// <summary>
/// The fence of every mutating call to scorer, block, cluster and shard. A lower incarnation is refused; a higher one is accepted only by a
/// restore; a grain at another version than the caller expects refuses, so a stale or repeated call has no effect.
/// </summary>
/// <param name="Incarnation">The sequencer's incarnation.</param>
/// <param name="Step">The global step the call belongs to; becomes the grain's version.</param>
/// <param name="ExpectedVersion">The step that last changed the grain, as its caller recorded it.</param>
[GenerateSerializer, Immutable]
public readonly record struct CallFence(int Incarnation, long Step, long ExpectedVersion);

/// <summary>Closes an epoch in a scorer, block, cluster or shard; nothing of it is readable before the commit.</summary>
/// <param name="Fence">Incarnation, step, expected version.</param>
/// <param name="Epoch">The epoch to close.</param>
/// <param name="RowClock">Rows of the run at the boundary.</param>
/// <param name="RowsInEpoch">Rows of the epoch.</param>
/// <param name="Moves">To a block and to a cluster: where their members come from; to nobody else.</param>
[GenerateSerializer, Immutable]
public sealed record BoundaryCall(CallFence Fence, int Epoch, long RowClock, long RowsInEpoch, MemberMoves? Moves = null);

/// <summary>Tells a grain that the boundary of an epoch is committed, and by which incarnation.</summary>
/// <param name="Incarnation">The incarnation of the commit.</param>
/// <param name="Epoch">The committed epoch.</param>
[GenerateSerializer, Immutable]
public readonly record struct CommitCall(int Incarnation, int Epoch);

/// <summary>Tells a block that its run was deleted.</summary>
/// <param name="FirstCluster">The block's first cluster: one that was lost, or is not restored yet, knows of none.</param>
/// <param name="ClusterCount">Its clusters.</param>
[GenerateSerializer, Immutable]
public readonly record struct BlockRetirement(int FirstCluster, int ClusterCount);

/// <summary>Names a committed epoch in a read. Served only by a grain that was told of that commit, or restored from it.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="CommittedIncarnation">The incarnation that committed it.</param>
[GenerateSerializer, Immutable]
public readonly record struct EpochName(int Epoch, int CommittedIncarnation);

/// <summary>
/// Names the state of the open epoch after a step, in a read of what is not committed. A failure may take it back, and another trainer's
/// next step replaces it: only a trainer that holds its own next mini-batch back until it has read can name a step and find it.
/// </summary>
/// <param name="Incarnation">The sequencer's incarnation.</param>
/// <param name="Step">The last global step that was processed.</param>
/// <param name="Epoch">The open epoch.</param>
[GenerateSerializer, Immutable]
public readonly record struct UncommittedName(int Incarnation, long Step, int Epoch);

/// <summary>Brings a block and its clusters to a version.</summary>
/// <param name="Incarnation">The new incarnation.</param>
/// <param name="Named">Where the block's state lies; nothing named: the run's start.</param>
/// <param name="Clustering">The options of the run.</param>
/// <param name="InitialCenters">n x d initial centers of this block's clusters.</param>
/// <param name="ClusterCount">n.</param>
/// <param name="FirstCluster">k of the first cluster.</param>
/// <param name="Committed">The last committed epoch; (-1, 0) before the first.</param>
/// <param name="Home">The silo on which the block and its clusters should live; null: where the block is.</param>
/// <param name="Stay">It has been asked to leave often enough: it stays where it is.</param>
[GenerateSerializer, Immutable]
public sealed record BlockRestore(
    int Incarnation,
    NamedSnapshots Named,
    ClusteringOptions Clustering,
    FloatValues InitialCenters,
    int ClusterCount,
    int FirstCluster,
    EpochName Committed,
    string? Home = null,
    bool Stay = false
);

/// <summary>A restored block.</summary>
/// <param name="IsHome">It and its clusters live where they should.</param>
[GenerateSerializer, Immutable]
public sealed record BlockRestored(bool IsHome);

/// <summary>The contributions of one mini-batch to the clusters of one block: members and sum of each touched cluster.</summary>
/// <param name="Fence">Incarnation, step, expected version.</param>
/// <param name="Epoch">The open epoch.</param>
/// <param name="RowClock">Rows of the run before this step.</param>
/// <param name="Rows">r, rows of this step.</param>
/// <param name="Threshold">Eqn 11's theta, with tau only: then every cluster of the block moves its dual, also one without members.</param>
/// <param name="Clusters">m cluster indices k, ascending.</param>
/// <param name="Members">m counts.</param>
/// <param name="Sums">m x d sums of the members' embeddings.</param>
/// <param name="ImageIds">The members of the first of these clusters, then of the next, in row order: as many as
/// <paramref name="Members"/> says.</param>
/// <param name="Similarities">x . c of each.</param>
[GenerateSerializer, Immutable]
public sealed record BlockContribution(
    CallFence Fence,
    int Epoch,
    long RowClock,
    int Rows,
    double? Threshold,
    IntValues Clusters,
    IntValues Members,
    DoubleValues Sums,
    IntValues ImageIds,
    FloatValues Similarities
);

/// <summary>What the touched clusters answered: what the scorer scores with next.</summary>
/// <param name="Version">The block's version now.</param>
/// <param name="Centers">m x d.</param>
/// <param name="Duals">Bases of the duals as of row clock <paramref name="RowClock"/>: m, or with tau one for every cluster of the
/// block.</param>
/// <param name="RowClock">Rows of the run after this step.</param>
[GenerateSerializer, Immutable]
public sealed record BlockReply(long Version, FloatValues Centers, DoubleValues Duals, long RowClock);

/// <summary>All clusters of a block at one moment.</summary>
/// <param name="Version">The block's version.</param>
/// <param name="Centers">n x d current centers.</param>
/// <param name="Figures">n: sizes and duals.</param>
[GenerateSerializer, Immutable]
public sealed record BlockState(long Version, FloatValues Centers, [property: Id(2)] ClusterFigures[] Figures);

/// <summary>Brings one cluster to a version.</summary>
/// <param name="Incarnation">The new incarnation.</param>
/// <param name="Clustering">The options of the run.</param>
/// <param name="Copy">The state to take.</param>
/// <param name="Home">The silo of its block, where the cluster should live; null: where it is.</param>
/// <param name="Stay">It has been asked to leave often enough: it stays where it is.</param>
/// <param name="LastEpoch">The last committed epoch, with which its history ends; -1 before the first.</param>
[GenerateSerializer, Immutable]
public sealed record ClusterRestore(
    int Incarnation,
    ClusteringOptions Clustering,
    ClusterCopy Copy,
    string? Home = null,
    bool Stay = false,
    int LastEpoch = -1
);

/// <summary>One cluster's contribution, sent as a message when the cluster does not live on its block's silo.</summary>
/// <param name="Fence">Incarnation, step, expected version.</param>
/// <param name="Epoch">The open epoch.</param>
/// <param name="RowClock">Rows of the run before this step.</param>
/// <param name="Rows">Rows of this step.</param>
/// <param name="Threshold">Eqn 11's theta.</param>
/// <param name="Members">Members of this cluster.</param>
/// <param name="Sum">d: the sum of their embeddings.</param>
/// <param name="ImageIds">The images.</param>
/// <param name="Similarities">x . c of each.</param>
[GenerateSerializer, Immutable]
public sealed record ClusterContribution(
    CallFence Fence,
    int Epoch,
    long RowClock,
    int Rows,
    double Threshold,
    int Members,
    DoubleValues Sum,
    IntValues ImageIds,
    FloatValues Similarities
);

/// <summary>A cluster's state as its block needs it.</summary>
/// <param name="Version">The cluster's version.</param>
/// <param name="Center">d floats, current.</param>
/// <param name="Frozen">d floats, of the last closed epoch.</param>
/// <param name="Figures">Sizes and duals.</param>
[GenerateSerializer, Immutable]
public sealed record ClusterReply(long Version, FloatValues Center, FloatValues Frozen, ClusterFigures Figures);

/// <summary>Brings a shard to a version.</summary>
/// <param name="Incarnation">The new incarnation.</param>
/// <param name="Named">Where the shard's state lies; nothing named: the run's start.</param>
/// <param name="Clustering">The options of the run.</param>
/// <param name="FirstImage">The shard's first image id.</param>
/// <param name="ImageCount">How many images it owns.</param>
/// <param name="Committed">The last committed epoch; (-1, 0) before the first.</param>
/// <param name="Home">The silo on which the shard should live; null: where it is.</param>
/// <param name="Stay">It has been asked to leave often enough: it stays where it is.</param>
[GenerateSerializer, Immutable]
public sealed record ShardRestore(
    int Incarnation,
    NamedSnapshots Named,
    ClusteringOptions Clustering,
    int FirstImage,
    int ImageCount,
    EpochName Committed,
    string? Home = null,
    bool Stay = false
);

/// <summary>A restored shard.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Seen">One bit per image, lowest first: accepted in the open epoch.</param>
/// <param name="IsHome">It lives where it should.</param>
[GenerateSerializer, Immutable]
public sealed record ShardRestored(long Version, [property: Id(1)] byte[] Seen, [property: Id(2)] bool IsHome);

/// <summary>The labels one step gave to images of one shard.</summary>
/// <param name="Fence">Incarnation, step, expected version.</param>
/// <param name="Epoch">The open epoch.</param>
/// <param name="ImageIds">n ids, all of this shard.</param>
/// <param name="Labels">heads x n.</param>
[GenerateSerializer, Immutable]
public sealed record ShardWrite(CallFence Fence, int Epoch, IntValues ImageIds, IntValues Labels);

/// <summary>A shard's part of a boundary.</summary>
/// <param name="Version">The shard's version now.</param>
/// <param name="Seen">Images seen in the epoch.</param>
/// <param name="Changed">Per head: images seen whose label differs from the epoch before.</param>
/// <param name="Moves">Per head: where the members of its clusters come from.</param>
[GenerateSerializer, Immutable]
public sealed record ShardBoundary(long Version, long Seen, IReadOnlyList<long> Changed, IReadOnlyList<LabelMoves> Moves);

/// <summary>A trainer's admission to a run.</summary>
/// <param name="RunId">The run's unrepeatable id.</param>
/// <param name="Rank">The rank.</param>
/// <param name="Generation">Its generation; a later one fences this one.</param>
/// <param name="Specification">The run, without initial centers.</param>
/// <param name="Layout">How the run's state is cut.</param>
/// <param name="LeastWindow">Mini-batches that a session must be able to keep: twice the checkpoint interval and what is in flight.</param>
[GenerateSerializer, Immutable]
public sealed record TrainerRegistration(
    string RunId,
    int Rank,
    int Generation,
    RunSpecification Specification,
    RunLayout Layout,
    int LeastWindow
);

/// <summary>What the sequencer needs to know of its run.</summary>
/// <param name="Specification">The run, without initial centers.</param>
/// <param name="HasInitialCenters">Initial centers were given; <see cref="IRunGrain.GetInitialCentersAsync"/> has them.</param>
/// <param name="Layout">How the run's state is cut.</param>
/// <param name="Generations">The generation of every rank's trainer; 0: none has come yet.</param>
/// <param name="Started">The run has been live, so that its manifest must exist.</param>
[GenerateSerializer, Immutable]
public sealed record RunDescription(
    RunSpecification Specification,
    bool HasInitialCenters,
    RunLayout Layout,
    IReadOnlyList<int> Generations,
    bool Started
)
{
    /// <summary>When it was created; null: by an earlier version.</summary>
    [Id(5)]
    public DateTimeOffset? Created { get; init; }

    /// <summary>Per rank the generation that has said that it is done; 0: none has.</summary>
    [Id(6)]
    public IReadOnlyList<int> Finished { get; init; } = [];
}
