using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Tests.Cluster;

namespace CoKe.Grains.Tests.Observation;

/// <summary>Whoever asks for the silos is told of each, and where the parts of runs are.</summary>
public sealed class SilosTests
{
    const int D = 8;

    [Fact]
    public async Task Silos_TellTogetherWhatARunHas_AndOneThatIsGoneIsNoneOfThem()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        Assert.All(await cluster.Coke.GetSilosAsync(), silo => Assert.Empty(silo.Statistics!.Runs));
        await cluster.Coke.CreateRunAsync(
            new RunSpecification(
                "spread",
                new ClusteringOptions
                {
                    ImageCount = 40,
                    Dimension = D,
                    BatchSize = 4,
                    Heads = [new HeadOptions { ClusterCount = 20 }],
                }
            )
        );
        await using var session = await cluster.Coke.OpenSessionAsync("spread");
        await session.PushAsync([0, 1], Embeddings.Rows(0, 2, D));
        await session.EndEpochAsync();

        var silos = await cluster.Coke.GetSilosAsync();
        Assert.Equal(cluster.Silos.Select(silo => silo.SiloAddress.ToParsableString()).Order(), silos.Select(silo => silo.Name));
        var all = silos.Select(silo => silo.Statistics!).ToArray();
        Assert.Equal(1, all.Sum(silo => silo.Sequencers));
        Assert.Equal(5, all.Sum(silo => silo.Blocks));
        Assert.Equal(20, all.Sum(silo => silo.Clusters));
        Assert.Equal(all.Count(silo => silo.Blocks > 0), all.Sum(silo => silo.Scorers));
        Assert.All(all, silo =>
        {
            Assert.Equal(["spread"], silo.Runs);
            Assert.Equal(silo.Sequencers == 1, silo.CheckpointAgeSeconds is >= 0);
            Assert.True(silo.Activations >= silo.Clusters + silo.Blocks);
            Assert.True(silo.StorageMilliseconds > 0);
            Assert.True(silo.WorkingSetBytes > 0 && silo.HeapBytes > 0 && silo.AvailableBytes > 0);
            Assert.Null(silo.StorageTrouble);
        });
        Assert.Equal(new StorageStatistics("memory", null, null), await cluster.Coke.GetStorageAsync());

        await cluster.StopAsync(cluster.Silos[1]);
        Assert.Equal(cluster.Silos[0].SiloAddress.ToParsableString(), Assert.Single(await cluster.Coke.GetSilosAsync()).Name);
    }

    [Fact]
    public async Task SiloOfANameThatNoneHas_IsRefused_AndLeavesNothing()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => cluster.Client.GetGrain<ISiloGrain>("127.0.0.1:1@1").GetStatisticsAsync());
    }
}
