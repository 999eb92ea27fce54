namespace CoKe.ConstrainedKMeans;

/// <summary>
/// A certified upper bound on the optimum of eqn 6, the best assignment under the size constraint with centers held fixed, without a
/// solver: any rho >= 0 gives L(rho) = sum_i max_k (x_i . c_k + rho_k) - sum_k rho_k gamma_k, and no assignment that meets the sizes
/// exceeds it.
/// </summary>
public sealed class LagrangianBound
{
    LagrangianBound(double value, double[] duals) => (Value, Duals) = (value, duals);

    /// <summary>The bound: a sum of similarities over the rows.</summary>
    public double Value { get; }

    /// <summary>The rho that gives it, K values.</summary>
    public double[] Duals { get; }

    /// <summary>
    /// Minimizes L by passes of the online rule of eqn 18 itself, the learning rate falling from pass to pass and the duals of each pass
    /// averaged. Returns the lowest value met. A pass costs about two scorings of all rows.
    /// </summary>
    /// <param name="plan">The head's constants; the sizes are those required, without margin, in proportion to the rows.</param>
    /// <param name="embeddings">Rows x d, row-major, in any order.</param>
    /// <param name="rows">At least 1.</param>
    /// <param name="centers">K x d, row-major.</param>
    /// <param name="passes">Passes over the rows; 0 gives the unconstrained optimum.</param>
    /// <param name="threads">Threads to score with.</param>
    public static LagrangianBound Compute(
        HeadPlan plan,
        ReadOnlyMemory<float> embeddings,
        int rows,
        ReadOnlySpan<float> centers,
        int passes = 30,
        int threads = 1
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNotEqual(embeddings.Length, (long)rows * plan.Dimension);
        return Compute(plan, new MemoryRows(embeddings, plan.Dimension), centers, passes, threads);
    }

    /// <summary>As above, of rows wherever they are, to the same bits.</summary>
    /// <param name="plan">The head's constants; the sizes are those required, without margin, in proportion to the rows.</param>
    /// <param name="rows">At least one row, in any order.</param>
    /// <param name="centers">K x d, row-major.</param>
    /// <param name="passes">Passes over the rows; 0 gives the unconstrained optimum.</param>
    /// <param name="threads">Threads to score with.</param>
    public static LagrangianBound Compute(HeadPlan plan, RowSource rows, ReadOnlySpan<float> centers, int passes = 30, int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows.Rows);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Dimension, plan.Dimension);
        using var dual = new LagrangianDual(plan, rows, centers, threads);
        var rho = new double[plan.ClusterCount];
        var best = new LagrangianBound(dual.Value(rho), rho); // rho = 0: every row takes its nearest center
        for (var pass = 0; pass < passes; pass++)
        {
            var (last, mean) = dual.Descend(rho, pass);
            var value = dual.Value(mean);
            if (value < best.Value)
                best = new LagrangianBound(value, mean);
            rho = last;
        }

        return best;
    }
}
