namespace CoKe.ConstrainedKMeans;

/// <summary>
/// The best labels under size bounds for fixed centers (eqn 6 with g_k &lt;= n_k &lt;= u_k): a step after the online passes, which only
/// approach their minimums.
/// </summary>
public static class ExactSizes
{
    /// <summary>Shares the rows out. The bounds are always met; the result is the optimum unless the effort ends first.</summary>
    /// <param name="embeddings">Rows x d, row-major.</param>
    /// <param name="dimension">d.</param>
    /// <param name="centers">K x d, row-major.</param>
    /// <param name="bounds">Sizes for these rows and this K.</param>
    /// <param name="startPrices">K duals to begin with, for instance those of the last pass; empty: 0.</param>
    /// <param name="effort">How long it may search for the optimum.</param>
    /// <param name="threads">Threads to score with; the result does not depend on it.</param>
    /// <param name="cancellation">Stops between two passes.</param>
    public static SizedAssignment Assign(
        ReadOnlyMemory<float> embeddings, int dimension, ReadOnlySpan<float> centers, SizeBounds bounds,
        ReadOnlySpan<double> startPrices = default, SizeEffort? effort = null, int threads = 1, CancellationToken cancellation = default) =>
        throw new NotImplementedException();
}

/// <summary>How long <see cref="ExactSizes"/> may search. Counted, not timed: equal input gives equal labels on any machine.</summary>
/// <param name="Passes">Passes over all rows at most; the labels are then feasible, and their gap is known.</param>
public sealed record SizeEffort(int Passes)
{
    /// <summary>What a problem of this size gets unless told otherwise.</summary>
    public static SizeEffort For(long rows, int clusterCount) => throw new NotImplementedException();
}
