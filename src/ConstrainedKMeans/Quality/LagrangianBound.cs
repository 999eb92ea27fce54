namespace CoKe.ConstrainedKMeans;

/// <summary>
/// A certified upper bound on the optimum of eqn 6, the best assignment under the size constraint with centers held fixed, without a solver: any rho >= 0 gives
/// L(rho) = sum_i max_k (x_i . c_k + rho_k) - sum_k rho_k gamma_k, and no assignment that meets the sizes exceeds it.
/// </summary>
public sealed class LagrangianBound
{
    const int BatchesPerPass = 64;

    LagrangianBound(double value, double[] duals) => (Value, Duals) = (value, duals);

    /// <summary>The bound: a sum of similarities over the rows.</summary>
    public double Value { get; }

    /// <summary>The rho that gives it, K values.</summary>
    public double[] Duals { get; }

    /// <summary>
    /// Minimizes L by passes of the online rule of eqn 18 itself, with a falling learning rate and the duals of each pass averaged, and returns the lowest value met.
    /// One pass costs about two scorings of all rows.
    /// </summary>
    /// <param name="plan">The head's constants; the sizes are those required, without margin, in proportion to the rows.</param>
    /// <param name="embeddings">Rows x d, row-major, in any order.</param>
    /// <param name="rows">At least 1.</param>
    /// <param name="centers">K x d, row-major.</param>
    /// <param name="passes">Passes over the rows.</param>
    /// <param name="threads">Threads to score with.</param>
    public static LagrangianBound Compute(HeadPlan plan, ReadOnlyMemory<float> embeddings, int rows, ReadOnlySpan<float> centers, int passes = 20, int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        using var matrix = new ScoringMatrix(plan, centers);
        int K = plan.ClusterCount, d = plan.Dimension;
        double[] rho = new double[K], mean = new double[K];
        var gamma = new double[K];
        for (var k = 0; k < K; k++) gamma[k] = plan.RequiredSize(k) * rows / plan.ImageCount;

        var labels = new int[rows];
        var similarities = new float[rows];
        var best = new LagrangianBound(Evaluate(), [.. rho]); // rho = 0: every row takes its nearest center
        var batch = Math.Max(1, rows / BatchesPerPass);
        for (var pass = 0; pass < passes; pass++)
        {
            // In shares of the rows: an empty cluster's dual rises by LargestRise gamma_k K / rows in the first pass, by less in each later one.
            var step = (double)K / rows * LargestRise / (1 + pass);
            Array.Clear(mean);
            var steps = 0;
            for (var first = 0; first < rows; first += batch, steps++)
            {
                var size = Math.Min(batch, rows - first);
                SetDuals(rho);
                matrix.Assign(embeddings.Slice(first * d, size * d), size, 0, labels.AsMemory(0, size), Memory<float>.Empty, threads);
                for (var k = 0; k < K; k++) rho[k] += step * gamma[k] * size / rows;
                foreach (var k in labels.AsSpan(0, size)) rho[k] -= step;
                for (var k = 0; k < K; k++) mean[k] += rho[k] = Math.Max(0, rho[k]); // eqn 18
            }

            for (var k = 0; k < K; k++) mean[k] /= steps;
            var value = Evaluate(mean);
            if (value < best.Value) best = new LagrangianBound(value, [.. mean]);
        }

        return best;

        void SetDuals(double[] duals)
        {
            for (var k = 0; k < K; k++) matrix.SetDual(k, new Dual(duals[k], 0));
        }

        double Evaluate(double[]? duals = null)
        {
            for (var k = 0; k < K; k++) matrix.SetDual(k, default);
            if (duals is not null) SetDuals(duals);
            matrix.Assign(embeddings, rows, 0, labels, similarities, threads);
            double value = 0, largest = 0;
            for (var i = 0; i < rows; i++) value += similarities[i] + (duals is null ? 0 : (float)duals[labels[i]]);
            for (var k = 0; k < K && duals is not null; k++)
            {
                value -= (float)duals[k] * gamma[k]; // the dual as it was scored with
                largest = Math.Max(largest, duals[k]);
            }

            // What float32 scores can be off by, so that the bound stays one: d + 3 roundings of values up to 1 + rho.
            return value + rows * (d + 3) * RoundingUnit * (1 + largest);
        }
    }

    const double LargestRise = 1;
    const double RoundingUnit = 1.0 / (1 << 24);
}
