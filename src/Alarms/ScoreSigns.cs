using static System.FormattableString;

namespace CoKe.Alarms;

/// <summary>What classes say of an encoder's features and of its clusters.</summary>
/// <param name="Accuracies">Name and share of test images whose class was found by the features, by every way that was tried.</param>
/// <param name="MostFrequent">The share of the most frequent class among the test images: the accuracy of who always names it.</param>
/// <param name="TestImages">Test images, at least 1.</param>
/// <param name="Heads">Of every head with two clusters or more: head, K, adjusted Rand index of its clusters and the classes, and of how
/// many images.</param>
public sealed record ScoreSigns(
    IReadOnlyList<(string Name, double Accuracy)> Accuracies,
    double MostFrequent,
    int TestImages,
    IReadOnlyList<ScoredHead> Heads
)
{
    /// <summary>
    /// The spread of the trained encoder's embeddings, see <see cref="ConstrainedKMeans.EmbeddingSpread"/>; null: not known.
    /// </summary>
    public double? Spread { get; init; }
}

/// <summary>A head's clusters beside the classes.</summary>
/// <param name="Head">The head, from 0.</param>
/// <param name="ClusterCount">K.</param>
/// <param name="RandIndex">Their adjusted Rand index, 1 for equal partitions and 0 for chance.</param>
/// <param name="Images">Images that it was taken of.</param>
public sealed record ScoredHead(int Head, int ClusterCount, double RandIndex, int Images);

/// <summary>What looks wrong in scores.</summary>
static class ScoreFindings
{
    public static IEnumerable<Finding> Of(ScoreSigns scores, AlarmLimits limits)
    {
        if (scores.Spread is { } spread && spread < limits.Spread)
            yield return HeadFindings.Identical(spread, limits);

        // Of test images of a single class every guess is right.
        if (scores.MostFrequent >= 1)
            yield break;
        var error = Math.Sqrt(scores.MostFrequent * (1 - scores.MostFrequent) / scores.TestImages);
        var bound = scores.MostFrequent + (limits.ErrorsAboveChance * error);
        if (scores.Accuracies.Count > 0 && scores.Accuracies.MaxBy(one => one.Accuracy) is var best && best.Accuracy <= bound)
        {
            yield return new Finding(
                AlarmKind.FeaturesAtChance,
                AlarmSeverity.Failure,
                null,
                best.Accuracy,
                bound,
                Invariant($"The features tell nothing of the classes: the best accuracy is {best.Accuracy:0.000} ({best.Name}), ")
                    + Invariant($"and who always names the most frequent class has {scores.MostFrequent:0.000}")
            );
        }

        foreach (var head in scores.Heads.Where(head => head.ClusterCount > 1))
        {
            // By chance an index of few images is some way off 0, to either side.
            var chance = Math.Max(limits.RandIndexOfChance, 1.0 / head.Images);
            if (head.RandIndex > chance)
                continue;
            yield return new Finding(
                AlarmKind.ClustersAtChance,
                AlarmSeverity.Warning,
                head.Head,
                head.RandIndex,
                chance,
                Invariant($"Head {head.Head}: {head.ClusterCount} clusters and the classes have nothing in common: ")
                    + Invariant($"their adjusted Rand index is {head.RandIndex:0.000}, and 0 is chance")
            );
        }
    }
}
