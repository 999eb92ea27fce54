namespace CoKe.ConstrainedKMeans;

/// <summary>
/// The best labels under size bounds for fixed centers (eqn 6 with g_k &lt;= n_k &lt;= u_k): a step after the online passes, which only
/// approach their minimums. Sharing N rows out among K clusters is a min-cost flow whose only large side is rows.
/// </summary>
/// <remarks>
/// A pass puts every row at a best cluster at the prices so far and keeps those near a boundary (<see cref="PricePass"/>); on these the
/// prices are improved (<see cref="DualNewton"/>) and rows moved along shortest paths (<see cref="SizeFlow"/>), as far as one can see
/// from the rows that were kept. When a pass finds every row at a best cluster and every size in balance with its price, the labels are
/// the best there are: the sum of similarities equals the Lagrangian bound, to the last bit of float32 similarities. Deterministic,
/// whatever the number of threads.
/// </remarks>
public static class ExactSizes
{
    /// <summary>Shares the rows out. The bounds are always met; the result is the optimum unless the effort ends first.</summary>
    /// <param name="embeddings">Rows x d, row-major, finite and of norm 1 or less.</param>
    /// <param name="dimension">d.</param>
    /// <param name="centers">K x d, row-major, of norm 1 or less.</param>
    /// <param name="bounds">Sizes for these rows and this K.</param>
    /// <param name="startPrices">K duals to begin with, for instance those of the last pass; empty: none are known.</param>
    /// <param name="effort">How long it may search for the optimum; null: what fits the size of the problem.</param>
    /// <param name="threads">Threads to score with; the result does not depend on it.</param>
    /// <param name="cancellation">Stops within a pass.</param>
    public static SizedAssignment Assign(
        ReadOnlyMemory<float> embeddings, int dimension, ReadOnlySpan<float> centers, SizeBounds bounds,
        ReadOnlySpan<double> startPrices = default, SizeEffort? effort = null, int threads = 1, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        ArgumentOutOfRangeException.ThrowIfNotEqual(embeddings.Length, (long)bounds.Rows * dimension);
        ArgumentOutOfRangeException.ThrowIfNotEqual(centers.Length, (long)bounds.ClusterCount * dimension);
        if (!startPrices.IsEmpty) ArgumentOutOfRangeException.ThrowIfNotEqual(startPrices.Length, bounds.ClusterCount);
        effort ??= SizeEffort.For(bounds.Rows, bounds.ClusterCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(effort.Passes);

        using var pass = new PricePass(embeddings, dimension, centers, threads, cancellation);
        return new SizeSearch(bounds, pass, effort).Run(startPrices);
    }
}
