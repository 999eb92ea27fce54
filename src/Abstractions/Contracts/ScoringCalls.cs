using CoKe.ConstrainedKMeans;

namespace CoKe.Abstractions;

/// <summary>Brings a scorer and the blocks of its place to the versions that the manifest names, at the start of an incarnation.</summary>
/// <param name="Incarnation">The new incarnation.</param>
/// <param name="Version">The step of the manifest's current version; 0 is the run's start.</param>
/// <param name="RowClock">Rows of the run at that step.</param>
/// <param name="RowsInEpoch">Rows of the open epoch at that step.</param>
/// <param name="Clustering">The options of the run.</param>
/// <param name="Layout">How clusters form blocks.</param>
/// <param name="Shares">What this place has of each head; a head that has nothing here is not among them.</param>
/// <param name="Committed">The last committed epoch; (-1, 0) before the first.</param>
/// <param name="Home">The silo on which the scorer and its blocks should live; null: where they are.</param>
/// <param name="Stay">It has been asked to leave often enough: it stays where it is.</param>
[GenerateSerializer, Immutable]
public sealed record ScorerRestore(
    int Incarnation,
    long Version,
    long RowClock,
    long RowsInEpoch,
    ClusteringOptions Clustering,
    RunLayout Layout,
    IReadOnlyList<ShareRestore> Shares,
    EpochName Committed,
    string? Home = null,
    bool Stay = false
);

/// <summary>The blocks of one head that live at one place.</summary>
/// <param name="Head">The head.</param>
/// <param name="Blocks">Their numbers, ascending.</param>
/// <param name="Named">The named snapshots of each.</param>
/// <param name="InitialCenters">n x d initial centers of their clusters that were given, or null: random ones. Needed until the first
/// boundary only.</param>
[GenerateSerializer, Immutable]
public sealed record ShareRestore(
    int Head,
    [property: Id(1)] int[] Blocks,
    [property: Id(2)] NamedSnapshots[] Named,
    FloatValues? InitialCenters
);

/// <summary>A restored scorer.</summary>
/// <param name="IsHome">It and everything it reaches lives where it should.</param>
/// <param name="StartDuals">For each share in order: the duals of its clusters when the open epoch began.</param>
[GenerateSerializer, Immutable]
public sealed record ScorerRestored(bool IsHome, IReadOnlyList<DoubleValues> StartDuals);

/// <summary>The embeddings of one global mini-batch.</summary>
/// <param name="Incarnation">The sequencer's incarnation.</param>
/// <param name="Step">The global step.</param>
/// <param name="Embeddings">r x d, all ranks' parts in rank order.</param>
/// <param name="ImageIds">r: the image of each row.</param>
[GenerateSerializer, Immutable]
public sealed record StepEmbeddings(int Incarnation, long Step, FloatValues Embeddings, IntValues ImageIds);

/// <summary>Asks for the best clusters of one place.</summary>
/// <param name="Fence">Incarnation, step, expected version of the head here.</param>
/// <param name="Head">The head.</param>
/// <param name="RowClock">Rows of the run before this step: the duals are taken at this moment.</param>
[GenerateSerializer, Immutable]
public readonly record struct ScoreCall(CallFence Fence, int Head, long RowClock);

/// <summary>The best cluster of one place for every row of a step; what the reduction over places compares.</summary>
/// <param name="Scores">r: x . c + rho, the scores of eqn 10.</param>
/// <param name="Clusters">r: the clusters k; of equal scores the lowest.</param>
/// <param name="Similarities">r: x . c.</param>
/// <param name="Duals">The duals of all clusters of the place, with tau only: eqn 11's threshold needs those of all places.</param>
[GenerateSerializer, Immutable]
public sealed record ScoreReply(FloatValues Scores, IntValues Clusters, FloatValues Similarities, [property: Id(3)] Dual[]? Duals);

/// <summary>One global mini-batch's labels for the clusters of one place; sent to every place of the head, touched or not.</summary>
/// <param name="Fence">Incarnation, step, expected version of the head here.</param>
/// <param name="Head">The head.</param>
/// <param name="Epoch">The open epoch.</param>
/// <param name="RowClock">Rows of the run before this step.</param>
/// <param name="Labels">r labels k, of this place or another.</param>
/// <param name="Threshold">Eqn 11's theta, with tau only: then every cluster moves its dual, also one without members.</param>
[GenerateSerializer, Immutable]
public sealed record ApplyCall(CallFence Fence, int Head, int Epoch, long RowClock, IntValues Labels, double? Threshold);

/// <summary>What the clusters of one place are when an epoch has been closed.</summary>
/// <param name="Sizes">Members of the closed epoch.</param>
/// <param name="Duals">Duals at its end.</param>
[GenerateSerializer, Immutable]
public sealed record ShareClosing([property: Id(0)] long[] Sizes, [property: Id(1)] double[] Duals);

/// <summary>Asks a scorer to have its changed blocks copy their state.</summary>
/// <param name="Fence">Incarnation, step of the checkpoint, expected version of every head here.</param>
/// <param name="Named">For each share in order, what the manifest names of every block; an unchanged block keeps it.</param>
/// <param name="IsBoundary">As in <see cref="CaptureCall"/>.</param>
[GenerateSerializer, Immutable]
public sealed record ScorerCapture(CallFence Fence, IReadOnlyList<NamedSnapshots[]> Named, bool IsBoundary);
