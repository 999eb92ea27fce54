using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Clusters;
using CoKe.Grains.Durability;
using CoKe.Grains.Placement;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>A run that is deleted leaves nothing, neither in memory nor stored, whatever it was about to do.</summary>
public sealed class DeleteTests
{
    const int N = 60,
        D = 8,
        B = 10,
        K = 9;
    const string Run = "run";
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    static readonly float[] Images = RealImages.Embeddings(N, D, seed: 6);

    [Fact]
    public async Task Delete_OfAFaultedRun_LeavesNothing()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var runId = await BeginAsync(cluster);
        await PushAsync(cluster, TestCluster.CheckpointInterval);
        var status = await cluster.Coke.GetStatusAsync(Run);
        cluster.Storage.Tamper((kind, row) => row == Rows.Block(Keys.Block(runId, 0, 1)), stored => new SealedRow());
        var sequencer = cluster.Client.GetGrain<ISequencerGrain>(runId);
        await cluster.LoseAsync(status);
        await Assert.ThrowsAsync<RunFaultedException>(() => sequencer.StartAsync().WaitAsync(Patience));
        await cluster.Coke.DeleteRunAsync(Run).WaitAsync(Patience);
        await AssertNothingLeftAsync(cluster, runId);
    }

    [Fact]
    public async Task Delete_AmidACheckpoint_WaitsForIt()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var runId = await BeginAsync(cluster);
        var (saving, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        cluster.Storage.Hold = kind => Held(kind, saving, go);
        var pushing = PushAsync(cluster, TestCluster.CheckpointInterval);
        await saving.Task.WaitAsync(Patience);
        await AssertWaitsAsync(cluster, go);
        await AssertNothingLeftAsync(cluster, runId);
        await Assert.ThrowsAsync<UnknownRunException>(() => pushing.WaitAsync(Patience));
    }

    [Fact]
    public async Task Delete_AmidARestore_WaitsForIt()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var runId = await BeginAsync(cluster);
        await PushAsync(cluster, TestCluster.CheckpointInterval);
        var live = await cluster.Coke.GetStatusAsync(Run);
        var (restoring, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        cluster.Storage.HoldRead = kind => Held(kind, restoring, go);
        var sequencer = cluster.Client.GetGrain<ISequencerGrain>(runId);
        await cluster.LoseAsync(live);
        var starting = sequencer.StartAsync();
        await restoring.Task.WaitAsync(Patience);
        await AssertWaitsAsync(cluster, go);
        await AssertNothingLeftAsync(cluster, runId);
        await Assert.ThrowsAsync<UnknownRunException>(() => starting.WaitAsync(Patience));
    }

    /// <summary>Every question makes an activation that knows nothing yet: it must not say that the run recovers, for ever.</summary>
    [Fact]
    public async Task Poll_OfADeletedRun_HearsThatItIsGoneEveryTime()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var runId = await BeginAsync(cluster);
        var sequencer = cluster.Client.GetGrain<ISequencerGrain>(runId);
        var stamp = (await sequencer.PollAsync(0, 0, 0)).Stamp;
        await cluster.Coke.DeleteRunAsync(Run).WaitAsync(Patience);
        for (var poll = 0; poll < 6; poll++)
            await Assert.ThrowsAsync<UnknownRunException>(() => sequencer.PollAsync(0, 0, stamp).WaitAsync(Patience));
    }

    [Fact]
    public async Task Delete_AfterTheSequencerWasLost_LeavesNothing()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var runId = await BeginAsync(cluster);
        var sequencer = cluster.Client.GetGrain<ISequencerGrain>(runId);
        var home = await cluster.Client.GetGrain<Orleans.Runtime.IManagementGrain>(0).GetActivationAddress(sequencer);
        await cluster.KillAsync(cluster.Silos.Single(silo => silo.SiloAddress.Equals(home)));
        await cluster.Coke.DeleteRunAsync(Run).WaitAsync(Patience);
        await AssertNothingLeftAsync(cluster, runId);
    }

    static Task Held(string kind, TaskCompletionSource reached, TaskCompletionSource go)
    {
        if (!kind.StartsWith("slot", StringComparison.Ordinal))
            return Task.CompletedTask;
        reached.TrySetResult();
        return go.Task;
    }

    static async Task<string> BeginAsync(TestCluster cluster) =>
        (
            await cluster.Coke.CreateRunAsync(
                new RunSpecification(
                    Run,
                    new ClusteringOptions
                    {
                        ImageCount = N,
                        Dimension = D,
                        BatchSize = B,
                        Heads = [new HeadOptions { ClusterCount = K }],
                    }
                )
            )
        ).RunId;

    /// <summary>Some steps of the first epoch, until they are durable.</summary>
    static async Task PushAsync(TestCluster cluster, int steps)
    {
        await using var session = await cluster.Coke.OpenSessionAsync(Run);
        for (var step = 0; step < steps; step++)
            await session.PushAsync([.. Enumerable.Range(step * B, B)], Images[(step * B * D)..((step + 1) * B * D)]);
        var sequencer = cluster.Client.GetGrain<ISequencerGrain>(session.RunId);
        for (var progress = await sequencer.PollAsync(0, session.Generation, 0); progress.DurableWatermark < steps;)
            progress = await sequencer.PollAsync(0, session.Generation, progress.Stamp);
    }

    /// <summary>A deletion that did not wait for what is held would be over long before so many questions were answered.</summary>
    static async Task AssertWaitsAsync(TestCluster cluster, TaskCompletionSource go)
    {
        var deleting = cluster.Coke.DeleteRunAsync(Run);
        for (var i = 0; i < 500 && !deleting.IsCompleted; i++)
            await cluster.Coke.ListRunsAsync();
        Assert.False(deleting.IsCompleted);
        go.SetResult();
        await deleting.WaitAsync(Patience);
    }

    static async Task AssertNothingLeftAsync(TestCluster cluster, string runId)
    {
        Assert.Equal(1, cluster.Storage.Rows); // the list of runs
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        foreach (var silo in cluster.Silos)
        {
            var (runs, clusters) = (
                silo.ServiceProvider.GetRequiredService<LocalRuns>(),
                silo.ServiceProvider.GetRequiredService<ClusterDirectory>()
            );
            while (Left() is { Length: > 0 } left)
            {
                if (patience.IsCancellationRequested)
                    Assert.Fail($"{silo.SiloAddress} still has {left}.");
                await cluster.Coke.ListRunsAsync(); // grains end after they have answered
            }

            string Left() =>
                string.Join(
                    ", ",
                    runs.Ids.Concat(
                        Enumerable.Range(0, K).Select(k => Keys.Cluster(runId, 0, k)).Where(key => clusters.Find(key) is not null)
                    )
                );
        }
    }
}
