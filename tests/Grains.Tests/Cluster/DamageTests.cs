using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Durability;
using CoKe.Grains.Protocol;
using CoKe.Grains.Sequencing;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>One byte of what is stored flips while no silo runs: the run says so by name, and goes back to its last boundary where that is
/// whole.</summary>
public sealed class DamageTests
{
    const int N = 60,
        D = 8,
        B = 10,
        OpenSteps = 4;
    const string Run = "run";
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    static readonly float[] Images = RealImages.Embeddings(N, D, seed: 6);

    [Theory]
    [InlineData("block")]
    [InlineData("shard")]
    public async Task Restart_CurrentVersionDamaged_IsAFaultThatRestoreMends(string owner)
    {
        await using var cluster = await StoppedInMidEpochAsync();
        var (row, name) = await NamedAsync(cluster, owner);
        Flip(cluster.Storage, name.Current!.Value.Slot, row);
        await cluster.RestartAsync();
        await AssertFaultAsync(cluster, row, name.Current.Value.Slot);

        var status = await cluster.Coke.RestoreRunAsync(Run).WaitAsync(Patience);
        Assert.Equal((RunState.Live, 1, 1, 0L, null), (status.State, status.Epoch, status.Attempt, status.RowsInEpoch, status.Fault));
        await AssertGoesOnExactlyAsync(cluster);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Restore_WhileTheRunRecovers_GoesBackAllTheSame(bool damaged)
    {
        await using var cluster = await StoppedInMidEpochAsync();
        var (row, name) = await NamedAsync(cluster, "block");
        if (damaged)
            Flip(cluster.Storage, name.Current!.Value.Slot, row);
        var (swapping, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        cluster.Storage.Hold = kind =>
        {
            if (kind != Rows.Manifest)
                return Task.CompletedTask;
            swapping.TrySetResult();
            return go.Task;
        };
        var live = await cluster.Coke.GetStatusAsync(Run);
        var sequencer = cluster.Client.GetGrain<ISequencerGrain>(live.RunId);
        await cluster.LoseAsync(live);
        var started = sequencer.StartAsync();
        await swapping.Task.WaitAsync(Patience);
        var before = await sequencer.GetStatusAsync();
        var restored = cluster.Coke.RestoreRunAsync(Run);
        for (var now = before; now.Stamp == before.Stamp; now = await sequencer.GetStatusAsync())
            await sequencer.WaitForChangeAsync(now.Stamp).WaitAsync(Patience);
        go.SetResult();

        var status = await restored.WaitAsync(Patience);
        Assert.Equal((RunState.Live, 1, 1, 0L, null), (status.State, status.Epoch, status.Attempt, status.RowsInEpoch, status.Fault));
        await started.WaitAsync(Patience);
        await AssertGoesOnExactlyAsync(cluster);
    }

    [Theory]
    [InlineData("block", true)]
    [InlineData("block", false)]
    [InlineData("shard", true)]
    [InlineData("shard", false)]
    public async Task Restart_BoundaryVersionDamaged_IsAFaultThatRestoreDoesNotHide(string owner, bool alsoCurrent)
    {
        await using var cluster = await StoppedInMidEpochAsync();
        var (row, name) = await NamedAsync(cluster, owner);
        Flip(cluster.Storage, name.Boundary!.Value.Slot, row);
        if (alsoCurrent)
            Flip(cluster.Storage, name.Current!.Value.Slot, row);
        await cluster.RestartAsync();
        await AssertFaultAsync(cluster, row, name.Boundary.Value.Slot);

        var refused = await Assert.ThrowsAsync<RunFaultedException>(() => cluster.Coke.RestoreRunAsync(Run).WaitAsync(Patience));
        AssertNames(refused.Message, row, name.Boundary.Value.Slot);
        await AssertFaultAsync(cluster, row, name.Boundary.Value.Slot);
        await AssertCanBeDeletedAsync(cluster);
    }

    [Fact]
    public async Task Restart_ManifestDamaged_IsAFaultThatNothingButABackupMends()
    {
        await using var cluster = await StoppedInMidEpochAsync();
        var runId = (await cluster.Coke.GetStatusAsync(Run)).RunId;
        cluster.Storage.Tamper((kind, _) => kind == Rows.Manifest, Flipped);
        await cluster.RestartAsync();

        var fault = await Assert.ThrowsAsync<RunFaultedException>(() =>
            cluster.Client.GetGrain<ISequencerGrain>(runId).StartAsync().WaitAsync(Patience)
        );
        Assert.Contains($"The manifest of sequencer {runId} is damaged", fault.Message);
        Assert.Contains("Put the database back from a backup", fault.Message);
        await Assert.ThrowsAsync<RunFaultedException>(() => cluster.Coke.RestoreRunAsync(Run).WaitAsync(Patience));
        Assert.Contains("manifest", Assert.Single(await cluster.Coke.ListRunsAsync()).Trouble);
        await AssertCanBeDeletedAsync(cluster);
    }

    [Fact]
    public async Task Checkpoint_SlotThatNobodyNamesIsDamaged_IsOverwritten()
    {
        await using var cluster = await StoppedInMidEpochAsync();
        foreach (var owner in new[] { "block", "shard" })
        {
            var (row, name) = await NamedAsync(cluster, owner);
            Flip(cluster.Storage, name.FreeSlot, row);
        }

        await cluster.RestartAsync();
        await cluster.Coke.RestoreRunAsync(Run).WaitAsync(Patience);
        await AssertGoesOnExactlyAsync(cluster);
    }

    // One epoch is committed, and of the next some steps are durable.
    static async Task<TestCluster> StoppedInMidEpochAsync()
    {
        var cluster = await TestCluster.StartAsync(1);
        await cluster.Coke.CreateRunAsync(new RunSpecification(Run, Clustering));
        await using var session = await cluster.Coke.OpenSessionAsync(Run);
        foreach (var ids in Steps(0))
            await session.PushAsync(ids, RowsOf(ids));
        await session.EndEpochAsync().WaitAsync(Patience);
        foreach (var ids in Steps(1).Take(OpenSteps))
            await session.PushAsync(ids, RowsOf(ids));
        var status = await cluster.Coke.GetStatusAsync(Run);
        while (status.DurableStep < (N / B) + OpenSteps)
            status = await cluster.Coke.WaitForChangeAsync(status).WaitAsync(Patience);
        return cluster;
    }

    static async Task<(GrainId Row, NamedSnapshots Name)> NamedAsync(TestCluster cluster, string owner)
    {
        var runId = (await cluster.Coke.GetStatusAsync(Run)).RunId;
        var manifest = (await new ManifestRow(cluster.Silos[0].ServiceProvider.GetRequiredService<ActorWorld>(), runId).ReadAsync())!;
        var named =
            owner == "block"
                ? (Rows.Block(Keys.Block(runId, 0, 1)), manifest.Blocks[0][1])
                : (Rows.Shard(Keys.Shard(runId, 0)), manifest.Shards[0]);
        Assert.NotEqual(named.Item2.Current, named.Item2.Boundary);
        return named;
    }

    static void Flip(TestStorage storage, int slot, GrainId owner) =>
        storage.Tamper((kind, row) => kind == SnapshotSlots.KindOf(slot) && row == owner, Flipped);

    static object Flipped(object stored)
    {
        var row = (SealedRow)stored;
        var payload = row.Payload.ToArray();
        payload[payload.Length / 2] ^= 4;
        return new SealedRow
        {
            Incarnation = row.Incarnation,
            Step = row.Step,
            Checksum = row.Checksum,
            Payload = payload,
        };
    }

    static async Task AssertFaultAsync(TestCluster cluster, GrainId row, int slot)
    {
        AssertNames(
            (await Assert.ThrowsAsync<RunFaultedException>(() => cluster.Coke.ReadCentersAsync(Run).WaitAsync(Patience))).Message,
            row,
            slot
        );
        var status = await cluster.Coke.GetStatusAsync(Run);
        Assert.Equal(RunState.Faulted, status.State);
        AssertNames(status.Fault!, row, slot);
    }

    static void AssertNames(string message, GrainId row, int slot)
    {
        Assert.Contains($"{row.Type} {row.Key}", message);
        Assert.Contains($"(slot{slot})", message);
        Assert.Contains(DamagedSnapshotException.Remedy, message);
    }

    static async Task AssertGoesOnExactlyAsync(TestCluster cluster)
    {
        using var oracle = new OnlineConstrainedKMeans(Clustering);
        await using var session = await cluster.Coke.OpenSessionAsync(Run);
        foreach (var ids in Steps(0))
            oracle.Step(RowsOf(ids), ids);
        oracle.EndEpoch();
        for (var epoch = 1; epoch < 3; epoch++)
        {
            // Another order than before the damage: nothing of the epoch that was rolled back may show.
            foreach (var ids in Steps(epoch + 10))
            {
                oracle.Step(RowsOf(ids), ids);
                await session.PushAsync([.. ids], RowsOf(ids));
            }

            oracle.EndEpoch();
            Assert.Equal(N, (await session.EndEpochAsync().WaitAsync(Patience)).Rows);
        }

        Assert.Equal(oracle.Heads[0].Labels.ToArray(), (await session.GetLabelsAsync(Enumerable.Range(0, N).ToArray())).Labels[0]);
        var centers = (await session.GetCentersAsync())[0];
        for (var k = 0; k < Clustering.Heads[0].ClusterCount; k++)
        {
            Assert.Equal(oracle.Heads[0].Frozen(k).ToArray(), centers.AsSpan(k * D, D).ToArray());
            Assert.Equal(oracle.Heads[0].Dual(k), (await cluster.Coke.GetClusterAsync(Run, 0, k)).Dual);
        }
    }

    static async Task AssertCanBeDeletedAsync(TestCluster cluster)
    {
        await cluster.Coke.DeleteRunAsync(Run).WaitAsync(Patience);
        Assert.Empty(await cluster.Coke.ListRunsAsync());
        Assert.Equal(1, cluster.Storage.Rows); // the list of runs
    }

    static IEnumerable<int[]> Steps(int epoch) => new SeededRandom(9, epoch).Permutation(N).Chunk(B);

    static float[] RowsOf(int[] ids) => [.. ids.SelectMany(i => Images[(i * D)..((i + 1) * D)])];

    static ClusteringOptions Clustering =>
        new()
        {
            ImageCount = N,
            Dimension = D,
            BatchSize = B,
            Heads = [new HeadOptions { ClusterCount = 9 }],
        };
}
