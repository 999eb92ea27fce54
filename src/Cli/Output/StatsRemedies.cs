using System.Globalization;
using CoKe.Alarms;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Output;

/// <summary>
/// What to do about an alarm of a run that somebody trains, in keys of recipes, since whoever asks the silo need not be who trains.
/// Values are
/// those of the run's own options; what the trainer alone knows is for its own alarms.
/// </summary>
/// <param name="clustering">What the run was asked for.</param>
sealed class StatsRemedies(ClusteringOptions clustering) : IAlarmRemedies
{
    const double EnoughRatio = 0.4,
        HighRatio = 0.85;

    /// <inheritdoc/>
    public string For(Finding finding)
    {
        var (head, h) = (clustering.Heads[finding.Head ?? 0], finding.Head ?? 0);
        return finding.Kind switch
        {
            AlarmKind.EmptyClusters or AlarmKind.MinimumSizes when finding.Missed is { Clusters: > 0 } missed =>
                $"in a run anew, {SizeAdvice.For(missed, clustering, h)}",
            AlarmKind.EmptyClusters => "in a run anew, ask for images in every cluster, "
                + $"with clustering.minimum-size-ratio={Text(Math.Max(EnoughRatio, Least(head)))}",
            AlarmKind.Collapse when head.MinimumSizeRatio < HighRatio =>
                $"in a run anew, ask for larger clusters, with clustering.minimum-size-ratio={Text(HighRatio)}",
            _ => "see the trainer's alarms, which knows loss and embeddings too; most often a smaller schedule.learning-rate cures it",
        };
    }

    // One image in every cluster, if there are as many.
    double Least(HeadOptions head) => Math.Min(1, Math.Ceiling(100.0 * head.ClusterCount / clustering.ImageCount) / 100);

    static string Text(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
