using BenchmarkDotNet.Attributes;
using CoKe.ConstrainedKMeans;

namespace CoKe.MicroBenchmarks;

/// <summary>Steps 2 and 3: reducing a mini-batch to its touched clusters, and applying every contribution.</summary>
public class ClusterBenchmarks
{
    const int Clusters = 3000;

    readonly float[] embeddings = MiniBatch.Embeddings();
    readonly int[] labels = new int[MiniBatch.Rows];
    ClusterState[] clusters = [];
    BatchReduction batch = null!;
    long rowClock;

    [GlobalSetup]
    public void Setup()
    {
        var plan = MiniBatch.Plan(Clusters);
        var centers = plan.InitialCenters();
        const int d = MiniBatch.Dimension;
        clusters = [.. Enumerable.Range(0, Clusters).Select(k => new ClusterState(plan, k, centers.AsSpan(k * d, d)))];
        using var matrix = new ScoringMatrix(plan, centers);
        matrix.Assign(embeddings, MiniBatch.Rows, 0, labels, Memory<float>.Empty, threads: 1);
        batch = BatchReduction.Of(embeddings, MiniBatch.Dimension, labels, Clusters);
    }

    [Benchmark]
    public BatchReduction Reduce() => BatchReduction.Of(embeddings, MiniBatch.Dimension, labels, Clusters);

    [Benchmark]
    public long Apply()
    {
        for (var i = 0; i < batch.Clusters.Length; i++)
        {
            clusters[batch.Clusters[i]].Apply(0, rowClock, MiniBatch.Rows, batch.Members[i], batch.Sum(i), threshold: 0);
        }

        return rowClock += MiniBatch.Rows;
    }

    [Benchmark]
    public void Validate() => EmbeddingCheck.Validate(embeddings, MiniBatch.Rows, MiniBatch.Dimension, views: 1);
}
