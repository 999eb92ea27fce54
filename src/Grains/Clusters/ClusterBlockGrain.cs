using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using Orleans.Placement;

namespace CoKe.Grains.Clusters;

/// <summary>
/// A contiguous range of a head's clusters, placed together with them. It takes one envelope per mini-batch and posts each cluster its
/// contribution as a turn of that cluster; a cluster that lives elsewhere gets the same call as a message.
/// </summary>
[GrainType("block"), KeepAlive, BlockPlacement, Immovable]
internal sealed class ClusterBlockGrain : Grain, IClusterBlockGrain
{
    readonly ClusterDirectory _directory;
    readonly string _runId;
    readonly int _head;
    IClusterGrain[] _clusters = [];
    ClusterGrain?[] _local = [];
    long[] _versions = [];
    int _first;
    int _dimension;
    Fence _fence;

    public ClusterBlockGrain(ClusterDirectory directory)
    {
        _directory = directory;
        (_runId, _head, var block) = Keys.SplitThree(this.GetPrimaryKeyString());
        _fence = new Fence($"block {block} of head {_head}");
    }

    public async Task RestoreAsync(BlockRestore call)
    {
        if (!_fence.Restore(call.Incarnation, call.Version)) return;
        (_first, _dimension) = (call.FirstCluster, call.Clustering.Dimension);
        _clusters = [.. Enumerable.Range(_first, call.ClusterCount).Select(k => GrainFactory.GetGrain<IClusterGrain>(Keys.Cluster(_runId, _head, k)))];
        _versions = new long[call.ClusterCount];
        Array.Fill(_versions, call.Version);
        await Task.WhenAll(_clusters.Select((cluster, i) => cluster.RestoreAsync(
            new ClusterRestore(call.Incarnation, call.Version, call.Clustering, call.InitialCenters.Slice(i * _dimension, _dimension)))));
        _fence.CheckIncarnation(call.Incarnation);
        _local = [.. _clusters.Select(cluster => _directory.Find(cluster.GetGrainId()))];
    }

    public async ValueTask<BlockReply> ApplyAsync(BlockContribution call)
    {
        _fence.Check(call.Fence);
        var everyCluster = call.Threshold is not null;
        var theta = call.Threshold ?? 0;
        int m = call.Clusters.Length, d = _dimension;
        var replies = everyCluster ? _clusters.Length : m;
        var centers = new float[m * d];
        var duals = new double[replies];

        // Without tau only touched clusters get a turn. With it (eqn 11) every dual moves: the untouched get one with no members.
        var slotOf = everyCluster ? SlotsByCluster(call.Clusters.Span) : null;
        void Turn(ClusterGrain cluster, int i)
        {
            var slot = slotOf is null ? i : slotOf[i];
            var k = slotOf is null ? call.Clusters.Span[i] - _first : i;
            var fence = call.Fence with { ExpectedVersion = _versions[k] };
            if (slot < 0)
            {
                cluster.Contribute(fence, call.Epoch, call.RowClock, call.Rows, 0, default, theta);
            }
            else
            {
                cluster.Contribute(fence, call.Epoch, call.RowClock, call.Rows, call.Members.Span[slot], call.Sums.Span.Slice(slot * d, d), theta);
                cluster.State.Center.CopyTo(centers.AsSpan(slot * d, d));
            }

            duals[i] = cluster.State.Dual.Base;
        }

        async Task Message(IClusterGrain cluster, int i)
        {
            var slot = slotOf is null ? i : slotOf[i];
            var k = slotOf is null ? call.Clusters.Span[i] - _first : i;
            var fence = call.Fence with { ExpectedVersion = _versions[k] };
            var reply = await cluster.ApplyAsync(new ClusterContribution(
                fence, call.Epoch, call.RowClock, call.Rows, theta, slot < 0 ? 0 : call.Members.Span[slot], slot < 0 ? Nothing : call.Sums.Slice(slot * d, d)));
            if (slot >= 0) reply.Center.Span.CopyTo(centers.AsSpan(slot * d, d));
            duals[i] = reply.DualBase;
        }

        await ForEach(replies, i => slotOf is null ? call.Clusters.Span[i] - _first : i, Turn, Message);
        _fence.CheckIncarnation(call.Fence.Incarnation);
        for (var i = 0; i < replies; i++) _versions[slotOf is null ? call.Clusters.Span[i] - _first : i] = call.Fence.Step;
        _fence.Advance(call.Fence.Step);
        return new BlockReply(_fence.Version, new FloatBlock(centers), new DoubleBlock(duals), call.RowClock + call.Rows);
    }

    public async Task<BlockState> EndEpochAsync(BoundaryCall call)
    {
        _fence.Check(call.Fence);
        BoundaryCall For(int k) => call with { Fence = call.Fence with { ExpectedVersion = _versions[k] } };
        await ForEach(_clusters.Length, k => k, (cluster, k) => cluster.Close(For(k)), (cluster, k) => cluster.EndEpochAsync(For(k)));
        _fence.CheckIncarnation(call.Fence.Incarnation);
        Array.Fill(_versions, call.Fence.Step);
        _fence.Advance(call.Fence.Step);
        return await ReadAsync();
    }

    public async Task<BlockState> ReadAsync()
    {
        int n = _clusters.Length, d = _dimension;
        float[] centers = new float[n * d], frozen = new float[n * d];
        double[] bases = new double[n], since = new double[n], counts = new double[n], last = new double[n];
        void Fill(int k, ReadOnlySpan<float> center, ReadOnlySpan<float> frozenCenter, Dual dual, long count, long lastCount)
        {
            center.CopyTo(centers.AsSpan(k * d, d));
            frozenCenter.CopyTo(frozen.AsSpan(k * d, d));
            (bases[k], since[k], counts[k], last[k]) = (dual.Base, dual.Since, count, lastCount);
        }

        await ForEach(
            n,
            k => k,
            (cluster, k) => Fill(k, cluster.State.Center, cluster.State.Frozen, cluster.State.Dual, cluster.State.Count, cluster.State.LastCount),
            async (cluster, k) =>
            {
                var reply = await cluster.ReadAsync();
                Fill(k, reply.Center.Span, reply.Frozen.Span, new Dual(reply.DualBase, reply.DualSince), reply.Count, reply.LastCount);
            });
        return new BlockState(
            _fence.Version, new FloatBlock(centers), new FloatBlock(frozen), new DoubleBlock(bases), new DoubleBlock(since), new DoubleBlock(counts), new DoubleBlock(last));
    }

    static DoubleBlock Nothing { get; } = new([]);

    /// <summary>Runs work for n clusters: turns for those on this silo, messages for the others; waits for all.</summary>
    async Task ForEach(int n, Func<int, int> clusterOf, Action<ClusterGrain, int> turn, Func<IClusterGrain, int, Task> message)
    {
        var remote = 0;
        for (var i = 0; i < n; i++) if (_local[clusterOf(i)] is null) remote++;
        var turns = new ClusterTurns(n - remote, turn);
        List<Task>? messages = remote > 0 ? new(remote) : null;
        for (var i = 0; i < n; i++)
        {
            if (_local[clusterOf(i)] is { } local) turns.Post(local, i);
            else messages!.Add(message(_clusters[clusterOf(i)], i));
        }

        await turns.WhenAll();
        if (messages is not null) await Task.WhenAll(messages);
    }

    int[] SlotsByCluster(ReadOnlySpan<int> touched)
    {
        var slots = new int[_clusters.Length];
        Array.Fill(slots, -1);
        for (var slot = 0; slot < touched.Length; slot++) slots[touched[slot] - _first] = slot;
        return slots;
    }
}
