namespace CoKe.ConstrainedKMeans;

/// <summary>Warnings that N images cannot be shared out among K clusters as the options ask.</summary>
static class SizeWarnings
{
    /// <summary>Minimums are whole in the end; more than this part of one is not lost without a word.</summary>
    const double LargestLoss = 0.25;

    /// <summary>Minimums that ask for more than this share of all images leave no cluster any room.</summary>
    const double LargestShare = 0.99;

    /// <summary>Fewer images per cluster than this, and a center is hardly more than one of its images.</summary>
    const int LeastImages = 4;

    /// <summary>Fewer than this, and a center that moves with every mini-batch starts each pass from single images: half of the minimums
    /// were missed.</summary>
    const int LeastImagesPerBatchCenter = 10;

    const double Rounding = 1e-9;

    public static IEnumerable<string> Of(ClusteringOptions options) =>
        options.Heads.SelectMany((head, h) => Of(options.ImageCount, head, $"Heads[{h}]."));

    /// <summary>Whether there are hardly more images than clusters; sizes that were given one by one are what was meant.</summary>
    public static bool HasTooManyClusters(int N, HeadOptions head) =>
        head.MinimumSizes is null && (long)LeastImages * head.ClusterCount > N;

    static IEnumerable<string> Of(int N, HeadOptions head, string prefix)
    {
        var K = head.ClusterCount;
        if (K == 1)
            yield break;
        if (Filling(N, head, prefix) is { } filling)
            yield return filling;
        if (head.MinimumSizes is { } sizes)
        {
            if (Fractions(sizes, prefix) is { } fractions)
                yield return fractions;
        }
        else if (HasTooManyClusters(N, head))
        {
            var most = N / LeastImages;
            while (most > 1 && Of(N, head with { ClusterCount = most, Margin = 0 }, prefix).Any())
                most--;
            yield return $"{prefix}{nameof(head.ClusterCount)} is {K} for {N} images, so that a center is hardly more than one of its "
                + $"images: give at most {Math.Max(1, most)}.";
            yield break;
        }
        else if (Loses(head.MinimumSizeRatio * N / K))
        {
            yield return Fraction(N, head, prefix);
        }

        if (head is { CenterSchedule: CenterSchedule.Batch, BatchScheduleEpochs: null } && (long)LeastImagesPerBatchCenter * K > N)
        {
            yield return $"{prefix}{nameof(head.CenterSchedule)} is {head.CenterSchedule} with "
                + $"{Rounded.Text(Rounded.Down((double)N / K))} images per cluster, so that centers start every pass "
                + $"from single images: give {CenterSchedule.Epoch}.";
        }
    }

    // A minimum size ratio of 1 by itself is one of the paper's settings; a margin on top of a ratio is for room that is there.
    static string? Filling(int N, HeadOptions head, string prefix)
    {
        var plain = head.MinimumSizes is { } sizes ? sizes.Sum() / N : head.MinimumSizeRatio;
        var asked = plain * (1 + head.Margin);
        return head.Margin > 0 && asked > LargestShare + Rounding
            ? $"{prefix}{nameof(head.Margin)} is {Rounded.Text(head.Margin)}, with which the minimums take {Rounded.Text(100 * asked)}% "
                + "of the images, so that no cluster may be larger than another: "
                + $"give at most {Rounded.Text(Rounded.Down(Math.Max(0, LargestShare / plain - 1)))}."
            : null;
    }

    static string Fraction(int N, HeadOptions head, string prefix)
    {
        double asked = head.MinimumSizeRatio * N / head.ClusterCount,
            whole = Whole(asked);
        var least = $"{Rounded.Text(RatioOf(whole))}{(whole == 0 ? " for no minimum" : "")}";
        var ratio = RatioOf(whole + 1);
        var fits = Filling(N, head with { MinimumSizeRatio = ratio }, prefix) is null && ratio * (1 + head.Margin) <= 1;
        return $"{prefix}{nameof(head.MinimumSizeRatio)} is {Rounded.Text(head.MinimumSizeRatio)}: "
            + $"{N} images in {head.ClusterCount} clusters make that {Rounded.Text(asked)} images of each, "
            + $"of which whole images are {whole}: give {least}{(fits ? $", or {Rounded.Text(ratio)} for {whole + 1}" : "")}.";

        double RatioOf(double images) => Rounded.Up(images * head.ClusterCount / N);
    }

    static string? Fractions(IReadOnlyList<double> sizes, string prefix)
    {
        var lossy = Enumerable.Range(0, sizes.Count).Where(k => Loses(sizes[k])).ToArray();
        if (lossy.Length == 0)
            return null;
        var (first, whole) = (sizes[lossy[0]], Whole(sizes[lossy[0]]));
        return $"{prefix}{nameof(HeadOptions.MinimumSizes)}[{lossy[0]}] is "
            + $"{Rounded.Text(first)}{(lossy.Length > 1 ? $", and {lossy.Length - 1} more are like it" : "")}: "
            + $"of that whole images are {whole}; give whole numbers.";
    }

    static bool Loses(double images) => images > 0 && images - Whole(images) > LargestLoss * images;

    static double Whole(double images) => Math.Floor(images + Rounding);
}
