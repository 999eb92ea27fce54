namespace CoKe.ConstrainedKMeans;

/// <summary>The numbers an assignment is judged by. Similarity and violation belong together: one can be bought with the other.</summary>
public static class ClusterQuality
{
    /// <summary>
    /// V = max_k (gamma_k - n_k) in images, gamma_k without margin and in proportion to <paramref name="rows"/> of N; negative when all
    /// have members to spare.
    /// </summary>
    /// <param name="plan">The head's constants.</param>
    /// <param name="counts">n_k, K values.</param>
    /// <param name="rows">Rows that were labeled.</param>
    public static double Violation(HeadPlan plan, ReadOnlySpan<long> counts, long rows) => Violation(plan, counts, rows, out _);

    /// <summary>
    /// min_k n_k / gamma_k, gamma_k without margin and in proportion to <paramref name="rows"/> of N; infinite where nothing is required.
    /// </summary>
    /// <param name="plan">The head's constants.</param>
    /// <param name="counts">n_k, K values.</param>
    /// <param name="rows">Rows that were labeled.</param>
    public static double SmallestSizeRatio(HeadPlan plan, ReadOnlySpan<long> counts, long rows)
    {
        var ratio = double.PositiveInfinity;
        for (var k = 0; k < counts.Length; k++)
        {
            var gamma = plan.RequiredSize(k) * rows / plan.ImageCount;
            if (gamma > 0)
                ratio = Math.Min(ratio, counts[k] / gamma);
        }

        return ratio;
    }

    /// <summary>
    /// max_k (B / eta)(rho_k at the end - at the start): no violation of the steps between can exceed it, as long as there is no tau.
    /// </summary>
    public static double ViolationBound(HeadPlan plan, ReadOnlySpan<double> startDuals, ReadOnlySpan<double> endDuals)
    {
        // Eqn 18 summed over the epoch: the clamp only adds, so rho_end - rho_start >= (eta / B)(gamma_k - n_k).
        var growth = double.NegativeInfinity;
        for (var k = 0; k < endDuals.Length; k++)
            growth = Math.Max(growth, endDuals[k] - startDuals[k]);
        return growth / plan.DualStepPerMember;
    }

    /// <summary>
    /// How many clusters there are in effect: exp(-sum_k p_k ln p_k) with p_k = n_k / sum of n, 1 to K; 0 where there are no members.
    /// </summary>
    /// <param name="counts">n_k, K values, none negative.</param>
    public static double EffectiveClusters(ReadOnlySpan<long> counts)
    {
        var (rows, sum) = (0L, 0.0);
        foreach (var n in counts)
            rows += n;
        if (rows == 0)
            return 0;

        // -sum p ln p = ln N - (1 / N) sum n ln n
        foreach (var n in counts)
            if (n > 0)
                sum += n * Math.Log(n);
        return Math.Exp(Math.Log(rows) - (sum / rows));
    }

    /// <summary>
    /// The Gini coefficient of the sizes: half their mean absolute difference over their mean. 0 where all are equal, (K - 1) / K where one
    /// cluster holds all; 0 where there are no members.
    /// </summary>
    /// <param name="counts">n_k, K values, none negative.</param>
    public static double Gini(ReadOnlySpan<long> counts)
    {
        var sizes = counts.ToArray();
        Array.Sort(sizes);
        var (rows, sum) = (0L, 0.0);
        for (var i = 0; i < sizes.Length; i++)
        {
            rows += sizes[i];
            sum += ((2.0 * i) + 1 - sizes.Length) * sizes[i];
        }

        return rows == 0 ? 0 : sum / ((double)sizes.Length * rows);
    }

    /// <summary>The mean of x . c_label over rows.</summary>
    /// <param name="embeddings">Rows x d, row-major.</param>
    /// <param name="dimension">d.</param>
    /// <param name="labels">The cluster of each row.</param>
    /// <param name="centers">K x d, row-major.</param>
    public static double MeanSimilarity(
        ReadOnlySpan<float> embeddings,
        int dimension,
        ReadOnlySpan<int> labels,
        ReadOnlySpan<float> centers
    )
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(embeddings.Length, (long)labels.Length * dimension);
        var sum = 0.0;
        AddSimilarities(ref sum, embeddings, dimension, labels, centers);
        return labels.IsEmpty ? 0 : sum / labels.Length;
    }

    /// <summary>As above, of rows wherever they are, to the same bits.</summary>
    /// <param name="rows">N rows.</param>
    /// <param name="labels">The cluster of each, N values.</param>
    /// <param name="centers">K x d, row-major.</param>
    public static double MeanSimilarity(RowSource rows, int[] labels, float[] centers)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Rows, labels.Length);
        var sum = 0.0;
        rows.Scan(
            (first, values) =>
                AddSimilarities(ref sum, values, rows.Dimension, labels.AsSpan(first, values.Length / rows.Dimension), centers)
        );
        return labels.Length == 0 ? 0 : sum / labels.Length;
    }

    /// <summary>
    /// Regret of Theorem 1: how far the objective stayed below the optimum of eqn 6, both as sums over the rows. Negative when the
    /// assignment bought objective by violating the constraint. With <see cref="LagrangianBound"/> in place of the optimum it is an upper
    /// bound of the regret.
    /// </summary>
    public static double Regret(double optimum, double similaritySum) => optimum - similaritySum;

    // One sum over all rows in order: where a batch ends changes no bit of it.
    static void AddSimilarities(
        ref double sum,
        ReadOnlySpan<float> embeddings,
        int dimension,
        ReadOnlySpan<int> labels,
        ReadOnlySpan<float> centers
    )
    {
        var added = sum;
        for (var row = 0; row < labels.Length; row++)
        {
            var x = embeddings.Slice(row * dimension, dimension);
            var c = centers.Slice(labels[row] * dimension, dimension);
            for (var i = 0; i < dimension; i++)
                added += (double)x[i] * c[i];
        }

        sum = added;
    }

    internal static double Violation(HeadPlan plan, ReadOnlySpan<long> counts, long rows, out int worst)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(counts.Length, plan.ClusterCount);
        var seen = (double)rows / plan.ImageCount;
        var violation = double.NegativeInfinity;
        worst = 0;
        for (var k = 0; k < counts.Length; k++)
        {
            var missing = plan.RequiredSize(k) * seen - counts[k];
            if (missing > violation)
                (violation, worst) = (missing, k);
        }

        return violation;
    }
}
