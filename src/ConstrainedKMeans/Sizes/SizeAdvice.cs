namespace CoKe.ConstrainedKMeans;

/// <summary>What can be changed about minimums that were missed.</summary>
public enum SizeSetting
{
    /// <summary>The rows of a mini-batch, at most so many.</summary>
    BatchSize,

    /// <summary>What is asked above the minimum, as a part of it.</summary>
    Margin,

    /// <summary>Passes: more of them, however many; there is no value.</summary>
    Epochs,

    /// <summary>gamma', at most so much.</summary>
    MinimumSizeRatio,

    /// <summary>The minimums of single clusters: smaller ones; there is no value.</summary>
    MinimumSizes,
}

/// <summary>What to do about minimums that were missed, in the order of what it costs.</summary>
/// <param name="Setting">What to change.</param>
/// <param name="Value">Its new value; 0 where the setting has none.</param>
public readonly record struct SizeAdvice(SizeSetting Setting, double Value)
{
    /// <summary>
    /// With as many mini-batches in a pass, tight modes of unequal size missed 3% of a minimum; with 20 they missed half.
    /// </summary>
    const int GoodSteps = 200;

    /// <summary>A cluster that lacks less than this part of its minimum needs a margin, not other passes.</summary>
    const double FarBelow = 0.1;

    /// <summary>A batch of fewer rows than this part of K makes the automatic rate jump.</summary>
    const double SmallestBatch = 0.2;

    /// <summary>What the minimums may take of all images with a margin.</summary>
    const double LargestShare = 0.98;

    /// <summary>Nobody wants minimums cut by more than this part.</summary>
    const double LargestCut = 0.5;

    /// <summary>What would most probably keep the minimums that were missed.</summary>
    /// <param name="shortfall">Of the head's epoch; some cluster is below its minimum.</param>
    /// <param name="options">What the run was asked for.</param>
    /// <param name="head">The head, counted from 0.</param>
    public static SizeAdvice For(Shortfall shortfall, ClusteringOptions options, int head)
    {
        var (N, asked) = (options.ImageCount, options.Heads[head]);

        // Of the worst cluster relative to its minimum, because a margin is relative too.
        var lacks = shortfall.LargestLack;
        var batch = N / GoodSteps;
        if (lacks > FarBelow && batch < options.BatchSize && batch >= 1 && batch >= SmallestBatch * asked.ClusterCount)
            return new(SizeSetting.BatchSize, batch);

        var plain = asked.MinimumSizes is { } sizes ? sizes.Sum() / N : asked.MinimumSizeRatio;
        var margin = Math.Ceiling(100 * (asked.Margin + lacks)) / 100;
        if (plain * (1 + margin) <= LargestShare)
            return new(SizeSetting.Margin, margin);
        return lacks > LargestCut ? new(SizeSetting.Epochs, 0)
            : asked.MinimumSizes is null ? new(SizeSetting.MinimumSizeRatio, Math.Floor(100 * plain * (1 - lacks)) / 100)
            : new(SizeSetting.MinimumSizes, 0);
    }

    /// <summary>The advice in the words of the clustering; continues a sentence.</summary>
    public override string ToString() =>
        Setting switch
        {
            SizeSetting.BatchSize => $"give mini-batches of at most {Rounded.Text(Value)} images, so that the duals move more often",
            SizeSetting.Margin => $"ask for more than the minimum, with a margin of {Rounded.Text(Value)}",
            SizeSetting.Epochs => "go on for more epochs, in which the duals of these clusters rise further",
            SizeSetting.MinimumSizeRatio => $"ask for less, with a minimum size ratio of {Rounded.Text(Value)}, which this epoch kept to",
            _ => "ask for less, with smaller minimum sizes of these clusters",
        };
}
