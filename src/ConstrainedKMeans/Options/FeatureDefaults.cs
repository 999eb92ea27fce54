namespace CoKe.ConstrainedKMeans;

/// <summary>
/// What fits when ready-made features are clustered: they do not change from pass to pass, so the duals should settle, and many small moves
/// settle where a few large ones jump about. docs/algorithm.md has the measurements.
/// </summary>
public static class FeatureDefaults
{
    /// <summary>Moves of the duals in one pass.</summary>
    const int MovesPerPass = 128;

    /// <summary>A batch of fewer rows costs more than it brings; one of more is cut, since messages and memory grow with it.</summary>
    const int SmallestBatch = 16, LargestBatch = 1024;

    /// <summary>
    /// What the dual of an empty cluster rises by in a pass: so much times gamma', and never less than a quarter, since similarities differ
    /// by some tenths.
    /// </summary>
    const double RisePerPass = 0.64, LeastRisePerPass = 0.25;

    /// <summary>No dual moves by more than this per share of a batch: as for training.</summary>
    const double LargestDualStep = 0.02;

    /// <summary>Passes at most; they end before when labels and similarity have settled.</summary>
    public const int Passes = 20;

    /// <summary>B for N rows: N / 128, from 16 to 1,024 rows, and no more than there are.</summary>
    /// <param name="rows">N, at least 1.</param>
    public static int BatchSize(int rows) => Math.Min(rows, Math.Clamp(rows / MovesPerPass, SmallestBatch, LargestBatch));

    /// <summary>
    /// eta for N rows in K clusters: K min(max(0.64, 0.25 / gamma') B / N, 0.02), by which the dual of an empty cluster rises by 0.64 gamma' or
    /// 0.25 in a pass, whichever is more.
    /// </summary>
    /// <param name="rows">N.</param>
    /// <param name="clusterCount">K.</param>
    /// <param name="batchSize">B.</param>
    /// <param name="minimumSizeRatio">gamma', the sum of all minimums as a share of N; 0: there are none.</param>
    public static double DualLearningRate(int rows, int clusterCount, int batchSize, double minimumSizeRatio)
    {
        var rise = minimumSizeRatio > 0 ? Math.Max(RisePerPass, LeastRisePerPass / minimumSizeRatio) : RisePerPass;
        return clusterCount * Math.Min(rise * batchSize / rows, LargestDualStep);
    }
}
