using System.Text.Json;
using CoKe.Errors;

namespace CoKe.ConstrainedKMeans.Tests.Algorithm;

public class OnlineConstrainedKMeansTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Run_RandomOptions_EqualsTheNaiveAlgorithm(int seed)
    {
        var options = RandomRuns.Options(seed);
        using var kMeans = new OnlineConstrainedKMeans(options);
        var naive = options.Heads.Select((_, h) => new NaiveHead(options, h, kMeans.Heads[h].Plan.InitialCenters())).ToArray();
        for (var t = 0; t < RandomRuns.Epochs; t++)
        {
            foreach (var (x, ids) in RandomRuns.Batches(options, seed, t))
            {
                var labels = kMeans.Step(x, ids);
                for (var h = 0; h < naive.Length; h++)
                {
                    Assert.Equal(naive[h].Step(x, ids), labels[h]);
                    AssertEqual(naive[h], kMeans.Heads[h]);
                }
            }

            kMeans.EndEpoch();
            for (var h = 0; h < naive.Length; h++)
            {
                naive[h].EndEpoch();
                AssertEqual(naive[h], kMeans.Heads[h]);
                AssertSoftLabels(naive[h], kMeans.Heads[h]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void EndEpoch_RandomOptions_CountsSumToRowsAndTheBoundHolds(int seed)
    {
        var options = RandomRuns.Options(seed);
        using var kMeans = new OnlineConstrainedKMeans(options);
        for (var t = 0; t < RandomRuns.Epochs; t++)
        {
            var rows = 0;
            foreach (var (x, ids) in RandomRuns.Batches(options, seed, t))
            {
                kMeans.Step(x, ids);
                rows += ids.Length;
                Assert.All(kMeans.Heads, head => Assert.Equal(rows, Enumerable.Range(0, head.Plan.ClusterCount).Sum(head.Count)));
            }

            Assert.All(kMeans.EndEpoch(), summary =>
            {
                var head = kMeans.Heads[summary.Head];
                var sizes = Enumerable.Range(0, summary.ClusterCount).Select(k => head.Cluster(k).LastCount).ToArray();
                Assert.Equal((rows, sizes.Count(n => n == 0)), (summary.Rows, summary.EmptyClusters));
                Assert.Equal((sizes.Min(), sizes.Max()), (summary.Min, summary.Max));
                Assert.Equal(head.Plan.NeedsGlobalDuals, summary.Bound is null);
                Assert.True(summary.BoundHolds, $"violation {summary.Violation}, bound {summary.Bound}");
                Assert.InRange(summary.MeanSimilarity, -1.0, 1.0);
            });
        }
    }

    [Fact]
    public void Run_OneThreadOrMany_SameBits()
    {
        const int N = 3000,
            d = 48;
        var embeddings = Features.FashionMnist(N, d, seed: 3);
        var options = Problem.Options(N, d, 500, new HeadOptions { ClusterCount = 70 }, new HeadOptions { ClusterCount = 33 });
        using var one = new OnlineConstrainedKMeans(options);
        using var many = new OnlineConstrainedKMeans(options) { Threads = 4 };
        for (var t = 0; t < 2; t++)
        {
            foreach (var ids in new SeededRandom(t).Permutation(N).Chunk(500))
            {
                var x = Features.Rows(embeddings, d, ids);
                Assert.Equal(one.Step(x, ids), many.Step(x, ids));
            }

            Assert.Equal(one.EndEpoch(), many.EndEpoch());
        }

        for (var k = 0; k < 70; k++)
        {
            Assert.Equal(one.Heads[0].Cluster(k).Dual, many.Heads[0].Cluster(k).Dual);
            Assert.Equal(one.Heads[0].Center(k), many.Heads[0].Center(k));
        }
    }

    [Fact]
    public void Step_ImageNotSeenInAnEpoch_KeepsItsLabelMarkedAsOld()
    {
        var x = Features.Modes(new SeededRandom(1), 4, 8);
        using var kMeans = new OnlineConstrainedKMeans(Small());
        Assert.Equal([-1, -1, -1, -1], kMeans.Heads[0].Labels.ToArray());

        kMeans.Step(x, [0, 1, 2, 3]);
        Assert.Equal(0, kMeans.EndEpoch()[0].ChangedLabels);
        var before = kMeans.Heads[0].Labels.ToArray();
        kMeans.Step(x.AsSpan(0, 8), [0]);
        kMeans.EndEpoch();

        Assert.Equal(before[1..], kMeans.Heads[0].Labels[1..].ToArray());
        Assert.Equal([false, true, true, true], Enumerable.Range(0, 4).Select(kMeans.IsOld));
    }

    [Fact]
    public void EndEpoch_ChangedLabels_AreCounted()
    {
        var x = Features.Modes(new SeededRandom(2), 60, 8);
        var ids = Enumerable.Range(0, 60).ToArray();
        using var kMeans = new OnlineConstrainedKMeans(Small() with { ImageCount = 60, BatchSize = 60 });
        kMeans.Step(x, ids);
        kMeans.EndEpoch();
        var before = kMeans.Heads[0].Labels.ToArray();
        kMeans.Step(x, ids);
        var after = kMeans.Heads[0].Labels.ToArray();

        var changed = kMeans.EndEpoch()[0].ChangedLabels;

        Assert.Equal(before.Zip(after).Count(pair => pair.First != pair.Second), changed);
        Assert.True(changed > 0);
    }

    [Theory]
    [InlineData(new[] { 0, 4 }, "unknown")]
    [InlineData(new[] { -1, 1 }, "unknown")]
    [InlineData(new[] { 1, 1 }, "twice")]
    [InlineData(new[] { 1, 3 }, "already sent in epoch 0")]
    public void Step_BadImageId_IsRefusedAndChangesNothing(int[] ids, string reason)
    {
        var x = Features.Modes(new SeededRandom(3), 4, 8);
        using var kMeans = new OnlineConstrainedKMeans(Small());
        kMeans.Step(x.AsSpan(24), [3]);
        var before = Snapshots(kMeans);

        var e = Assert.Throws<InvalidImageIdException>(() => kMeans.Step(x.AsSpan(0, 16), ids));

        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Equal("imageIds", e.Field);
        Assert.Equal(before, Snapshots(kMeans));
        Assert.Equal(1, kMeans.RowClock);
        kMeans.Step(x.AsSpan(0, 24), [0, 1, 2]); // none of them was marked
    }

    [Fact]
    public void Step_BadEmbeddings_AreRefusedAndChangeNothing()
    {
        using var kMeans = new OnlineConstrainedKMeans(Small());
        var x = new float[16];
        x[0] = 1;
        var before = Snapshots(kMeans);

        Assert.Throws<InvalidEmbeddingsException>(() => kMeans.Step(x, [0, 1]));
        Assert.Throws<InvalidEmbeddingsException>(() => kMeans.Step(x, [0]));
        Assert.Throws<InvalidEmbeddingsException>(() => kMeans.Step([], []));

        Assert.Equal(before, Snapshots(kMeans));
        Assert.Equal(0, kMeans.RowClock);
    }

    [Fact]
    public void Constructor_BadInitialCenters_AreRefusedByHead()
    {
        Assert.Contains("2 heads", Refused([], []).Message, StringComparison.Ordinal);
        Assert.Equal("initialCenters[0]", Refused(new float[8]).Field);
        Assert.Contains("zero", Refused(new float[24]).Message, StringComparison.Ordinal);

        static InvalidOptionsException Refused(params float[][] centers) =>
            Assert.Throws<InvalidOptionsException>(() => new OnlineConstrainedKMeans(Small(), centers));
    }

    static ClusteringOptions Small() => Problem.Options(4, 8, 2, new HeadOptions { ClusterCount = 3 });

    static string[] Snapshots(OnlineConstrainedKMeans kMeans)
    {
        var clusters = kMeans.Heads.SelectMany(head => Enumerable.Range(0, head.Plan.ClusterCount).Select(head.Cluster));
        return [.. clusters.Select(cluster => JsonSerializer.Serialize(cluster.Snapshot()))];
    }

    static void AssertEqual(NaiveHead naive, OracleHead head)
    {
        Assert.Equal(naive.Eta, head.Plan.DualLearningRate, 1e-12);
        for (var k = 0; k < head.Plan.ClusterCount; k++)
        {
            Assert.Equal(naive.Count[k], head.Count(k));
            Assert.Equal(naive.Dual[k], head.Dual(k), 1e-9);
            for (var i = 0; i < head.Plan.Dimension; i++)
                Assert.Equal(naive.Center(k, i), head.Center(k)[i], 1e-6);
        }
    }

    static void AssertSoftLabels(NaiveHead naive, OracleHead head)
    {
        for (var image = 0; image < head.SoftLabels.Length; image++)
        {
            var expected = naive.Soft.TryGetValue(image, out var weights) ? weights : [];
            var actual = head.SoftLabels[image].Entries.ToArray().Select(entry => KeyValuePair.Create(entry.Label, entry.Weight));
            Assert.Equal(expected.OrderBy(w => w.Key), actual.OrderBy(w => w.Key));
        }
    }
}
