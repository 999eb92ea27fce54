namespace CoKe.ConstrainedKMeans;

/// <summary>What to do about minimums that were missed, in the order of what it costs.</summary>
static class ShortfallRemedy
{
    /// <summary>With as many mini-batches in a pass, tight modes of unequal size missed 3% of a minimum; with 20 they missed half.</summary>
    const int GoodSteps = 200;

    /// <summary>A cluster that lacks less than this part of its minimum needs a margin, not other passes.</summary>
    const double FarBelow = 0.1;

    /// <summary>A batch of fewer rows than this part of K makes the automatic rate jump.</summary>
    const double SmallestBatch = 0.2;

    /// <summary>What the minimums may take of all images with a margin.</summary>
    const double LargestShare = 0.98;

    /// <summary>Nobody wants minimums cut by more than this part.</summary>
    const double LargestCut = 0.5;

    public static string For(Shortfall shortfall, ClusteringOptions options, int head)
    {
        var (N, asked) = (options.ImageCount, options.Heads[head]);
        // Of the worst cluster relative to its minimum, because a margin is relative too.
        var lacks = shortfall.Worst.Max(cluster => (double)cluster.Missing / cluster.Minimum);
        var batch = N / GoodSteps;
        if (lacks > FarBelow && batch < options.BatchSize && batch >= 1 && batch >= SmallestBatch * asked.ClusterCount)
        {
            return $"give mini-batches of at most {batch} images, so that the duals move more often";
        }

        var plain = asked.MinimumSizes is { } sizes ? sizes.Sum() / N : asked.MinimumSizeRatio;
        var margin = Math.Ceiling(100 * (asked.Margin + lacks)) / 100;
        if (plain * (1 + margin) <= LargestShare) return $"ask for more than the minimum, with a margin of {Rounded.Text(margin)}";
        return lacks > LargestCut ? "go on for more epochs, in which the duals of these clusters rise further"
            : asked.MinimumSizes is null ? $"ask for less, with a minimum size ratio of {Rounded.Text(Math.Floor(100 * plain * (1 - lacks)) / 100)}, which this epoch kept to"
            : "ask for less, with smaller minimum sizes of these clusters";
    }
}
