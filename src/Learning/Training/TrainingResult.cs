namespace CoKe.Learning.Training;

/// <summary>What a training run leaves behind, all of it label-free.</summary>
/// <param name="History">Every epoch, the scan first.</param>
/// <param name="Labels">Final pseudo-labels: Labels[head][image].</param>
/// <param name="Centers">Final centers of every head, K x d values.</param>
/// <param name="SmallestHead">The head with the fewest clusters.</param>
public sealed record TrainingResult(
    IReadOnlyList<EpochRecord> History,
    IReadOnlyList<int[]> Labels,
    IReadOnlyList<float[]> Centers,
    int SmallestHead
)
{
    /// <summary>Seconds of all epochs, the scan included.</summary>
    public double Seconds => History.Sum(e => e.Seconds);

    /// <summary>The share of those that were spent waiting for the clustering.</summary>
    public double WaitFraction => History.Sum(e => e.SecondsWaited) / Seconds;

    /// <summary>Images per second while training, each counted once whatever its views.</summary>
    public double ImagesPerSecond => History.Skip(1).Sum(e => e.Clustering.Rows) / History.Skip(1).Sum(e => e.Seconds);
}
