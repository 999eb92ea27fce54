using BenchmarkDotNet.Attributes;
using CoKe.ConstrainedKMeans;

namespace CoKe.MicroBenchmarks;

/// <summary>Step 1: 1,024 rows of 128 against K centers, labels and similarities.</summary>
public class ScoringBenchmarks
{
    readonly int[] _labels = new int[MiniBatch.Rows];
    readonly float[] _similarities = new float[MiniBatch.Rows];
    float[] _embeddings = [];
    ScoringMatrix _matrix = null!;

    [Params(3000, 12000)]
    public int Clusters { get; set; }

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var plan = MiniBatch.Plan(Clusters);
        _matrix = new ScoringMatrix(plan, plan.InitialCenters());
        _embeddings = MiniBatch.Embeddings();
    }

    [GlobalCleanup]
    public void Cleanup() => _matrix.Dispose();

    [Benchmark]
    public int Assign()
    {
        _matrix.Assign(_embeddings, MiniBatch.Rows, 0, _labels.AsMemory(), _similarities.AsMemory(), Threads);
        return _labels[0];
    }
}
