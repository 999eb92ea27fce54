using Google.OrTools.Graph;

namespace CoKe.ConstrainedKMeans.Tests.Sizes;

/// <summary>
/// The optimum of eqn 6 with both bounds by OR-Tools' min-cost flow, an independent original: every row a node, every row and cluster an
/// arc. Bounds are whole, so the flow's optimum is the linear program's, up to similarities rounded to 2^-40.
/// </summary>
static class TransportOptimum
{
    const double Scale = 1L << 40;

    /// <summary>The highest sum of similarities that the bounds allow.</summary>
    /// <param name="similarities">N x K, row-major.</param>
    /// <param name="bounds">The bounds.</param>
    public static double Value(double[] similarities, SizeBounds bounds)
    {
        var (N, K) = (bounds.Rows, bounds.ClusterCount);
        var sink = N + K;
        var flow = new MinCostFlow(N + K + 1, (N * K) + K);
        for (var n = 0; n < N; n++)
        {
            flow.SetNodeSupply(n, 1);
            for (var k = 0; k < K; k++)
                flow.AddArcWithCapacityAndUnitCost(n, N + k, 1, (long)Math.Round(-similarities[(n * K) + k] * Scale));
        }

        // Every cluster takes its minimum itself; what is above flows on to the sink, up to its maximum.
        var rest = (long)N;
        for (var k = 0; k < K; k++)
        {
            flow.SetNodeSupply(N + k, -bounds.Minimums[k]);
            flow.AddArcWithCapacityAndUnitCost(N + k, sink, bounds.Maximums[k] - bounds.Minimums[k], 0);
            rest -= bounds.Minimums[k];
        }

        flow.SetNodeSupply(sink, -rest);
        Assert.Equal(MinCostFlowBase.Status.OPTIMAL, flow.Solve());
        return Enumerable.Range(0, N * K).Sum(arc => flow.Flow(arc) * similarities[arc]);
    }
}
