using CoKe.Abstractions;

namespace CoKe.Cli.Clustering;

/// <summary>What came out of clustering ready-made features, by the actors or by the library.</summary>
/// <param name="Run">The run's name; null: no run, nothing is kept.</param>
/// <param name="Passes">The report of every pass, in order.</param>
/// <param name="Settled">Whether the passes ended because labels and similarity had settled (<see cref="Settling"/>), not because there
/// were no more.</param>
/// <param name="Labels">Per head: N labels of the last pass, by row.</param>
/// <param name="Centers">Per head: K x d unit rows, the centers after the last pass.</param>
/// <param name="Duals">Per head: rho_k of the K clusters after the last pass.</param>
/// <param name="MeanSimilarity">Per head: the mean over images of x . c, c the final center of the image's label.</param>
/// <param name="Warnings">Warnings on the options.</param>
/// <param name="Elapsed">Time of the passes.</param>
sealed record FeatureClusteringResult(
    string? Run,
    IReadOnlyList<EpochReport> Passes,
    bool Settled,
    int[][] Labels,
    IReadOnlyList<float[]> Centers,
    double[][] Duals,
    double[] MeanSimilarity,
    IReadOnlyList<string> Warnings,
    TimeSpan Elapsed
)
{
    /// <summary>Images labeled per second.</summary>
    public double ImagesPerSecond => Passes.Sum(pass => pass.Rows) / Elapsed.TotalSeconds;
}
