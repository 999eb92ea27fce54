using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Hosting;
using Orleans.Core.Internal;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>Grains and silos that go away: what is stored goes on, and nobody waits for ever.</summary>
public sealed class LossTests
{
    const int D = 8;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Create_StartFailsHalfWay_IsRepeatedByItself()
    {
        var failures = 1;
        await using var cluster = await TestCluster.StartAsync(1, silo =>
            silo.AddIncomingGrainCallFilter(context =>
                context.Request.GetArgumentCount() == 1
                && context.Request.GetArgument(0) is BlockRestore { FirstCluster: TestCluster.ClustersPerBlock }
                && Interlocked.Decrement(ref failures) >= 0
                    ? throw new InvalidOperationException("something nobody thought of")
                    : context.Invoke()
            )
        );
        await cluster.Coke.CreateRunAsync(Specification);
        await using var session = await cluster.Coke.OpenSessionAsync("run");
        await session.PushAsync([0, 1, 2, 3], Embeddings.Rows(0, 4, D));
        Assert.Equal(4, (await session.EndEpochAsync().WaitAsync(Patience)).Rows);
        Assert.True((await cluster.Coke.GetStatusAsync("run")).Incarnation > 1);
    }

    [Fact]
    public async Task Run_EveryGrainIsLost_GoesOnFromItsLastBoundary()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await cluster.Coke.CreateRunAsync(Specification);
        await using var session = await cluster.Coke.OpenSessionAsync("run");
        await session.PushAsync([0, 1, 2, 3], Embeddings.Rows(0, 4, D));
        await session.EndEpochAsync().WaitAsync(Patience);
        var labels = (await session.GetLabelsAsync(new[] { 0, 1, 2, 3, 4 })).Labels[0];
        var runId = (await cluster.Coke.GetStatusAsync("run")).RunId;
        foreach (
            var grain in new IAddressable[]
            {
                cluster.Client.GetGrain<ISequencerGrain>(runId),
                cluster.Client.GetGrain<IScorerGrain>(Keys.Scorer(runId, 0)),
                cluster.Client.GetGrain<IImageShardGrain>(Keys.Shard(runId, 0)),
                cluster.Client.GetGrain<IClusterBlockGrain>(Keys.Block(runId, 0, 1)),
                cluster.Client.GetGrain<IClusterGrain>(Keys.Cluster(runId, 0, 0)),
            }
        )
        {
            await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        }

        Assert.Equal(labels, (await session.GetLabelsAsync(new[] { 0, 1, 2, 3, 4 }).WaitAsync(Patience)).Labels[0]);
        await session.PushAsync([4, 5], Embeddings.Rows(4, 2, D));
        Assert.Equal(2, (await session.EndEpochAsync().WaitAsync(Patience)).Rows);
        Assert.Equal(6, (await cluster.Coke.GetStatusAsync("run")).RowsAccepted);
        Assert.Equal(labels[..4], (await session.GetLabelsAsync(new[] { 0, 1, 2, 3 })).Labels[0]);
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

    static RunSpecification Specification =>
        new(
            "run",
            new ClusteringOptions
            {
                ImageCount = 64,
                Dimension = D,
                BatchSize = 16,
                Heads = [new HeadOptions { ClusterCount = 10 }],
            }
        );
}
