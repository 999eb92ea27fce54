using System.Diagnostics;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Sizes;

/// <summary>A cluster that holds fewer rows than it must.</summary>
/// <param name="Cluster">k.</param>
/// <param name="Size">n_k.</param>
/// <param name="Minimum">g_k.</param>
sealed record MissedMinimum(int Cluster, int Size, int Minimum);

/// <summary>The labels of one head as they are written, beside the bounds of its sizes.</summary>
/// <param name="Plan">The head.</param>
/// <param name="Bounds">The whole sizes that were asked for.</param>
/// <param name="Labels">The cluster of each row.</param>
/// <param name="Sizes">n_k, K values.</param>
/// <param name="MeanSimilarity">Mean of x . c over the rows.</param>
/// <param name="Exact">The step that keeps the bounds; null: left out, the labels are those of the last pass.</param>
/// <param name="Elapsed">Time of the step.</param>
sealed record SizedHead(
    HeadPlan Plan,
    SizeBounds Bounds,
    int[] Labels,
    int[] Sizes,
    double MeanSimilarity,
    SizedAssignment? Exact,
    TimeSpan Elapsed
)
{
    /// <summary>Clusters below their minimum, those that miss most first.</summary>
    public IReadOnlyList<MissedMinimum> Missed { get; } =
    [
        .. Sizes
            .Select((size, k) => new MissedMinimum(k, size, Bounds.Minimums[k]))
            .Where(one => one.Size < one.Minimum)
            .OrderBy(one => one.Size - one.Minimum),
    ];

    /// <summary>gamma_k scaled to the rows, in images and not yet whole: the least and the largest.</summary>
    public (double Least, double Largest) Asked
    {
        get
        {
            double[] sizes = [.. Enumerable.Range(0, Plan.ClusterCount).Select(Plan.RequiredSize)];
            var share = (double)Labels.Length / Plan.ImageCount;
            return (share * sizes.Min(), share * sizes.Max());
        }
    }

    /// <summary>Takes the exact step: the best labels for these centers within the bounds.</summary>
    /// <param name="plan">The head.</param>
    /// <param name="bounds">Sizes for these rows.</param>
    /// <param name="features">The rows.</param>
    /// <param name="centers">K x d, row-major.</param>
    /// <param name="startPrices">K duals to begin with; empty: none.</param>
    /// <param name="effort">How long it may search; null: as the library thinks fit.</param>
    /// <param name="cancellation">Stops between two passes.</param>
    public static SizedHead Of(
        HeadPlan plan,
        SizeBounds bounds,
        RowSource features,
        float[] centers,
        double[] startPrices,
        SizeEffort? effort,
        CancellationToken cancellation
    )
    {
        var started = Stopwatch.GetTimestamp();
        var exact = ExactSizes.Assign(features, centers, bounds, startPrices, effort, Environment.ProcessorCount, cancellation);
        var elapsed = Stopwatch.GetElapsedTime(started);

        // The step sums float32 scores; people compare this number with that of other labels, to the last digit.
        var similarity = ClusterQuality.MeanSimilarity(features, exact.Labels, centers);
        return new(plan, bounds, exact.Labels, exact.Sizes, similarity, exact, elapsed);
    }

    /// <summary>The labels that the passes left, whatever their sizes.</summary>
    public static SizedHead Online(HeadPlan plan, SizeBounds bounds, int[] labels, double meanSimilarity)
    {
        var sizes = new int[plan.ClusterCount];
        foreach (var label in labels)
            sizes[label]++;
        return new(plan, bounds, labels, sizes, meanSimilarity, null, TimeSpan.Zero);
    }
}
