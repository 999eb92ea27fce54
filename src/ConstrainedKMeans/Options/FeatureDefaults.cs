namespace CoKe.ConstrainedKMeans;

/// <summary>
/// What fits when ready-made features are clustered: they do not change from pass to pass, so the duals should settle, and many small moves
/// settle where a few large ones jump about. docs/algorithm.md has the measurements.
/// </summary>
public static class FeatureDefaults
{
    /// <summary>Moves of the duals in one pass.</summary>
    const int MovesPerPass = 128;

    /// <summary>Messages and memory grow with a batch, and more moves than 128 do no harm.</summary>
    const int LargestBatch = 1024;

    /// <summary>
    /// What the dual of an empty cluster rises by in a pass: so much times gamma', and never less than a quarter, since similarities differ
    /// by some tenths.
    /// </summary>
    const double RisePerPass = 0.64,
        LeastRisePerPass = 0.25;

    /// <summary>No dual moves by more than this per share of a batch: as for training.</summary>
    const double LargestDualStep = 0.02;

    /// <summary>Passes at most; they end before when labels and similarity have settled.</summary>
    public const int Passes = 20;

    // With fewer rows per cluster, centers that begin every pass from a few rows lose more than they gain.
    const int RowsForBatchSchedule = 50;

    /// <summary>
    /// When centers move: with every mini-batch in the first <see cref="BatchSchedulePasses"/>, or only after each pass where clusters are
    /// small.
    /// </summary>
    /// <param name="rows">N.</param>
    /// <param name="clusterCount">K.</param>
    public static CenterSchedule Schedule(int rows, int clusterCount) =>
        BatchSchedulePasses(rows, clusterCount) is null ? CenterSchedule.Epoch : CenterSchedule.Batch;

    /// <summary>Passes in which centers move with every mini-batch (eqn 13), which gets them near sooner; null: none.</summary>
    /// <param name="rows">N.</param>
    /// <param name="clusterCount">K.</param>
    public static int? BatchSchedulePasses(int rows, int clusterCount) => rows / RowsForBatchSchedule >= clusterCount ? 8 : null;

    /// <summary>B for N rows: N / 128, from 1 to 1,024 rows.</summary>
    /// <param name="rows">N, at least 1.</param>
    public static int BatchSize(int rows) => Math.Clamp(rows / MovesPerPass, 1, LargestBatch);

    /// <summary>
    /// eta for N rows in K clusters: K min(max(0.64, 0.25 / gamma') B / N, 0.02), by which the dual of an empty cluster rises by 0.64
    /// gamma' or 0.25 in a pass, whichever is more.
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
