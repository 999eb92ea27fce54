using CoKe.Abstractions;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>What a run does at this moment, how fast, and for how long still.</summary>
sealed class RunPresence
{
    readonly LiveRun? _live;
    readonly int _epoch;

    /// <param name="watch">What is known of the trainers.</param>
    /// <param name="ranks">What their mini-batches say.</param>
    /// <param name="state">Whether the run is at work.</param>
    /// <param name="epoch">The open one.</param>
    /// <param name="live">The present incarnation; null: there is none.</param>
    public RunPresence(TrainerWatch watch, IEnumerable<TrainerStatus> ranks, RunState state, int epoch, LiveRun? live)
    {
        (_live, _epoch) = (live, epoch);
        Trainers = [.. ranks.Select(rank => watch.Complete(rank, state == RunState.Live))];
        Activity = new ActivityFacts(
            state,
            epoch,
            live is not null && (live.IsBusy || live.Processed.Pace.IsGoingOn(live.Processed.Elapsed)),
            [
                .. Trainers.Select(rank => new RankFacts(
                    rank.Generation > 0,
                    rank.IsFinished,
                    rank.IsSilent,
                    rank.IsAwaited,
                    watch.SilenceOf(rank.Rank, rank.Generation)
                )),
            ]
        ).Activity;
    }

    /// <summary>The ranks, with what is known of their trainers.</summary>
    public IReadOnlyList<TrainerStatus> Trainers { get; }

    /// <inheritdoc cref="RunStatus.Activity"/>
    public RunActivity Activity { get; }

    /// <inheritdoc cref="RunStatus.ImagesPerSecond"/>
    public double ImagesPerSecond =>
        Activity.Kind is ActivityKind.Scanning or ActivityKind.Training && _live?.Processed is { } processed
            ? processed.Pace.ImagesPerSecond(processed.Elapsed)
            : 0;

    /// <inheritdoc cref="RunStatus.SecondsLeft"/>
    /// <param name="images">N, which every epoch to come is taken to go through.</param>
    public double? SecondsLeft(int images)
    {
        if (Activity.Kind != ActivityKind.Training || _live?.Processed is not { } processed)
            return null;
        if (Trainers.Max(rank => rank.Report?.LastEpoch) is not { } last || last < _epoch)
            return null;
        var left = ((double)(last - _epoch + 1) * images) - processed.RowsInEpoch;
        return processed.Pace.Mean(processed.Elapsed) is { } pace ? Math.Max(0, left) / pace : null;
    }
}
