namespace CoKe.Learning.Evaluation;

/// <summary>How well the clusters of one head agree with the true classes.</summary>
/// <param name="Acc">Clustering accuracy, see <see cref="Agreement.Accuracy"/>.</param>
/// <param name="Nmi">See <see cref="Agreement.NormalizedMutualInformation"/>.</param>
/// <param name="Ari">See <see cref="Agreement.AdjustedRandIndex"/>.</param>
public sealed record LabelScores(double Acc, double Nmi, double Ari)
{
    /// <param name="classes">One class per image.</param>
    /// <param name="clusters">The cluster of each; -1: it has none, and is left out.</param>
    /// <returns>Null when no image has a cluster.</returns>
    public static LabelScores? Of(int[] classes, int[] clusters)
    {
        (int Class, int Cluster)[] known = [.. classes.Zip(clusters).Where(pair => pair.Second >= 0)];
        if (known.Length == 0)
            return null;
        var agreement = new Agreement(Array.ConvertAll(known, pair => pair.Class), Array.ConvertAll(known, pair => pair.Cluster));
        return new LabelScores(agreement.Accuracy(), agreement.NormalizedMutualInformation(), agreement.AdjustedRandIndex());
    }
}

/// <summary>What the true classes say of an epoch.</summary>
/// <param name="Neighbors">Accuracy of 20 nearest neighbors on some of the images, see <see cref="EpochEvaluation"/>; null without test
/// images.</param>
/// <param name="Heads">Of every head: its labels of the training images, as the epoch committed them.</param>
public sealed record EpochScores(double? Neighbors, IReadOnlyList<LabelScores> Heads);
