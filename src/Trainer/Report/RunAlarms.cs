using CoKe.Alarms;
using CoKe.ConstrainedKMeans;
using CoKe.Learning.Data;
using CoKe.Learning.Training;
using CoKe.Trainer.Recipes;

namespace CoKe.Trainer.Report;

/// <summary>The alarms of a run, by its recipe's limits and with remedies that begin it anew.</summary>
/// <param name="recipe">The run's, with nothing left open.</param>
/// <param name="imageCount">N.</param>
/// <param name="seed">The run's.</param>
/// <param name="folder">The folder of the run.</param>
sealed class RunAlarms(Recipe recipe, int imageCount, int seed, string folder)
{
    readonly ClusteringOptions _clustering = recipe.ClusteringOf(imageCount, seed);
    readonly TrainerRemedies _remedies = new(recipe, imageCount, seed, folder);

    // While the rate still rises, an encoder has hardly begun.
    readonly AlarmLimits _limits = recipe.Alarms with
    {
        AfterEpoch = Math.Max(recipe.Alarms.AfterEpoch, (int)Math.Ceiling(recipe.Schedule.WarmUpEpochs)),
        EmbeddingsAfterEpoch = Math.Max(recipe.Alarms.EmbeddingsAfterEpoch, (int)Math.Ceiling(recipe.Schedule.WarmUpEpochs)),
    };

    /// <summary>All alarms of the epochs so far.</summary>
    /// <param name="history">Every epoch, the scan first.</param>
    public IReadOnlyList<Alarm> Of(IReadOnlyList<EpochRecord> history) => AlarmJudge.Of(Signs(history), _limits, _remedies);

    /// <summary>Those that arose in the last of the epochs.</summary>
    /// <inheritdoc cref="Of(IReadOnlyList{EpochRecord})"/>
    public IReadOnlyList<Alarm> New(IReadOnlyList<EpochRecord> history) => AlarmJudge.New(Signs(history), _limits, _remedies);

    /// <summary>
    /// Those that stand in the last of some epochs that the clustering committed, of which the trainer's notes are not at hand.
    /// </summary>
    /// <param name="epochs">The last one, and some before it.</param>
    public IReadOnlyList<Alarm> Of(IEnumerable<Abstractions.EpochReport> epochs)
    {
        var run = new RunSigns(_clustering, [.. epochs.Select(epoch => new EpochSigns(epoch))]);
        return [.. AlarmJudge.Of(run, _limits, _remedies).Where(alarm => alarm.Stands)];
    }

    /// <summary>What the classes say of features and clusters.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="epoch">The epoch that they are of.</param>
    public IReadOnlyList<Alarm> Of(ScoreSigns scores, int epoch) => AlarmJudge.Of(scores, epoch, _limits, _remedies);

    /// <summary>What the classes say at the end of a run.</summary>
    /// <param name="outcome">The run.</param>
    /// <param name="data">Its images.</param>
    /// <returns>Null where nobody knows the classes.</returns>
    public static ScoreSigns? ScoresOf(RunOutcome outcome, RunImages data)
    {
        var (smallest, test) = (outcome.Training.SmallestHead, data.Test?.Classes);
        var K = outcome.Training.History[^1].Smallest.ClusterCount;
        var head =
            outcome.Trained is { } trained ? new ScoredHead(smallest, K, trained.Ari, data.Train.Images.Count)
            : outcome.Scores is { } tested ? new ScoredHead(smallest, K, tested.AdjustedRandIndex, tested.Predictions.Length)
            : null;
        if (head is null)
            return null;
        (string, double?)[] accuracies = [("linear probe", outcome.Scores?.Probe), ("20 nearest neighbors", outcome.Scores?.Neighbors)];
        return new ScoreSigns(
            [.. accuracies.Where(one => one.Item2 is not null).Select(one => (one.Item1, one.Item2!.Value))],
            test is { Classes.Length: > 0 } ? test.MostFrequent : 0,
            Math.Max(1, test?.Classes.Length ?? 0),
            [head]
        );
    }

    RunSigns Signs(IReadOnlyList<EpochRecord> history) => new(_clustering, [.. history.Select(epoch => epoch.Signs)]);
}
