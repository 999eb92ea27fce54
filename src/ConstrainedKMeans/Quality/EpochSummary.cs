namespace CoKe.ConstrainedKMeans;

/// <summary>
/// How one head's epoch went. Objective and violation belong together: violating the constraint buys similarity.
/// An epoch that saw fewer rows than there are images asks for sizes in proportion.
/// </summary>
public sealed record EpochSummary
{
    /// <summary>The self-check allows for rounding, in images.</summary>
    const double Rounding = 1e-6;

    /// <summary>t.</summary>
    public required int Epoch { get; init; }

    /// <summary>The head's number, from 0.</summary>
    public required int Head { get; init; }

    /// <summary>K.</summary>
    public required int ClusterCount { get; init; }

    /// <summary>Rows that were labeled.</summary>
    public required long Rows { get; init; }

    /// <summary>Members of the smallest cluster.</summary>
    public required long Min { get; init; }

    /// <summary>Members of the largest cluster.</summary>
    public required long Max { get; init; }

    /// <summary>
    /// The required size gamma_k (without margin) of the cluster that falls short most, in images; with equal sizes that of every cluster.
    /// </summary>
    public required double Asked { get; init; }

    /// <summary>
    /// The least ratio of a cluster's size to its own required size; 1 or more: no violation. Infinite where nothing is required.
    /// </summary>
    public required double SmallestSizeRatio { get; init; }

    /// <summary>V = max_k (gamma_k - n_k), in images, gamma_k without margin; negative when every cluster has members to spare.</summary>
    public required double Violation { get; init; }

    /// <summary>max_k (B / eta)(rho_k at the end - at the start), which V cannot exceed; null with tau, where it does not hold.</summary>
    public required double? Bound { get; init; }

    /// <summary>The whole minimum sizes that the epoch missed.</summary>
    public required Shortfall Missed { get; init; }

    /// <summary>Mean of x . c over the rows, by the centers they were labeled with.</summary>
    public required double MeanSimilarity { get; init; }

    /// <summary>Clusters without members.</summary>
    public required int EmptyClusters { get; init; }

    /// <summary>
    /// How many clusters there are in effect: the exponential of the entropy of the sizes, 1 to K. Equal sizes give K, and one cluster that
    /// holds all gives 1; 0 without rows.
    /// </summary>
    public required double EffectiveClusters { get; init; }

    /// <inheritdoc cref="ClusterQuality.Gini"/>
    public required double Gini { get; init; }

    /// <summary>How the sizes are spread.</summary>
    public required SizeQuantiles SizeQuantiles { get; init; }

    /// <summary>The largest dual at the end.</summary>
    public required double MaxDual { get; init; }

    /// <summary>Images whose label differs from the one they had before; those never seen before do not count.</summary>
    public required long ChangedLabels { get; init; }

    /// <summary>How far the labels agree with those before, of images that were seen and had one: normalized mutual information, 0 to 1.
    /// Null: there are none, or whoever summarizes knows no labels.</summary>
    public double? Agreement { get; init; }

    /// <summary>Images that were compared for it.</summary>
    public long AgreementImages { get; init; }

    /// <summary>eta.</summary>
    public required double DualLearningRate { get; init; }

    /// <summary>Whether the violation is within its bound; if not, the implementation is wrong.</summary>
    public bool BoundHolds => Bound is not { } bound || Violation <= bound + Rounding;

    /// <summary>Summarizes an epoch from what the clusters counted and the duals did.</summary>
    /// <param name="plan">The head's constants.</param>
    /// <param name="epoch">t.</param>
    /// <param name="rows">Rows of the epoch.</param>
    /// <param name="counts">n_k, K values.</param>
    /// <param name="startDuals">rho_k when the epoch began, K values.</param>
    /// <param name="endDuals">rho_k when it ended, K values.</param>
    /// <param name="similaritySum">Sum of x . c over the rows.</param>
    /// <param name="changedLabels">Images whose label changed.</param>
    public static EpochSummary Of(
        HeadPlan plan,
        int epoch,
        long rows,
        ReadOnlySpan<long> counts,
        ReadOnlySpan<double> startDuals,
        ReadOnlySpan<double> endDuals,
        double similaritySum,
        long changedLabels
    )
    {
        var violation = ClusterQuality.Violation(plan, counts, rows, out var worst);
        long min = long.MaxValue,
            max = 0;
        var empty = 0;
        foreach (var n in counts)
        {
            (min, max) = (Math.Min(min, n), Math.Max(max, n));
            if (n == 0)
                empty++;
        }

        var maxDual = double.NegativeInfinity;
        foreach (var rho in endDuals)
            maxDual = Math.Max(maxDual, rho);
        return new EpochSummary
        {
            Epoch = epoch,
            Head = plan.Head,
            ClusterCount = plan.ClusterCount,
            Rows = rows,
            Min = min,
            Max = max,
            Asked = violation + counts[worst],
            SmallestSizeRatio = ClusterQuality.SmallestSizeRatio(plan, counts, rows),
            Violation = violation,
            Bound = plan.NeedsGlobalDuals ? null : ClusterQuality.ViolationBound(plan, startDuals, endDuals),
            Missed = Shortfall.Of(plan, counts, rows),
            MeanSimilarity = rows == 0 ? 0 : similaritySum / rows,
            EmptyClusters = empty,
            EffectiveClusters = ClusterQuality.EffectiveClusters(counts),
            Gini = ClusterQuality.Gini(counts),
            SizeQuantiles = SizeQuantiles.Of(counts),
            MaxDual = maxDual,
            ChangedLabels = changedLabels,
            DualLearningRate = plan.DualLearningRate,
        };
    }
}
