namespace CoKe.ConstrainedKMeans;

/// <summary>How a center follows from its members.</summary>
public enum CenterRule
{
    /// <summary>The normalized sum of this epoch's members so far (eqn 13).</summary>
    Exact,

    /// <summary>The published code's recursion: the old center is weighted by its share of the members, then the batch is added.</summary>
    Rescaled,
}

/// <summary>When centers move.</summary>
public enum CenterSchedule
{
    /// <summary>After every mini-batch (eqn 13).</summary>
    Batch,

    /// <summary>Once, at the end of the epoch (eqn 12).</summary>
    Epoch,
}

/// <summary>Whether duals stop at zero.</summary>
public enum DualClamp
{
    /// <summary>Duals never fall below zero, as in the paper.</summary>
    Paper,

    /// <summary>The published code: duals may turn negative when gamma' is 1.</summary>
    Code,
}

/// <summary>One head: one constrained k-means problem with its own number of clusters.</summary>
public sealed record HeadOptions
{
    /// <summary>K, from 1 to the number of images.</summary>
    public required int ClusterCount { get; init; }

    /// <summary>gamma', from 0 to 1: every cluster shall hold at least gamma' N / K images.</summary>
    public double MinimumSizeRatio { get; init; } = 0.4;

    /// <summary>A little more than the minimum is asked, gamma (1 + margin), so that the plain minimum is met. At least 0.</summary>
    public double Margin { get; init; }

    /// <summary>eta, above 0; null takes the automatic one, K min(3.4 B / (gamma' N), 0.02).</summary>
    public double? DualLearningRate { get; init; }

    /// <summary>How a center follows from its members.</summary>
    public CenterRule CenterRule { get; init; } = CenterRule.Exact;

    /// <summary>When centers move.</summary>
    public CenterSchedule CenterSchedule { get; init; } = CenterSchedule.Batch;

    /// <summary>
    /// With <see cref="CenterSchedule.Batch"/>: epochs below this one move centers per batch, later ones per epoch. Null: always per batch.
    /// </summary>
    public int? BatchScheduleEpochs { get; init; }

    /// <summary>Whether duals stop at zero.</summary>
    public DualClamp DualClamp { get; init; } = DualClamp.Paper;

    /// <summary>tau of eqn 11, above 0: the duals are projected on a sum of at most tau. Null: no limit.</summary>
    public double? DualNormLimit { get; init; }

    /// <summary>
    /// One minimum gamma_k in images per cluster, instead of <see cref="MinimumSizeRatio"/>; K values of at least 0 that sum to at most N.
    /// </summary>
    public IReadOnlyList<double>? MinimumSizes { get; init; }
}
