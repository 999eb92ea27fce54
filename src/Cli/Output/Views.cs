using CoKe.Abstractions;
using CoKe.Alarms;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Output;

/// <summary>A run as <c>--json</c> shows it.</summary>
sealed record RunView(
    string Name,
    string RunId,
    int Images,
    int Dimension,
    int BatchSize,
    int Views,
    int Seed,
    IReadOnlyList<int> Clusters,
    int Epoch,
    long Step,
    long RowsInEpoch,
    long RowsAccepted,
    int Incarnation,
    int Attempt,
    IReadOnlyList<TrainerView> Trainers,
    EpochView? LastEpoch,
    IReadOnlyList<string> Warnings,
    string? Fault,
    string State,
    long DurableStep,
    string? Hindrance,
    IReadOnlyList<string> Missed,
    IReadOnlyList<Alarm> Alarms,
    IReadOnlyList<ScorerStatus> Scorers
)
{
    /// <summary>What the run does; null: its silo is of an earlier version.</summary>
    public RunActivity? Activity { get; init; }

    public DateTimeOffset? Created { get; init; }

    public DateTimeOffset? Updated { get; init; }

    public double ImagesPerSecond { get; init; }

    public double? SecondsLeft { get; init; }

    /// <summary>The view of a status.</summary>
    /// <param name="status">The run.</param>
    /// <param name="before">Reports of epochs before the last committed one, oldest first, against which that one is judged.</param>
    public static RunView Of(RunStatus status, IReadOnlyList<EpochReport>? before = null)
    {
        var options = status.Specification.Clustering;
        return new(
            status.Name,
            status.RunId,
            options.ImageCount,
            options.Dimension,
            options.BatchSize,
            options.Views,
            options.Seed,
            [.. options.Heads.Select(head => head.ClusterCount)],
            status.Epoch,
            status.Step,
            status.RowsInEpoch,
            status.RowsAccepted,
            status.Incarnation,
            status.Attempt,
            [.. status.Trainers.Select(TrainerView.Of)],
            status.LastEpoch is { } last ? EpochView.Of(last) : null,
            status.Warnings,
            status.Fault,
            status.State.ToString().ToLowerInvariant(),
            status.DurableStep,
            status.Hindrance,
            status.LastEpoch is { } epoch ? [.. epoch.Heads.Select((head, h) => head.Missed?.Sentence(options, h)).OfType<string>()] : [],
            AlarmsOf(status, before ?? []),
            status.Scorers
        )
        {
            Activity = status.Activity,
            Created = status.Created,
            Updated = status.Updated,
            ImagesPerSecond = status.ImagesPerSecond,
            SecondsLeft = status.SecondsLeft,
        };
    }

    static IReadOnlyList<Alarm> AlarmsOf(RunStatus status, IReadOnlyList<EpochReport> before)
    {
        if (status.LastEpoch is not { } last)
            return [];
        var options = status.Specification.Clustering;
        var run = new RunSigns(options, [.. before.Append(last).Select(report => new EpochSigns(report))]);
        return [.. AlarmJudge.Of(run, new AlarmLimits(), new StatsRemedies(options)).Where(alarm => alarm.Stands)];
    }
}

/// <summary>A run that could not be asked, and why.</summary>
sealed record UnreachableRunView(string Name, string Trouble);

/// <summary>A rank, and what its trainer tells of itself.</summary>
sealed record TrainerView(int Rank, int Generation, long NextExpected, bool Ended, bool Awaited)
{
    public bool Silent { get; init; }

    public bool Finished { get; init; }

    public double? SeenSecondsAgo { get; init; }

    public TrainerReport? Report { get; init; }

    /// <summary>The view of a status.</summary>
    public static TrainerView Of(TrainerStatus trainer) =>
        new(trainer.Rank, trainer.Generation, trainer.NextExpected, trainer.Ended, trainer.IsAwaited)
        {
            Silent = trainer.IsSilent,
            Finished = trainer.IsFinished,
            SeenSecondsAgo = trainer.SeenSecondsAgo,
            Report = trainer.Report,
        };
}

/// <summary>A committed epoch.</summary>
sealed record EpochView(int Epoch, long Rows, long Steps, IReadOnlyList<HeadView> Heads)
{
    /// <summary>The view of a report.</summary>
    public static EpochView Of(EpochReport report) =>
        new(report.Epoch, report.Rows, report.Steps, [.. report.Heads.Select((head, h) => HeadView.Of(h, head))]);
}

/// <summary>One head of a committed epoch.</summary>
record HeadView(
    int Head,
    int K,
    double MeanSimilarity,
    long Min,
    double Asked,
    long Max,
    double Violation,
    double? Bound,
    bool BoundHolds,
    long? ChangedLabels,
    int EmptyClusters,
    double LargestDual,
    double Eta,
    MissedView? Missed = null
)
{
    /// <summary>The view of a report.</summary>
    public static HeadView Of(int head, HeadReport report) =>
        new(
            head,
            report.ClusterCount,
            report.MeanSimilarity,
            report.SmallestSize,
            report.MinimumSize,
            report.LargestSize,
            report.Violation,
            report.ViolationBound,
            report.BoundHolds,
            report.ChangedLabels,
            report.EmptyClusters,
            report.LargestDual,
            report.DualLearningRate,
            report.Missed is { } missed ? MissedView.Of(missed) : null
        );
}

/// <summary>The minimum sizes that a head's epoch missed; of the clusters some, those that lack most first.</summary>
sealed record MissedView(int Clusters, long Images, IReadOnlyList<SmallClusterView> Worst)
{
    /// <summary>The view of a shortfall.</summary>
    public static MissedView Of(Shortfall missed) =>
        new(
            missed.Clusters,
            missed.Images,
            [.. missed.Worst.Select(small => new SmallClusterView(small.Cluster, small.Size, small.Minimum))]
        );
}

/// <summary>A cluster below its minimum.</summary>
sealed record SmallClusterView(int Cluster, long Size, long Minimum);

/// <summary>One line of a head's clusters.</summary>
sealed record ClusterView(int Cluster, long Count, long LastCount, double Minimum, double Dual)
{
    /// <summary>Images that the last epoch missed of the minimum.</summary>
    public double Violation => Minimum - LastCount;

    /// <summary>The view of a summary.</summary>
    public static ClusterView Of(ClusterSummary summary) =>
        new(summary.Cluster, summary.Count, summary.LastCount, summary.MinimumSize, summary.Dual);
}

/// <summary>A cluster as its own grain tells it.</summary>
sealed record ClusterInfoView(
    string RunId,
    int Head,
    int Cluster,
    long Count,
    long LastCount,
    double Minimum,
    double Dual,
    double SumNorm,
    IReadOnlyList<long> History,
    long Version,
    int Incarnation,
    string Silo,
    double FrozenSimilarity,
    float[] Center,
    double Violation,
    IReadOnlyList<ClusterEpochReport> Epochs,
    RankedMembers OpenMembers,
    RankedMembers LastMembers
)
{
    /// <summary>The view of a cluster's statistics.</summary>
    public static ClusterInfoView Of(ClusterStatistics cluster) =>
        new(
            cluster.RunId,
            cluster.Head,
            cluster.Cluster,
            cluster.Count,
            cluster.LastCount,
            cluster.MinimumSize,
            cluster.Dual,
            cluster.SumNorm,
            cluster.History,
            cluster.Version,
            cluster.Incarnation,
            cluster.Silo,
            ClusterQuality.MeanSimilarity(cluster.Center.Span, cluster.Center.Length, [0], cluster.Frozen.Span),
            cluster.Center.Span.ToArray(),
            cluster.Violation,
            cluster.Epochs,
            cluster.OpenMembers,
            cluster.LastMembers
        );
}
