namespace CoKe.ConstrainedKMeans;

/// <summary>
/// Warnings that duals will move too far, too little or too seldom to hold the minimum sizes. The limits come from passes over
/// Fashion-MNIST and over tight modes of unequal size; the paper's own settings and the bundled recipes keep to them.
/// </summary>
static class RateWarnings
{
    /// <summary>Up to here one mini-batch may move a dual; at 0.16 the mean similarity is down by an eighth.</summary>
    const double LargestJump = 0.1;

    /// <summary>A small batch makes even the automatic rate jump; only a rate well above it is to blame itself.</summary>
    const double LargestFactor = 2;

    /// <summary>Below this part of the automatic rate minimums are missed entirely; the paper's smallest is 1/19 (K = 200 on
    /// CIFAR).</summary>
    const double SmallestFactor = 1.0 / 25;

    /// <summary>Enough mini-batches of a pass for the duals to follow, however little each moves them.</summary>
    const int EnoughSteps = 50;

    /// <summary>Enough for the dual of an empty cluster to rise by in a pass, however few its steps: similarities differ by at most
    /// 2.</summary>
    const double EnoughRise = 0.75;

    /// <summary>With fewer images per cluster, a smaller batch brings jumps instead of better sizes; too many clusters will not
    /// stay.</summary>
    const int ImagesPerCluster = 10;

    /// <summary>A limit that was written out and given again is no longer passed.</summary>
    const double Rounding = 1e-9;

    public static IEnumerable<string> Of(ClusteringOptions options)
    {
        HeadPlan[] plans = [.. options.Heads.Select((_, h) => new HeadPlan(options, h)).Where(AsksForSizes)];
        if (plans.Where(plan => HasFewSteps(options, plan)).MinBy(plan => Rise(options, plan)) is { } slowest)
            yield return FewSteps(options, slowest, plans);
        foreach (var plan in plans)
        {
            var field = $"Heads[{plan.Head}].{nameof(HeadOptions.DualLearningRate)}";
            var (eta, automatic) = (plan.DualLearningRate, plan.AutomaticDualLearningRate);
            if (IsTooHigh(plan, options.BatchSize))
            {
                var limit = Math.Max(LargestFactor * automatic, LargestJump * eta / Jump(plan, options.BatchSize));
                yield return $"{field} is {Rounded.Text(eta)}, more than {LargestFactor} times the automatic {Rounded.Text(automatic)}, "
                    + "and moves a dual by "
                    + $"{Rounded.Text(Jump(plan, options.BatchSize))} per mini-batch, so that the duals overshoot: leave it out, "
                    + $"or give at most {Rounded.Text(Rounded.Down(limit))}.";
            }

            if (eta < SmallestFactor * automatic * (1 - Rounding))
            {
                yield return $"{field} is {Rounded.Text(eta)}, less than 1/{1 / SmallestFactor:0} of the automatic "
                    + $"{Rounded.Text(automatic)}, so that the duals hardly move "
                    + $"(that of an empty cluster by {Rounded.Text(Rise(options, plan))} in a pass): leave it out, "
                    + $"or give at least {Rounded.Text(Rounded.Up(SmallestFactor * automatic))}.";
            }
        }
    }

    static string FewSteps(ClusteringOptions options, HeadPlan slowest, HeadPlan[] plans)
    {
        var (N, size) = (options.ImageCount, options.ImageCount / EnoughSteps);
        var alsoTooHigh = plans.Any(plan => IsTooHigh(new HeadPlan(options with { BatchSize = size }, plan.Head), size));
        var steps = 1 + ((N - 1) / options.BatchSize);
        return $"{nameof(options.BatchSize)} is {options.BatchSize}, which makes "
            + $"{(steps == 1 ? "one mini-batch" : $"{steps} mini-batches")} of {N} images, too few for the duals to follow "
            + $"(that of an empty cluster of head {slowest.Head} rises by {Rounded.Text(Rise(options, slowest))} in a pass): "
            + $"give at most {size}"
            + $"{(alsoTooHigh ? $", and leave {nameof(HeadOptions.DualLearningRate)} out" : "")}.";
    }

    // A head without minimums has duals that stay at 0 whatever eta is.
    static bool AsksForSizes(HeadPlan plan) =>
        plan.ClusterCount > 1 && (plan.Options.MinimumSizes is { } sizes ? sizes.Any(size => size > 0) : plan.Options.MinimumSizeRatio > 0);

    static bool HasFewSteps(ClusteringOptions options, HeadPlan plan) =>
        options.ImageCount >= EnoughSteps
        && (
            options.ImageCount >= (long)ImagesPerCluster * plan.ClusterCount
            || SizeWarnings.HasTooManyClusters(options.ImageCount, plan.Options)
        )
        && options.ImageCount / EnoughSteps < options.BatchSize
        && Rise(options, plan) < EnoughRise;

    static bool IsTooHigh(HeadPlan plan, int batchSize) =>
        plan.DualLearningRate > LargestFactor * plan.AutomaticDualLearningRate * (1 + Rounding)
        && Jump(plan, batchSize) > LargestJump * (1 + Rounding);

    /// <summary>
    /// (eta / B) gamma, the mean of the minimums: how far the dual of an empty cluster rises in one pass. Where eta is too high, by the
    /// automatic one, which it will be replaced by.
    /// </summary>
    static double Rise(ClusteringOptions options, HeadPlan plan) =>
        (IsTooHigh(plan, options.BatchSize) ? plan.AutomaticDualLearningRate : plan.DualLearningRate)
        / options.BatchSize
        * Enumerable.Range(0, plan.ClusterCount).Average(plan.MinimumSize);

    /// <summary>How far one mini-batch moves a dual: a member by eta / B, the spread of a cluster's B / K members by its root.</summary>
    static double Jump(HeadPlan plan, int batchSize) =>
        plan.DualStepPerMember * Math.Max(1, Math.Sqrt((double)batchSize / plan.ClusterCount));
}
