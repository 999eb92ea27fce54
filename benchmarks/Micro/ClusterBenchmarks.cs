using BenchmarkDotNet.Attributes;
using CoKe.ConstrainedKMeans;

namespace CoKe.MicroBenchmarks;

/// <summary>Steps 2 and 3: reducing a mini-batch to its touched clusters, and applying every contribution.</summary>
public class ClusterBenchmarks
{
    const int Clusters = 3000;

    readonly float[] _embeddings = MiniBatch.Embeddings();
    readonly int[] _labels = new int[MiniBatch.Rows];
    ClusterState[] _clusters = [];
    readonly float[] _similarities = new float[MiniBatch.Rows];
    BatchReduction _batch = null!;
    int[] _images = [];
    float[] _members = [];
    long _rowClock;

    [GlobalSetup]
    public void Setup()
    {
        var plan = MiniBatch.Plan(Clusters);
        var centers = plan.InitialCenters();
        const int d = MiniBatch.Dimension;
        _clusters = [.. Enumerable.Range(0, Clusters).Select(k => new ClusterState(plan, k, centers.AsSpan(k * d, d)))];
        using var matrix = new ScoringMatrix(plan, centers);
        matrix.Assign(_embeddings, MiniBatch.Rows, 0, _labels, _similarities, threads: 1);
        _batch = BatchReduction.Of(_embeddings, MiniBatch.Dimension, _labels, Clusters);
        (_images, _members) = (_batch.Rows, Array.ConvertAll(_batch.Rows, row => _similarities[row]));
    }

    [Benchmark]
    public BatchReduction Reduce() => BatchReduction.Of(_embeddings, MiniBatch.Dimension, _labels, Clusters);

    [Benchmark]
    public long Apply()
    {
        var at = 0;
        for (var i = 0; i < _batch.Clusters.Length; i++)
        {
            var n = _batch.Members[i];
            _clusters[_batch.Clusters[i]]
                .Apply(0, _rowClock, MiniBatch.Rows, n, _batch.Sum(i), threshold: 0, _images.AsSpan(at, n), _members.AsSpan(at, n));
            at += n;
        }

        return _rowClock += MiniBatch.Rows;
    }

    [Benchmark]
    public void Validate() => EmbeddingCheck.Validate(_embeddings, MiniBatch.Rows, MiniBatch.Dimension, views: 1);
}
