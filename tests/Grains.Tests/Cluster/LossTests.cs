using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Hosting;
using CoKe.Session;
using Orleans.Core.Internal;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>Grains and silos that go away. State is in memory, so a run may be lost; but nobody waits for ever and nothing is clustered wrongly.</summary>
public sealed class LossTests
{
    const int D = 8;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Create_StartFailsHalfWay_CanBeRepeated()
    {
        var failures = 1;
        await using var cluster = await TestCluster.StartAsync(1, silo => silo.AddIncomingGrainCallFilter(context =>
            context.Request.GetArgumentCount() == 1 && context.Request.GetArgument(0) is BlockRestore { FirstCluster: TestCluster.ClustersPerBlock }
                && Interlocked.Decrement(ref failures) >= 0
                ? throw new TimeoutException("the silo is busy")
                : context.Invoke()));
        await Assert.ThrowsAnyAsync<Exception>(() => cluster.Coke.CreateRunAsync(Specification));
        await cluster.Coke.CreateRunAsync(Specification);
        await using var session = await cluster.Coke.OpenSessionAsync("run");
        await session.PushAsync([0, 1, 2, 3], Embeddings.Rows(0, 4, D));
        Assert.Equal(4, (await session.EndEpochAsync().WaitAsync(Patience)).Rows);
    }

    [Fact]
    public async Task Create_AgainAfterTheHeadWasLost_DoesNotGoOnFromItsOldClusters()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await cluster.Coke.CreateRunAsync(Specification);
        string runId;
        await using (var session = await cluster.Coke.OpenSessionAsync("run"))
        {
            await session.PushAsync([0, 1, 2, 3], Embeddings.Rows(0, 4, D));
            await session.EndEpochAsync().WaitAsync(Patience);
            runId = (await cluster.Coke.GetStatusAsync("run")).RunId;
        }

        foreach (var grain in new IAddressable[]
        {
            cluster.Client.GetGrain<ISequencerGrain>(runId), cluster.Client.GetGrain<IHeadGrain>(Keys.Head(runId, 0)), cluster.Client.GetGrain<IImageShardGrain>(Keys.Shard(runId, 0)),
        })
        {
            await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        }

        await Assert.ThrowsAsync<StaleCallException>(() => cluster.Coke.CreateRunAsync(Specification));

        // Once more: a new incarnation, in which everything begins anew, and a trainer of before is told so.
        Assert.Equal(0, (await cluster.Coke.CreateRunAsync(Specification)).RowsAccepted);
        Assert.Equal(0, (await cluster.Coke.GetClustersAsync("run", 0)).Sum(k => k.LastCount + k.Count));
        await Assert.ThrowsAsync<RunFaultedException>(() => cluster.Client.GetGrain<ISequencerGrain>(runId).PollAsync(0, 1, 0));
    }

    [Fact]
    public async Task Session_EverySiloStops_EndsInAnError()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await cluster.Coke.CreateRunAsync(Specification with { Trainers = 2 });
        await using var session = await cluster.Coke.OpenSessionAsync("run", options: Impatient);
        await session.PushAsync([0, 1, 2, 3], Embeddings.Rows(0, 4, D));
        var end = session.EndEpochAsync();
        await cluster.StopSilosAsync();
        Assert.Equal("run", (await Assert.ThrowsAsync<RunUnreachableException>(() => end.WaitAsync(Patience))).Value);
    }

    [Fact]
    public async Task Session_EmbeddedSiloStops_EndsInAnError()
    {
        var silo = await EmbeddedSilo.StartAsync();
        var coke = new CokeClient(silo.Client);
        await coke.CreateRunAsync(Specification with { Trainers = 2 });
        var session = await coke.OpenSessionAsync("run", options: Impatient);
        await session.PushAsync([0, 1, 2, 3], Embeddings.Rows(0, 4, D));
        var end = session.EndEpochAsync();
        await silo.DisposeAsync();
        var error = await Assert.ThrowsAnyAsync<Exception>(() => end.WaitAsync(Patience));
        Assert.IsNotType<TimeoutException>(error);
        await session.DisposeAsync();
    }

    static SessionOptions Impatient => new() { GiveUpAfter = TimeSpan.FromMilliseconds(1) };

    static RunSpecification Specification => new(
        "run", new ClusteringOptions { ImageCount = 64, Dimension = D, BatchSize = 16, Heads = [new HeadOptions { ClusterCount = 10 }] });
}
