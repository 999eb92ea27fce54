using CoKe.Abstractions;

namespace CoKe.Web.Watching;

/// <summary>Every run in short.</summary>
/// <param name="Runs">Those that could be asked.</param>
/// <param name="Troubles">Those that could not: name and reason.</param>
sealed record RunsNews(IReadOnlyList<RunLine> Runs, IReadOnlyDictionary<string, string> Troubles);

/// <summary>A run in short: what changes from second to second, and what names it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="RunId">Its unrepeatable id.</param>
/// <param name="State">Whether it is at work.</param>
/// <param name="Epoch">The open epoch.</param>
/// <param name="RowsInEpoch">Images accepted in it.</param>
/// <param name="ImageCount">N.</param>
/// <param name="Heads">What the last committed epoch says of each head.</param>
/// <param name="Problem">Why it does not go on; null: it does.</param>
sealed record RunLine(
    string Name,
    string RunId,
    RunState State,
    int Epoch,
    long RowsInEpoch,
    int ImageCount,
    IReadOnlyList<HeadLine> Heads,
    string? Problem
)
{
    public static RunLine Of(RunStatus run) =>
        new(
            run.Name,
            run.RunId,
            run.State,
            run.Epoch,
            run.RowsInEpoch,
            run.Specification.Clustering.ImageCount,
            [
                .. run.Specification.Clustering.Heads.Select(
                    (head, h) => HeadLine.Of(head.ClusterCount, run.LastEpoch is { } last ? last.Heads[h] : null)
                ),
            ],
            run.Fault ?? run.Hindrance
        );
}

/// <summary>A head in short.</summary>
/// <param name="ClusterCount">K.</param>
/// <param name="SmallestSize">Members of the smallest cluster; null before the first epoch was committed.</param>
/// <param name="MinimumSize">The minimum that is kept worst.</param>
/// <param name="Violation">By how many images it is missed; negative: the smallest is that much above.</param>
/// <param name="EmptyClusters">Clusters without a member.</param>
/// <param name="MeanSimilarity">Mean of x . c.</param>
sealed record HeadLine(
    int ClusterCount,
    long? SmallestSize,
    double? MinimumSize,
    double? Violation,
    int? EmptyClusters,
    double? MeanSimilarity
)
{
    public static HeadLine Of(int clusterCount, HeadReport? report) =>
        new(clusterCount, report?.SmallestSize, report?.MinimumSize, report?.Violation, report?.EmptyClusters, report?.MeanSimilarity);
}

/// <summary>A run as its own page shows it: without its specification, which never changes.</summary>
/// <param name="Line">In short.</param>
/// <param name="Attempt">Roll-backs so far.</param>
/// <param name="Incarnation">Recoveries so far.</param>
/// <param name="Step">Mini-batches processed.</param>
/// <param name="DurableStep">So many of them survive any fault.</param>
/// <param name="RowsAccepted">Images in all.</param>
/// <param name="CommittedEpoch">The last committed epoch; -1: none.</param>
/// <param name="Trainers">The ranks.</param>
/// <param name="Scorers">The silos that score.</param>
/// <param name="Warnings">What is odd about it.</param>
sealed record RunNews(
    RunLine Line,
    int Attempt,
    int Incarnation,
    long Step,
    long DurableStep,
    long RowsAccepted,
    int CommittedEpoch,
    IReadOnlyList<TrainerStatus> Trainers,
    IReadOnlyList<ScorerStatus> Scorers,
    IReadOnlyList<string> Warnings
)
{
    public static RunNews Of(RunStatus run) =>
        new(
            RunLine.Of(run),
            run.Attempt,
            run.Incarnation,
            run.Step,
            run.DurableStep,
            run.RowsAccepted,
            run.LastEpoch?.Epoch ?? -1,
            run.Trainers,
            run.Scorers,
            run.Warnings
        );
}
