using BenchmarkDotNet.Attributes;
using CoKe.ConstrainedKMeans;

namespace CoKe.MicroBenchmarks;

/// <summary>Step 1: 1,024 rows of 128 against K centers, labels and similarities.</summary>
public class ScoringBenchmarks
{
    readonly int[] labels = new int[MiniBatch.Rows];
    readonly float[] similarities = new float[MiniBatch.Rows];
    float[] embeddings = [];
    ScoringMatrix matrix = null!;

    [Params(3000, 12000)]
    public int Clusters { get; set; }

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var plan = MiniBatch.Plan(Clusters);
        matrix = new ScoringMatrix(plan, plan.InitialCenters());
        embeddings = MiniBatch.Embeddings();
    }

    [GlobalCleanup]
    public void Cleanup() => matrix.Dispose();

    [Benchmark]
    public int Assign()
    {
        matrix.Assign(embeddings, MiniBatch.Rows, 0, labels.AsMemory(), similarities.AsMemory(), Threads);
        return labels[0];
    }
}
