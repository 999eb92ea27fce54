using CoKe.Abstractions;

namespace CoKe.Web.Watching;

/// <summary>Every run in short.</summary>
/// <param name="Runs">Those that could be asked.</param>
/// <param name="Troubles">Those that could not: name and reason.</param>
sealed record RunsNews(IReadOnlyList<RunLine> Runs, IReadOnlyDictionary<string, string> Troubles);

/// <summary>A run in short: what changes from second to second, and what names it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="RunId">Its unrepeatable id.</param>
/// <param name="Kind">What it does, in a word.</param>
/// <param name="Activity">The same with whom it waits for, and why.</param>
/// <param name="ImagesPerSecond">Images that are processed per second.</param>
/// <param name="SecondsLeft">Until its trainers are done, as far as they told; null: not known.</param>
/// <param name="Epoch">The open epoch.</param>
/// <param name="RowsInEpoch">Images accepted in it.</param>
/// <param name="ImageCount">N.</param>
/// <param name="Heads">What the last committed epoch says of each head.</param>
/// <param name="Problem">Why it does not go on; null: it does.</param>
sealed record RunLine(
    string Name,
    string RunId,
    ActivityKind Kind,
    string Activity,
    double ImagesPerSecond,
    double? SecondsLeft,
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
            KindOf(run),
            $"{run.Activity ?? RunActivity.Of(KindOf(run))}",
            Math.Round(run.ImagesPerSecond),
            run.SecondsLeft is { } left ? Math.Round(left) : null,
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

    // A silo of an earlier version tells only the state.
    static ActivityKind KindOf(RunStatus run) =>
        run.Activity?.Kind
        ?? run.State switch
        {
            RunState.Live => ActivityKind.Training,
            RunState.Recovering => ActivityKind.Recovering,
            RunState.Faulted => ActivityKind.Faulted,
            _ => ActivityKind.Asleep,
        };
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
/// <param name="Created">When it was created; null: not known.</param>
/// <param name="Updated">When it last got on; null: never.</param>
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
    DateTimeOffset? Created,
    DateTimeOffset? Updated,
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
            run.Created,
            run.Updated,
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
