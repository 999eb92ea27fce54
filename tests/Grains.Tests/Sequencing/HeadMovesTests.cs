using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Labels;
using CoKe.Grains.Sequencing;
using CsCheck;

namespace CoKe.Grains.Tests.Sequencing;

public sealed class HeadMovesTests
{
    [Fact]
    public void Of_ShardsOfAnySize_IsWhatOneShardTells() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 9], Gen.Int[1, 60], Gen.Int)
            .Sample(
                (images, K, perShard, seed) =>
                {
                    var random = new SeededRandom(seed);
                    int[][] epochs = [Labels(random, images, K), Labels(random, images, K)];
                    var (whole, parts) = (MovesOf(epochs, images, K, images), MovesOf(epochs, images, K, perShard));

                    int[] clusters = [.. Enumerable.Range(0, K)];
                    Assert.Equal(whole.At(clusters).Kept.Span.ToArray(), parts.At(clusters).Kept.Span.ToArray());
                    Assert.Equal(whole.At(clusters).Came.Span.ToArray(), parts.At(clusters).Came.Span.ToArray());
                    Assert.Equal((whole.Agreement, whole.Images), (parts.Agreement, parts.Images)); // to the bit

                    int[] known = [.. Enumerable.Range(0, images).Where(i => epochs[0][i] >= 0 && epochs[1][i] >= 0)];
                    Assert.Equal(known.Length, whole.Images);
                    Assert.Equal(
                        clusters.Select(k => known.Count(i => epochs[0][i] == k && epochs[1][i] == k)),
                        whole.At(clusters).Kept.Span.ToArray()
                    );
                    Assert.Equal(
                        clusters.Select(k => known.Count(i => epochs[0][i] != k && epochs[1][i] == k)),
                        whole.At(clusters).Came.Span.ToArray()
                    );
                },
                iter: 300
            );

    [Fact]
    public void Of_ARunOfMoreImagesThanAreCounted_ComparesEverySecond()
    {
        var options = Options(JointCounts.MostImages + 1, 3);
        var labels = new ShardLabels(options, 100, 5);
        foreach (var cluster in new[] { 0, 2 })
        {
            labels.Write([100, 101, 102, 103, 104], [cluster, cluster, cluster, 1, 1]);
            if (cluster == 0)
            {
                labels.EndEpoch(0);
                labels.Commit();
            }
        }

        var moves = HeadMoves.Of(3, [labels.EndEpoch(1).Moves[0]]);
        Assert.Equal(3, moves.Images); // 100, 102, 104
        Assert.Equal([0, 2, 0], moves.At([0, 1, 2]).Kept.Span.ToArray()); // of all
        Assert.Equal([0, 0, 3], moves.At([0, 1, 2]).Came.Span.ToArray());
    }

    static HeadMoves MovesOf(int[][] epochs, int images, int K, int perShard)
    {
        var told = new List<LabelMoves>();
        for (var first = 0; first < images; first += perShard)
        {
            var shard = new ShardLabels(Options(images, K), first, Math.Min(perShard, images - first));
            for (var epoch = 0; epoch < epochs.Length; epoch++)
            {
                int[] seen = [.. Enumerable.Range(first, Math.Min(perShard, images - first)).Where(i => epochs[epoch][i] >= 0)];
                shard.Write(seen, [.. seen.Select(i => epochs[epoch][i])]);
                var moves = shard.EndEpoch(epoch).Moves[0];
                shard.Commit();
                if (epoch > 0)
                    told.Add(moves);
            }
        }

        told.Reverse(); // their order does not matter
        return HeadMoves.Of(K, told);
    }

    static int[] Labels(SeededRandom random, int images, int K) =>
        [.. Enumerable.Range(0, images).Select(_ => random.NextInt32(5) == 0 ? -1 : random.NextInt32(K))];

    static ClusteringOptions Options(int images, int K) =>
        new()
        {
            ImageCount = images,
            Dimension = 2,
            BatchSize = 4,
            Heads = [new HeadOptions { ClusterCount = K }],
        };
}
