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

    static readonly ClusteringOptions s_options = new()
    {
        ImageCount = Images,
        Dimension = MiniBatch.Dimension,
        BatchSize = 1_024,
        Heads = [.. new[] { 3_000, 4_000, 5_000 }.Select(K => new HeadOptions { ClusterCount = K })],
    };

    readonly HeadPlan plan = MiniBatch.Plan(3_000);
    readonly ShardLabels labels = new(s_options, 0, Images);
    ClusterCopy[] clusters = [];

    [GlobalSetup]
    public void Setup()
    {
        int[] LabelsFrom(int seed, int n)
        {
            var random = new SeededRandom(seed);
            return [.. s_options.Heads.SelectMany(head => Enumerable.Range(0, n).Select(_ => random.NextInt32(head.ClusterCount)))];
        }

        labels.Write([.. Enumerable.Range(0, Images)], LabelsFrom(1, Images));
        labels.EndEpoch(0);
        labels.Commit();
        labels.Write([.. Enumerable.Range(0, Images / 2).Select(i => 2 * i)], LabelsFrom(2, Images / 2)); // the middle of an epoch

        var centers = plan.InitialCenters();
        clusters =
        [
            .. new ClusterState[Clusters].Select(
                (_, k) =>
                    ClusterCopy.Of(new ClusterState(plan, k, centers.AsSpan(0, MiniBatch.Dimension)).Snapshot(), 1, []) with
                    {
                        Count = 3,
                    }
            ),
        ];
    }

    [Benchmark]
    public byte[] EncodeShard_OpenEpoch() => labels.EncodeOpenEpoch();

    [Benchmark]
    public byte[] EncodeShard_Boundary() => labels.EncodeBoundary();

    [Benchmark]
    public byte[] EncodeBlock_OpenEpoch() => BlockPayload.Encode(plan, clusters, boundary: false);

    [Benchmark]
    public byte[] EncodeBlock_Boundary() => BlockPayload.Encode(plan, clusters, boundary: true);
}
