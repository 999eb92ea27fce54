using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>What is asked in the middle of an epoch, before and after a recovery: nothing of what clusters remember is lost.</summary>
public sealed class AmidAnEpochTests
{
    const int N = 600,
        D = 16,
        B = 50;

    static readonly Lazy<float[]> Images = new(() => RealImages.Embeddings(N, D, seed: 4));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Recovery_AmidAnEpoch_TakesNothingFromWhatClustersRemember(int silos)
    {
        await using var cluster = await TestCluster.StartAsync(silos);
        var coke = cluster.Coke;
        await coke.CreateRunAsync(Specification);
        using var oracle = new OnlineConstrainedKMeans(Specification.Clustering);
        await using var session = await coke.OpenSessionAsync("run");
        var firstEpoch = await Assert.ThrowsAsync<EpochNotReadableException>(() => coke.GetNearestClustersAsync("run", 0, 1));
        Assert.Equal("epoch", firstEpoch.Field);
        Assert.Empty(await coke.GetEpochReportsAsync("run"));
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var steps = new SeededRandom(3, epoch).Permutation(N).Chunk(B).ToArray();
            var ended = epoch == 2 ? 7 : steps.Length;
            for (var s = 0; s < ended; s++)
            {
                oracle.Step(Rows(steps[s]), steps[s]);
                await session.PushAsync(steps[s], Rows(steps[s]));
                if (epoch > 0 && s is 2 or 6)
                {
                    await AssertEqualAsync(oracle, coke, s * B, steps);
                    var before = await coke.GetStatusAsync("run");
                    await cluster.LoseAsync(before);
                    await AssertEqualAsync(oracle, coke, s * B, steps);
                    Assert.True((await coke.GetStatusAsync("run")).Incarnation > before.Incarnation);
                }
            }

            oracle.EndEpoch();
            await session.EndEpochAsync();
            for (var h = 0; h < oracle.Heads.Count; h++)
                for (var k = 0; k < oracle.Heads[h].Plan.ClusterCount; k++)
                    Remembered.AssertCluster(oracle.Heads[h], await coke.GetClusterAsync("run", h, k), epoch);
        }

        var unseen = new SeededRandom(3, 2).Permutation(N)[^1]; // the last epoch was cut short
        var image = await coke.GetImageAsync("run", unseen);
        Assert.Equal((2, true), (image.Epoch, image.IsOld));
        Assert.Equal(oracle.Heads.Select(head => head.Labels[unseen]), image.Labels);
    }

    [Fact]
    public async Task Questions_ThatMakeNoSense_AreRefusedInOneSentence()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var coke = cluster.Coke;
        await coke.CreateRunAsync(Specification);
        async Task Refused<TError>(string field, Func<Task> question)
            where TError : CokeException => Assert.Equal(field, (await Assert.ThrowsAsync<TError>(question)).Field);
        await Refused<InvalidOptionsException>("first", () => coke.GetEpochReportsAsync("run", -1));
        await Refused<InvalidOptionsException>("count", () => coke.GetEpochReportsAsync("run", 0, 0));
        await Refused<InvalidOptionsException>("count", () => coke.GetEpochReportsAsync("run", 0, 1_025));
        await Refused<InvalidOptionsException>("count", () => coke.GetNearestClustersAsync("run", 0, 0, 0));
        await Refused<UnknownPartException>("cluster", () => coke.GetNearestClustersAsync("run", 0, 9));
        await Refused<UnknownPartException>("head", () => coke.GetNearestClustersAsync("run", 2, 0));
        await Refused<InvalidImageIdException>("imageIds", () => coke.GetImageAsync("run", N));
        await Refused<InvalidImageIdException>("imageIds", () => coke.GetImageAsync("run", -1));
        await Refused<UnknownRunException>("run", () => coke.GetImageAsync("none", 1));
    }

    // All that was pushed is processed when the last image has its label.
    static async Task AssertEqualAsync(OnlineConstrainedKMeans oracle, CokeClient coke, int at, int[][] steps)
    {
        var last = steps[at / B][^1];
        var image = await coke.GetImageAsync("run", last);
        while (image.OpenLabels is null)
        {
            await coke.WaitForChangeAsync(await coke.GetStatusAsync("run"));
            image = await coke.GetImageAsync("run", last);
        }

        Assert.Equal(oracle.Epoch - 1, image.Epoch);
        Assert.Equal(oracle.Heads.Select(head => head.Labels[last]), image.OpenLabels);
        Assert.Null((await coke.GetImageAsync("run", steps[^1][0])).OpenLabels);
        for (var h = 0; h < oracle.Heads.Count; h++)
            for (var k = 0; k < oracle.Heads[h].Plan.ClusterCount; k++)
                Remembered.AssertCluster(oracle.Heads[h], await coke.GetClusterAsync("run", h, k), oracle.Epoch - 1);
    }

    static RunSpecification Specification =>
        new(
            "run",
            new ClusteringOptions
            {
                ImageCount = N,
                Dimension = D,
                BatchSize = B,
                Seed = 6,
                Heads =
                [
                    new HeadOptions { ClusterCount = 9, MinimumSizeRatio = 0.8 },
                    new HeadOptions { ClusterCount = 6, DualNormLimit = 0.5 },
                ],
            }
        );

    static float[] Rows(int[] ids)
    {
        var rows = new float[ids.Length * D];
        for (var i = 0; i < ids.Length; i++)
            Images.Value.AsSpan(ids[i] * D, D).CopyTo(rows.AsSpan(i * D));
        return rows;
    }
}
