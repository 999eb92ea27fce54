using BenchmarkDotNet.Attributes;
using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Durability;
using CoKe.Grains.Labels;

namespace CoKe.MicroBenchmarks;

/// <summary>What a checkpoint does with one shard and one block before anything is written.</summary>
[MemoryDiagnoser]
public class SnapshotBenchmarks
{
    const int Images = 16_384,
        Clusters = 240;

    static readonly ClusteringOptions _s_options = new()
    {
        ImageCount = Images,
        Dimension = MiniBatch.Dimension,
        BatchSize = 1_024,
        Heads = [.. new[] { 3_000, 4_000, 5_000 }.Select(K => new HeadOptions { ClusterCount = K })],
    };

    readonly HeadPlan _plan = MiniBatch.Plan(3_000);
    readonly ShardLabels _labels = new(_s_options, 0, Images);
    ClusterCopy[] _clusters = [];

    [GlobalSetup]
    public void Setup()
    {
        int[] LabelsFrom(int seed, int n)
        {
            var random = new SeededRandom(seed);
            return [.. _s_options.Heads.SelectMany(head => Enumerable.Range(0, n).Select(_ => random.NextInt32(head.ClusterCount)))];
        }

        _labels.Write([.. Enumerable.Range(0, Images)], LabelsFrom(1, Images));
        _labels.EndEpoch(0);
        _labels.Commit();
        _labels.Write([.. Enumerable.Range(0, Images / 2).Select(i => 2 * i)], LabelsFrom(2, Images / 2)); // the middle of an epoch

        var centers = _plan.InitialCenters();
        _clusters =
        [
            .. new ClusterState[Clusters].Select(
                (_, k) =>
                    ClusterCopy.Of(new ClusterState(_plan, k, centers.AsSpan(0, MiniBatch.Dimension)).Snapshot(), 1, []) with
                    {
                        Figures = new ClusterFigures(3, 0, default, default),
                    }
            ),
        ];
    }

    [Benchmark]
    public byte[] EncodeShard_OpenEpoch() => _labels.EncodeOpenEpoch();

    [Benchmark]
    public byte[] EncodeShard_Boundary() => _labels.EncodeBoundary();

    [Benchmark]
    public byte[] EncodeBlock_OpenEpoch() => BlockPayload.Encode(_plan, _clusters, boundary: false);

    [Benchmark]
    public byte[] EncodeBlock_Boundary() => BlockPayload.Encode(_plan, _clusters, boundary: true);
}
