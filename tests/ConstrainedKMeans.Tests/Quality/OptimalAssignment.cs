using Google.OrTools.Graph;

namespace CoKe.ConstrainedKMeans.Tests.Quality;

/// <summary>
/// The optimum of eqn 6 by OR-Tools' min-cost flow. With whole minimum sizes the linear program has an optimal solution of zeros and ones,
/// so the flow's optimum is the linear program's, up to similarities rounded to 1e-6.
/// </summary>
static class OptimalAssignment
{
    const double Scale = 1e6;

    public static double Value(float[] embeddings, int N, int d, float[] centers, int K, int minimumSize)
    {
        var flow = new MinCostFlow(N + K + 1, N * K + 2 * K);
        var sink = N + K;
        var similarity = new double[N * K];
        for (var i = 0; i < N; i++)
        {
            flow.SetNodeSupply(i, 1);
            for (var k = 0; k < K; k++)
            {
                for (var j = 0; j < d; j++)
                    similarity[i * K + k] += (double)embeddings[i * d + j] * centers[k * d + j];
                flow.AddArcWithCapacityAndUnitCost(i, N + k, 1, (long)Math.Round(-similarity[i * K + k] * Scale));
            }
        }

        // Every cluster takes its minimum itself; what is above flows on to the sink.
        for (var k = 0; k < K; k++)
        {
            flow.SetNodeSupply(N + k, -minimumSize);
            flow.AddArcWithCapacityAndUnitCost(N + k, sink, N, 0);
        }

        flow.SetNodeSupply(sink, -(N - (long)K * minimumSize));
        Assert.Equal(MinCostFlowBase.Status.OPTIMAL, flow.Solve());
        return Enumerable.Range(0, N * K).Sum(arc => flow.Flow(arc) * similarity[arc]);
    }
}
