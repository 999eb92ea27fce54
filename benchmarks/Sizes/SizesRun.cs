using System.Diagnostics;
using CoKe.ConstrainedKMeans;

namespace CoKe.Benchmarks.Sizes;

/// <summary>What one case came to.</summary>
sealed record SizesResult(
    string Name,
    int Minimum,
    int SmallestBefore,
    int Smallest,
    double GapPercent,
    bool Optimal,
    int Moved,
    int Passes,
    double MeanSimilarity,
    double ClusteringSeconds,
    double ExactSeconds,
    double MemoryMegabytes,
    double AllowedMegabytes,
    double AllocatedMegabytes,
    double? FlowSeconds,
    double? FlowSimilarity
);

/// <summary>One case in a process of its own, so that its memory is its own: twenty online passes, then the exact step.</summary>
static class SizesRun
{
    const int Threads = 2;

    // Small problems are solved twice: the time is that of the first, the memory that of the second, when all code is compiled already.
    const long LargestTwice = 100_000_000;

    public static SizesResult Measure(SizesCase one, string? features, bool withFlow)
    {
        var embeddings = one.Embeddings(features);
        var (centers, duals, bounds, before, clusteringSeconds) = Cluster(one, embeddings);

        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var first = Assign();
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        var (result, seconds, memory) = (long)one.Rows * one.Clusters > LargestTwice ? first : first with { Memory = Assign().Memory };

        var flow = withFlow ? FlowAssignment.Solve(embeddings, one.Dimension, centers, bounds) : default;
        return new SizesResult(
            one.Name,
            bounds.Minimums[0],
            before,
            result.Sizes.Min(),
            100 * result.Gap,
            result.IsOptimal,
            result.MovedRows,
            result.Passes,
            result.MeanSimilarity,
            clusteringSeconds,
            seconds,
            memory / 1e6,
            ((16.0 * one.Clusters * one.Clusters) + (16.0 * one.Rows)) / 1e6,
            allocated / 1e6,
            withFlow ? flow.Seconds : null,
            withFlow ? flow.MeanSimilarity : null
        );

        (SizedAssignment Result, double Seconds, long Memory) Assign()
        {
            var settled = ResidentMemory.Settle();
            var started = Stopwatch.GetTimestamp();
            var sized = ExactSizes.Assign(embeddings, one.Dimension, centers, bounds, duals, threads: Threads);
            var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
            return (sized, elapsed, ResidentMemory.Peak() - settled - (sizeof(int) * (long)one.Rows)); // beyond features and labels
        }
    }

    // Everything but its result is garbage afterwards.
    static (float[] Centers, double[] Duals, SizeBounds Bounds, int Smallest, double Seconds) Cluster(SizesCase one, float[] embeddings)
    {
        var (N, d, K) = (one.Rows, one.Dimension, one.Clusters);
        var batch = FeatureDefaults.BatchSize(N);
        var eta = FeatureDefaults.DualLearningRate(N, K, batch, one.Ratio);
        var options = new ClusteringOptions
        {
            ImageCount = N,
            Dimension = d,
            BatchSize = batch,
            Heads =
            [
                new HeadOptions
                {
                    ClusterCount = K,
                    MinimumSizeRatio = one.Ratio,
                    DualLearningRate = eta,
                    CenterSchedule = FeatureDefaults.Schedule(N, K),
                    BatchScheduleEpochs = FeatureDefaults.BatchSchedulePasses(N, K),
                },
            ],
        };
        var random = new SeededRandom(N, K);
        using var kMeans = new OnlineConstrainedKMeans(options, [Gather(embeddings, d, random.Permutation(N).AsSpan(0, K))])
        {
            Threads = Threads,
        };
        var started = Stopwatch.GetTimestamp();
        for (var pass = 0; pass < FeatureDefaults.Passes; pass++)
        {
            foreach (var ids in random.Permutation(N).Chunk(options.BatchSize))
                kMeans.Step(Gather(embeddings, d, ids), ids);
            kMeans.EndEpoch();
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var head = kMeans.Heads[0];
        var sizes = new int[K];
        foreach (var label in head.Labels)
            sizes[label]++;
        var centers = new float[K * d];
        for (var k = 0; k < K; k++)
            head.Frozen(k).CopyTo(centers.AsSpan(k * d));
        return (centers, [.. Enumerable.Range(0, K).Select(head.Dual)], SizeBounds.Of(head.Plan, N), sizes.Min(), seconds);
    }

    static float[] Gather(float[] rows, int d, ReadOnlySpan<int> ids)
    {
        var some = new float[ids.Length * d];
        for (var i = 0; i < ids.Length; i++)
            rows.AsSpan(ids[i] * d, d).CopyTo(some.AsSpan(i * d));
        return some;
    }
}
