namespace CoKe.ConstrainedKMeans.Tests.Sizes;

/// <summary>What holds of every <see cref="SizedAssignment"/>, whatever the problem; none of it looks at how it was found.</summary>
static class SizedCheck
{
    /// <summary>What a float32 score may be off, for each unit of 1 + |price|: some roundings of values near 1.</summary>
    const double Rounding = 4e-6;

    /// <summary>Labels, sizes and numbers agree with each other, the sizes with their bounds, and the certificate certifies.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="similarities">N x K, in double precision.</param>
    /// <param name="result">What was found.</param>
    public static void IsFeasible(SizedProblem problem, double[] similarities, SizedAssignment result)
    {
        var (N, K, bounds) = (problem.Rows, problem.ClusterCount, problem.Bounds);
        Assert.Equal(N, result.Labels.Length);
        Assert.Equal(K, result.Prices.Length);
        Assert.All(result.Prices, price => Assert.True(double.IsFinite(price)));

        var sizes = new int[K];
        foreach (var label in result.Labels)
            sizes[label]++;
        Assert.Equal(sizes, result.Sizes);
        for (var k = 0; k < K; k++)
            Assert.InRange(sizes[k], bounds.Minimums[k], bounds.Maximums[k]);

        var sum = Enumerable.Range(0, N).Sum(n => similarities[(n * K) + result.Labels[n]]);
        Assert.Equal(sum, result.SimilaritySum, N * Rounding);
        Assert.True(
            result.Bound >= result.SimilaritySum,
            $"The bound {result.Bound:R} is below the sum {result.SimilaritySum:R} that was reached."
        );
        Assert.True(result.Gap >= 0);
        Assert.True(result.Passes >= 0);
        Assert.InRange(result.MovedRows, Moved(similarities, K, result.Labels, Rounding), Moved(similarities, K, result.Labels, -Rounding));
    }

    /// <summary>The bound is the Lagrangian of eqn 6 at the prices, not merely a high number.</summary>
    public static void BoundIsTheLagrangian(SizedProblem problem, double[] similarities, SizedAssignment result)
    {
        var (N, K) = (problem.Rows, problem.ClusterCount);
        var value = 0.0;
        for (var n = 0; n < N; n++)
            value += Best(similarities.AsSpan(n * K, K), result.Prices);
        for (var k = 0; k < K; k++)
            value -= result.Prices[k] * (result.Prices[k] > 0 ? problem.Bounds.Minimums[k] : problem.Bounds.Maximums[k]);
        Assert.Equal(value, result.Bound, N * Scaled(result));
    }

    /// <summary>
    /// Complementary slackness, which proves the optimum without a solver: a price stands only where its bound binds, and at the prices no
    /// row would rather be elsewhere.
    /// </summary>
    public static void IsComplementary(SizedProblem problem, double[] similarities, SizedAssignment result)
    {
        Assert.True(result.IsOptimal, $"Not optimal after {result.Passes} passes: gap {result.Gap:P4}.");
        Assert.Equal(0, result.Gap);
        var (K, bounds, prices) = (problem.ClusterCount, problem.Bounds, result.Prices);
        for (var k = 0; k < K; k++)
        {
            Assert.True(
                prices[k] <= 0 || result.Sizes[k] == bounds.Minimums[k],
                $"Cluster {k} has price {prices[k]} and {result.Sizes[k]} rows, minimum {bounds.Minimums[k]}."
            );
            Assert.True(
                prices[k] >= 0 || result.Sizes[k] == bounds.Maximums[k],
                $"Cluster {k} has price {prices[k]} and {result.Sizes[k]} rows, maximum {bounds.Maximums[k]}."
            );
        }

        for (var n = 0; n < problem.Rows; n++)
        {
            var own = similarities[(n * K) + result.Labels[n]] + prices[result.Labels[n]];
            var best = Best(similarities.AsSpan(n * K, K), prices);
            Assert.True(best - own <= Scaled(result), $"Row {n} of cluster {result.Labels[n]} would gain {best - own} elsewhere.");
        }
    }

    static double Scaled(SizedAssignment result) => Rounding * (1 + result.Prices.Max(Math.Abs));

    // Rows whose label is worse than the most similar center's by more than so much.
    static int Moved(double[] similarities, int K, int[] labels, double more) =>
        Enumerable
            .Range(0, labels.Length)
            .Count(n => Best(similarities.AsSpan(n * K, K), new double[K]) - similarities[(n * K) + labels[n]] > more);

    static double Best(ReadOnlySpan<double> similarities, double[] prices)
    {
        var best = double.NegativeInfinity;
        for (var k = 0; k < prices.Length; k++)
            best = Math.Max(best, similarities[k] + prices[k]);
        return best;
    }
}
