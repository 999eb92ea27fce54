using CoKe.Learning.Evaluation;

namespace CoKe.Learning.Resume;

/// <summary>What the trainer alone knows of an epoch; the clustering keeps the rest.</summary>
/// <param name="Epoch">0 is the scan.</param>
/// <param name="Loss">Mean loss of the steps; null in the scan.</param>
/// <param name="LabelAgreement">NMI between its labels and those of the epoch before, smallest head; null also until the boundary is
/// committed.</param>
/// <param name="Seconds">Time it took.</param>
/// <param name="SecondsWaited">The part of it that was spent waiting for the clustering.</param>
/// <param name="LearningRate">Of its last step; null in the scan.</param>
/// <param name="Scores">What the classes say, where that was asked for; null also until the boundary is committed.</param>
public sealed record EpochTrace(
    int Epoch,
    double? Loss,
    double? LabelAgreement,
    double Seconds,
    double SecondsWaited,
    double? LearningRate = null,
    EpochScores? Scores = null
)
{
    /// <summary>The mean loss of every head; null in the scan, and in a save of an earlier version.</summary>
    public IReadOnlyList<double>? HeadLosses { get; init; }

    /// <summary>How different the embeddings were from each other, see <see cref="ConstrainedKMeans.EmbeddingSpread"/>; null in a save of
    /// an earlier version.</summary>
    public double? Spread { get; init; }
}
