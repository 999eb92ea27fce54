using System.Globalization;
using CoKe.ConstrainedKMeans;

namespace CoKe.Abstractions;

/// <summary>One head's epoch, closed by a boundary.</summary>
/// <param name="ClusterCount">K.</param>
/// <param name="SmallestSize">Members of the smallest cluster.</param>
/// <param name="LargestSize">Members of the largest cluster.</param>
/// <param name="MinimumSize">gamma_k of the cluster that falls short most (with equal minimum sizes: of every cluster), images.</param>
/// <param name="SmallestSizeRatio">The least ratio of a cluster's size to its own minimum; 1 or more: no violation. Infinite without
/// minimum.</param>
/// <param name="Violation">V = max_k (gamma_k - n_k), images; scaled to the rows of the epoch when an epoch is not N rows long.</param>
/// <param name="ViolationBound">(B / eta)(rho_k at the end - at the start), maximized over k; null with tau, where it does not
/// hold.</param>
/// <param name="BoundHolds">False only when the clustering is wrong: V above its bound.</param>
/// <param name="MeanSimilarity">Mean of x . c over the epoch, with the centers that assigned.</param>
/// <param name="ChangedLabels">Images whose label differs from the epoch before; null in the first epoch.</param>
/// <param name="EmptyClusters">Clusters without a member in this epoch.</param>
/// <param name="LargestDual">max_k rho_k.</param>
/// <param name="DualLearningRate">The eta in use.</param>
/// <param name="Missed">Which minimum sizes were missed; null in a report that an earlier version stored.</param>
/// <param name="EffectiveClusters">The exponential of the entropy of the sizes, 1 to K; null in a report that an earlier version
/// stored.</param>
/// <param name="Gini">The Gini coefficient of the sizes, 0 (all equal) to (K - 1) / K; null as before.</param>
/// <param name="SizeQuantiles">How the sizes are spread; null as before.</param>
/// <param name="Agreement">Normalized mutual information of the labels with those of the epoch before, 0 to 1 (the same partition); null
/// where no image had a label before, and as before.</param>
/// <param name="AgreementImages">Images whose labels were compared for it; of runs with more than 2^21 images a sample; null as
/// before.</param>
[GenerateSerializer, Immutable]
public sealed record HeadReport(
    int ClusterCount,
    long SmallestSize,
    long LargestSize,
    double MinimumSize,
    double SmallestSizeRatio,
    double Violation,
    double? ViolationBound,
    bool BoundHolds,
    double MeanSimilarity,
    long? ChangedLabels,
    int EmptyClusters,
    double LargestDual,
    double DualLearningRate,
    Shortfall? Missed = null,
    double? EffectiveClusters = null,
    double? Gini = null,
    SizeQuantiles? SizeQuantiles = null,
    double? Agreement = null,
    long? AgreementImages = null
)
{
    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{ClusterCount} clusters of {SmallestSize} to {LargestSize}, minimum {MinimumSize:0.#}, similarity {MeanSimilarity:0.0000}"
        );

    /// <summary>A head's epoch as the mathematics summarizes it.</summary>
    /// <param name="summary">The epoch in numbers.</param>
    /// <param name="changedLabels">Images whose label differs from the epoch before, by whoever keeps the labels; null: not known, or the
    /// first epoch.</param>
    public static HeadReport Of(EpochSummary summary, long? changedLabels) =>
        new(
            summary.ClusterCount,
            summary.Min,
            summary.Max,
            summary.Asked,
            summary.SmallestSizeRatio,
            summary.Violation,
            summary.Bound,
            summary.BoundHolds,
            summary.MeanSimilarity,
            changedLabels,
            summary.EmptyClusters,
            summary.MaxDual,
            summary.DualLearningRate,
            summary.Missed,
            summary.EffectiveClusters,
            summary.Gini,
            summary.SizeQuantiles,
            summary.Agreement,
            summary.AgreementImages
        );
}

/// <summary>The clusters of one head at the end of an epoch.</summary>
/// <param name="Sizes">K: members of the epoch.</param>
/// <param name="Duals">K: rho at its end.</param>
[GenerateSerializer, Immutable]
public sealed record HeadSizes(DoubleValues Sizes, DoubleValues Duals);

/// <summary>A committed epoch of a run.</summary>
/// <param name="Epoch">The epoch, 0 is the scan before training.</param>
/// <param name="Rows">Images accepted in it.</param>
/// <param name="Steps">Global steps processed in it.</param>
/// <param name="CommittedIncarnation">The sequencer's incarnation that committed it.</param>
/// <param name="Heads">One report per head.</param>
[GenerateSerializer, Immutable]
public sealed record EpochReport(int Epoch, long Rows, long Steps, int CommittedIncarnation, IReadOnlyList<HeadReport> Heads)
{
    /// <inheritdoc/>
    public override string ToString() => $"epoch {Epoch}: {Rows} images in {Steps} steps; {string.Join("; ", Heads)}";
}

/// <summary>A rank of a run.</summary>
/// <param name="Rank">0 to W - 1.</param>
/// <param name="Generation">Counts the trainers that took this rank; 0: none has come yet.</param>
/// <param name="NextExpected">Its next sequence in the open epoch.</param>
/// <param name="Ended">True when it has ended the open epoch.</param>
/// <param name="IsAwaited">No step begins for want of this rank's mini-batch, or of its end of epoch: all others' are there.</param>
[GenerateSerializer, Immutable]
public sealed record TrainerStatus(int Rank, int Generation, long NextExpected, bool Ended, bool IsAwaited)
{
    /// <summary>Seconds since its trainer was last heard, measured where the run's sequencer lives; null: not since that began.</summary>
    [Id(5)]
    public double? SeenSecondsAgo { get; init; }

    /// <summary>Its trainer has said nothing for longer than a living one does.</summary>
    [Id(6)]
    public bool IsSilent { get; init; }

    /// <summary>Its trainer has said that it is done.</summary>
    [Id(7)]
    public bool IsFinished { get; init; }

    /// <summary>What its trainer told of itself last; null: nothing yet.</summary>
    [Id(8)]
    public TrainerReport? Report { get; init; }
}

/// <summary>How long one silo takes for its part of a step, as the run's sequencer sees it, averaged over about 32 steps.</summary>
/// <param name="Place">Its place in the run.</param>
/// <param name="Silo">Where it is; null: nobody cares.</param>
/// <param name="ScoreMilliseconds">For the best of its clusters.</param>
/// <param name="ApplyMilliseconds">For giving the labels to its clusters.</param>
/// <param name="WaitedForMilliseconds">For how long all the others waited for it.</param>
/// <param name="SilentSeconds">How long its oldest call has been without an answer; 0: there is none.</param>
[GenerateSerializer, Immutable]
public sealed record ScorerStatus(
    int Place,
    string? Silo,
    double ScoreMilliseconds,
    double ApplyMilliseconds,
    double WaitedForMilliseconds,
    double SilentSeconds
);

/// <summary>A run, live.</summary>
/// <param name="Name">The run's name.</param>
/// <param name="RunId">The run's unrepeatable id.</param>
/// <param name="Specification">What was asked for, without initial centers.</param>
/// <param name="Incarnation">The sequencer's incarnation.</param>
/// <param name="Attempt">Rollbacks to a boundary so far.</param>
/// <param name="Epoch">The open epoch.</param>
/// <param name="Step">Steps of mini-batches processed in all; the end of an epoch is a global step too, and does not count
/// here.</param>
/// <param name="RowsInEpoch">Images accepted in the open epoch.</param>
/// <param name="RowsAccepted">Images accepted in all.</param>
/// <param name="Trainers">The ranks, missing ones included.</param>
/// <param name="LastEpoch">The last committed epoch, or null.</param>
/// <param name="Warnings">Warnings on the options, for instance an extreme eta, and that the table of cluster sizes lags behind.</param>
/// <param name="Fault">Null, or why the run cannot go on.</param>
/// <param name="Stamp">Grows with every change.</param>
/// <param name="State">Whether it is at work.</param>
/// <param name="DurableStep">So many of them survive any fault.</param>
/// <param name="Hindrance">Null, or what keeps the run from going on for the moment.</param>
/// <param name="Layout">How the run's state is cut.</param>
[GenerateSerializer, Immutable]
public sealed record RunStatus(
    string Name,
    string RunId,
    RunSpecification Specification,
    int Incarnation,
    int Attempt,
    int Epoch,
    long Step,
    long RowsInEpoch,
    long RowsAccepted,
    IReadOnlyList<TrainerStatus> Trainers,
    EpochReport? LastEpoch,
    IReadOnlyList<string> Warnings,
    string? Fault,
    long Stamp,
    RunState State,
    long DurableStep,
    string? Hindrance,
    RunLayout Layout
)
{
    /// <summary>The silos that score, while the run is live: every step waits for the slowest.</summary>
    [Id(18)]
    public IReadOnlyList<ScorerStatus> Scorers { get; init; } = [];

    /// <summary>When the run was created; null: by an earlier version, which did not note it.</summary>
    [Id(19)]
    public DateTimeOffset? Created { get; init; }

    /// <summary>When a step was last processed or an epoch closed; of a run that is not live, as far as it is durable. Null: never, or by
    /// an earlier version.</summary>
    [Id(20)]
    public DateTimeOffset? Updated { get; init; }

    /// <summary>What it does at the moment; null: its silo is of an earlier version.</summary>
    [Id(21)]
    public RunActivity? Activity { get; init; }

    /// <summary>Images of all ranks that are processed per second, over some 10 s; 0 where it neither scans nor
    /// trains.</summary>
    [Id(22)]
    public double ImagesPerSecond { get; init; }

    /// <summary>Seconds until the last epoch that its trainers mean to go through is committed, at the pace of this epoch and the one
    /// before; null: they did not say which, or the run does not train for the moment.</summary>
    [Id(23)]
    public double? SecondsLeft { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"run '{Name}' ({RunId}): {State}, epoch {Epoch}, attempt {Attempt}, step {Step} of which {DurableStep} durable, "
        + $"{RowsInEpoch} of {Specification.Clustering.ImageCount} images in the epoch"
        + (
            Fault is not null ? $"; cannot go on: {Fault}"
            : Hindrance is not null ? $"; hindered: {Hindrance}"
            : ""
        );
}

/// <summary>Whether a run is at work.</summary>
public enum RunState
{
    /// <summary>Stored, not in memory; the next trainer or question of its clusters wakes it.</summary>
    Asleep,

    /// <summary>Being brought up from what is stored.</summary>
    Recovering,

    /// <summary>Taking mini-batches.</summary>
    Live,

    /// <summary>It cannot go on without a command.</summary>
    Faulted,
}

/// <summary>A cluster as its own grain tells it, live.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Head">The head.</param>
/// <param name="Cluster">k.</param>
/// <param name="Count">Members in the open epoch so far.</param>
/// <param name="LastCount">Members in the last closed epoch.</param>
/// <param name="MinimumSize">gamma_k, images per epoch.</param>
/// <param name="Dual">rho_k at the row clock that was asked for.</param>
/// <param name="Center">d floats: the center that scores next.</param>
/// <param name="Frozen">d floats: the center of the last closed epoch, which trainers read.</param>
/// <param name="SumNorm">Norm of the center sum of the open epoch.</param>
/// <param name="History">Sizes of the closed epochs, oldest first (the last 1,024).</param>
/// <param name="Version">The step that last changed the cluster.</param>
/// <param name="Incarnation">The incarnation it obeys.</param>
/// <param name="Silo">Where it lives.</param>
[GenerateSerializer, Immutable]
public sealed partial record ClusterStatistics(
    string RunId,
    int Head,
    int Cluster,
    long Count,
    long LastCount,
    double MinimumSize,
    double Dual,
    FloatValues Center,
    FloatValues Frozen,
    double SumNorm,
    IReadOnlyList<long> History,
    long Version,
    int Incarnation,
    string Silo
)
{
    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"cluster {Cluster} of head {Head} of {RunId}: {Count} members, before {LastCount}, least {MinimumSize:0.#}, dual {Dual:0.####}"
        );
}

/// <summary>One line of a head's table of clusters.</summary>
/// <param name="Cluster">k.</param>
/// <param name="Count">Members in the open epoch so far.</param>
/// <param name="LastCount">Members in the last closed epoch.</param>
/// <param name="MinimumSize">gamma_k, images per epoch.</param>
/// <param name="Dual">rho_k now.</param>
[GenerateSerializer, Immutable]
public sealed record ClusterSummary(int Cluster, long Count, long LastCount, double MinimumSize, double Dual)
{
    /// <summary>Images that the last closed epoch missed of the minimum; negative: it had members to spare.</summary>
    public double Violation => MinimumSize - LastCount;
}

/// <summary>Pseudo-labels of a committed epoch for some images.</summary>
/// <param name="Epoch">The committed epoch.</param>
/// <param name="Labels">heads x n: <c>Labels[h * n + i]</c>; -1 where the image has never been seen.</param>
/// <param name="Old">n entries: 1 where the image was not seen in this epoch and keeps the label of an earlier one.</param>
/// <param name="SoftLabels">Stage two: heads x n soft labels, else null.</param>
[GenerateSerializer, Immutable]
public sealed record LabelSlice(int Epoch, IntValues Labels, [property: Id(2)] byte[] Old, IReadOnlyList<SoftLabelEntry[]>? SoftLabels);

/// <summary>One slot of a soft label (section 3.4, stage two).</summary>
/// <param name="Label">The cluster.</param>
/// <param name="Weight">Its weight; the weights of one image sum to 1, or to less where an earlier version stored them and the image was
/// not seen since.</param>
[GenerateSerializer, Immutable]
public readonly record struct SoftLabelEntry(int Label, double Weight);
