using System.Diagnostics;
using System.Numerics;
using CoKe.ConstrainedKMeans;
using Google.OrTools.Graph;

namespace CoKe.Benchmarks.Sizes;

/// <summary>
/// The same step the way of k-means-constrained: OR-Tools' min-cost flow on a graph with a node for every row and an arc for every row and
/// cluster, costs rounded to three digits, as that package does.
/// </summary>
static class FlowAssignment
{
    const double Scale = 1000;

    /// <returns>Seconds from features to labels, and the mean similarity.</returns>
    public static (double Seconds, double MeanSimilarity) Solve(float[] embeddings, int d, float[] centers, SizeBounds bounds)
    {
        var started = Stopwatch.GetTimestamp();
        var (N, K) = (bounds.Rows, bounds.ClusterCount);
        var sink = N + K;
        using var flow = new MinCostFlow(N + K + 1, (N * K) + K);
        var similarities = new float[N * K];
        Parallel.For(0, N, n => // the product is not what is compared
        {
            var row = embeddings.AsSpan(n * d, d);
            for (var k = 0; k < K; k++)
                similarities[(n * K) + k] = Dot(row, centers.AsSpan(k * d, d));
        });
        for (var n = 0; n < N; n++)
        {
            flow.SetNodeSupply(n, 1);
            for (var k = 0; k < K; k++)
                flow.AddArcWithCapacityAndUnitCost(n, N + k, 1, (long)Math.Round((1 - similarities[(n * K) + k]) * Scale));
        }

        var rest = (long)N;
        for (var k = 0; k < K; k++)
        {
            flow.SetNodeSupply(N + k, -bounds.Minimums[k]);
            flow.AddArcWithCapacityAndUnitCost(N + k, sink, bounds.Maximums[k] - bounds.Minimums[k], 0);
            rest -= bounds.Minimums[k];
        }

        flow.SetNodeSupply(sink, -rest);
        if (flow.Solve() is var status && status != MinCostFlowBase.Status.OPTIMAL)
            throw new InvalidOperationException($"The flow's solver ended with {status}.");
        var sum = 0.0;
        for (var arc = 0; arc < N * K; arc++)
        {
            if (flow.Flow(arc) > 0)
                sum += similarities[arc];
        }

        return (Stopwatch.GetElapsedTime(started).TotalSeconds, sum / N);
    }

    static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sums = Vector<float>.Zero;
        var i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
            sums += new Vector<float>(a[i..]) * new Vector<float>(b[i..]);
        var sum = Vector.Sum(sums);
        for (; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
