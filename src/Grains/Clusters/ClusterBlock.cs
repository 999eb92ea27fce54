using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Durability;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Clusters;

/// <summary>
/// A contiguous range of a head's clusters, placed together with them. It takes one envelope per mini-batch and posts each cluster its
/// contribution as a turn of that cluster; a cluster that lives elsewhere gets the same call as a message. It writes and restores their
/// state as one row.
/// </summary>
sealed partial class ClusterBlock
{
    readonly ClusterDirectory _directory;
    readonly ActorWorld _world;
    readonly SnapshotSlots _slots;
    readonly string _silo;
    readonly Action<string?> _leave;
    readonly string _runId;
    readonly int _head;
    readonly string _name;
    readonly InFlight _inFlight = new(); // restores and saves
    IClusterGrain[] _clusters = [];
    string?[] _instances = [];
    Cluster?[] _local = [];
    long[] _versions = [];
    HeadPlan? _plan;
    BlockCopy? _captured;
    FloatValues? _frozen; // C^{t-1}, which is read until the commit of the next
    FloatValues? _closing; // C^t
    int _first;
    int _dimension;
    Restored _restored;
    Fence _fence;
    CommittedEpoch _committedEpoch;
    readonly SharedLook<BlockState> _look;
    (int Incarnation, BlockState State)? _told;

    public ClusterBlock(string key, ClusterDirectory directory, ActorWorld world, string silo, Action<string?> leave)
    {
        (_directory, _world, _silo, _leave) = (directory, world, silo, leave);
        _slots = new SnapshotSlots(world.Storage, Rows.Block(key));
        (_runId, _head, var block) = Keys.SplitThree(key);
        _name = $"block {block} of head {_head}";
        _fence = new Fence(_name);
        _committedEpoch = new CommittedEpoch(_name);
        _look = new SharedLook<BlockState>(LookAtClustersAsync, world.Time) { ShortestPause = TimeSpan.Zero };
    }

    /// <inheritdoc cref="Fence.IsUntouched"/>
    public bool HoldsNothing => _fence.IsUntouched;

    public async Task<Restored> RestoreAsync(BlockRestore call)
    {
        using var restore = _inFlight.Begin();
        if (!_fence.BeginRestore(call.Incarnation))
            return _restored;
        if (!call.Stay && _world.Silos.IsAway(_silo, call.Home))
        {
            Leave(call.Home!);
            return Restored.Left;
        }

        _committedEpoch.Withdraw();
        (_first, _dimension, _captured) = (call.FirstCluster, call.Clustering.Dimension, null);
        var (n, incarnation) = (call.ClusterCount, call.Incarnation);
        var plan = _plan = _directory.Plan(_runId, _head, call.Clustering);
        var boundary = await _slots.LoadAsync(call.Named.Boundary);
        var open = call.Named.Current == call.Named.Boundary ? null : await _slots.LoadAsync(call.Named.Current);
        ThrowIfSuperseded(incarnation);
        var copies = Decode(call, plan, boundary, open);
        var keys = Enumerable.Range(_first, n).Select(k => Keys.Cluster(_runId, _head, k)).ToArray();
        var clusters = keys.Select(key => _world.Grains.GetGrain<IClusterGrain>(key)).ToArray();
        var instances = await Task.WhenAll(
            clusters.Select(
                (cluster, i) =>
                    RestoreAtHome.CallAsync(_silo, (home, stay) =>
                        cluster.RestoreAsync(new ClusterRestore(incarnation, call.Clustering, copies[i], home, stay))
                    )
            )
        );
        ThrowIfSuperseded(incarnation);
        if (_fence.IsRestored(incarnation))
            return _restored;
        (_clusters, _instances) = (clusters, instances);
        _versions = [.. copies.Select(copy => copy.Version)];

        // An instance on this silo that did not answer is one that the grain directory has forgotten: its successor is elsewhere.
        _local = [.. keys.Select((key, i) => _directory.Find(key) is { } cluster && cluster.Instance == instances[i] ? cluster : null)];
        (_frozen, _closing) = (Gather(copies.Length, k => copies[k].Frozen.Span), null);
        _committedEpoch.Restore(call.Committed);
        _fence.CompleteRestore(incarnation, call.Named.Version);
        return _restored = (call.Home is null || call.Home == _silo) && !_local.Contains(null) ? Restored.Home : Restored.Away;
    }

    /// <summary>
    /// The clusters on this silo leave with their block, without a message each; any other follows when it is restored. Nobody waits: one
    /// that is gone takes no turn.
    /// </summary>
    void Leave(string home)
    {
        foreach (var cluster in _local.OfType<Cluster>())
            cluster.Scheduler.QueueAction(_ => cluster.Retire(home), cluster);
        _leave(home);
    }

    ClusterCopy[] Decode(BlockRestore call, HeadPlan plan, byte[]? boundary, byte[]? open)
    {
        try
        {
            return BlockPayload.Decode(plan, _first, call.InitialCenters.Span, boundary, open);
        }
        catch (InvalidDataException e)
        {
            throw _slots.Unreadable(call.Named, e);
        }
    }

    void ThrowIfSuperseded(int incarnation)
    {
        if (_fence.Incarnation != incarnation)
            throw new StaleCallException(_name, "incarnation", incarnation, _fence.Incarnation);
    }

    public async ValueTask<BlockReply> ApplyAsync(BlockContribution call)
    {
        _fence.CheckChange(call.Fence);
        var everyCluster = call.Threshold is not null;
        var theta = call.Threshold ?? 0;
        int m = call.Clusters.Length,
            d = _dimension;
        var replies = everyCluster ? _clusters.Length : m;
        var centers = new float[m * d];
        var duals = new double[replies];

        // Without tau only touched clusters get a turn. With it (eqn 11) every dual moves: the untouched get one with no members.
        var slotOf = everyCluster ? SlotsByCluster(call.Clusters.Span) : null;
        void Turn(Cluster cluster, int i)
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
                cluster.Contribute(
                    fence,
                    call.Epoch,
                    call.RowClock,
                    call.Rows,
                    call.Members.Span[slot],
                    call.Sums.Span.Slice(slot * d, d),
                    theta
                );
                cluster.State.Center.CopyTo(centers.AsSpan(slot * d, d));
            }

            duals[i] = cluster.State.Dual.Base;
        }

        async Task Message(IClusterGrain cluster, int i)
        {
            var slot = slotOf is null ? i : slotOf[i];
            var k = slotOf is null ? call.Clusters.Span[i] - _first : i;
            var fence = call.Fence with { ExpectedVersion = _versions[k] };
            var reply = await cluster.ApplyAsync(
                new ClusterContribution(
                    fence,
                    call.Epoch,
                    call.RowClock,
                    call.Rows,
                    theta,
                    slot < 0 ? 0 : call.Members.Span[slot],
                    slot < 0 ? Nothing : call.Sums.Slice(slot * d, d)
                )
            );
            if (slot >= 0)
                reply.Center.Span.CopyTo(centers.AsSpan(slot * d, d));
            duals[i] = reply.Figures.Dual.Base;
        }

        await ForEach(replies, i => slotOf is null ? call.Clusters.Span[i] - _first : i, Turn, Message);
        _fence.CheckIncarnation(call.Fence.Incarnation);
        for (var i = 0; i < replies; i++)
            _versions[slotOf is null ? call.Clusters.Span[i] - _first : i] = call.Fence.Step;
        _fence.Advance(call.Fence.Step);
        return new BlockReply(_fence.Version, new FloatValues(centers), new DoubleValues(duals), call.RowClock + call.Rows);
    }

    public async Task<BlockState> EndEpochAsync(BoundaryCall call)
    {
        _fence.CheckChange(call.Fence);
        BoundaryCall For(int k) => call with { Fence = call.Fence with { ExpectedVersion = _versions[k] } };
        var (n, d) = (_clusters.Length, _dimension);
        var (centers, frozen, figures) = (new float[n * d], new float[n * d], new ClusterFigures[n]);
        await ForEach(
            n,
            k => k,
            (cluster, k) =>
            {
                cluster.EndEpoch(For(k));
                cluster.State.Center.CopyTo(centers.AsSpan(k * d));
                cluster.State.Frozen.CopyTo(frozen.AsSpan(k * d));
                figures[k] = cluster.State.Figures;
            },
            async (cluster, k) =>
            {
                var reply = await cluster.EndEpochAsync(For(k));
                reply.Center.Span.CopyTo(centers.AsSpan(k * d));
                reply.Frozen.Span.CopyTo(frozen.AsSpan(k * d));
                figures[k] = reply.Figures;
            }
        );
        _fence.CheckIncarnation(call.Fence.Incarnation);
        Array.Fill(_versions, call.Fence.Step);
        _closing = new FloatValues(frozen);
        _committedEpoch.Close(call.Epoch);
        _fence.Advance(call.Fence.Step);
        return new BlockState(_fence.Version, new FloatValues(centers), figures);
    }

    public Task CommitAsync(CommitCall call)
    {
        _fence.CheckIncarnation(call.Incarnation);
        if (_committedEpoch.Commit(call))
            (_frozen, _closing) = (_closing, null);
        return Task.CompletedTask;
    }

    public async Task CaptureAsync(CaptureCall call)
    {
        _fence.Check(call.Fence);
        var incarnation = call.Fence.Incarnation;
        var copies = new ClusterCopy[_clusters.Length];
        await ForEach(
            _clusters.Length,
            k => k,
            (cluster, k) => copies[k] = cluster.Copy(incarnation),
            async (cluster, k) => copies[k] = await cluster.CopyAsync(incarnation)
        );
        _fence.CheckIncarnation(call.Fence.Incarnation);
        for (var k = 0; k < copies.Length; k++)
            CheckVersion(k, copies[k].Version);
        _captured = new BlockCopy(call, copies);
    }

    public async Task SaveAsync(SaveCall call)
    {
        using var save = _inFlight.Begin();
        _fence.CheckIncarnation(call.Incarnation);
        if (_captured is not { } captured || captured.Call.Fence.Step != call.Step)
            throw new StaleCallException(_name, "step", call.Step, _captured?.Call.Fence.Step ?? -1);
        var payload = BlockPayload.Encode(_plan!, captured.Copies, captured.Call.IsBoundary);
        await _slots.SaveAsync(captured.Call.Slot, call.Incarnation, call.Step, payload, i => _fence.CheckIncarnation(i));
        _fence.CheckIncarnation(call.Incarnation);
        if (_captured == captured)
            _captured = null; // as large as the clusters themselves
    }

    /// <summary>A block that was lost knows none of its clusters, and one that is being restored not yet: they are named.</summary>
    public async Task RetireAsync(BlockRetirement call)
    {
        _fence.Close();
        await _inFlight.WhenNoneAsync(); // it would write a row, or make a cluster again
        await Task.WhenAll(
            Enumerable
                .Range(call.FirstCluster, call.ClusterCount)
                .Select(k => _world.Grains.GetGrain<IClusterGrain>(Keys.Cluster(_runId, _head, k)).RetireAsync())
        );
        _leave(null);
    }

    // A cluster that was lost and came back between two steps, or a forgotten instance of it, would give its past: to a snapshot or to the
    // scorer.
    void CheckVersion(int k, long version)
    {
        if (version != _versions[k])
            throw new StaleCallException($"cluster {_first + k} of head {_head}", "expected version", _versions[k], version);
    }

    FloatValues Gather(int n, Func<int, ReadOnlySpan<float>> centerOf)
    {
        var centers = new float[n * _dimension];
        for (var k = 0; k < n; k++)
            centerOf(k).CopyTo(centers.AsSpan(k * _dimension));
        return new FloatValues(centers);
    }

    sealed record BlockCopy(CaptureCall Call, ClusterCopy[] Copies);

    static DoubleValues Nothing { get; } = new([]);

    /// <summary>Runs work for n clusters: turns for those on this silo, messages for the others; waits for all.</summary>
    async Task ForEach(int n, Func<int, int> clusterOf, Action<Cluster, int> turn, Func<IClusterGrain, int, Task> message)
    {
        var remote = 0;
        for (var i = 0; i < n; i++)
            if (_local[clusterOf(i)] is null)
                remote++;
        var turns = new ClusterTurns(n - remote, turn, _world.Time);
        List<Task>? messages = remote > 0 ? new(remote) : null;
        for (var i = 0; i < n; i++)
        {
            if (_local[clusterOf(i)] is { } local)
                turns.Post(local, i);
            else
                messages!.Add(message(_clusters[clusterOf(i)], i));
        }

        await turns.WhenAll();
        if (messages is not null)
            await Task.WhenAll(messages);
    }

    int[] SlotsByCluster(ReadOnlySpan<int> touched)
    {
        var slots = new int[_clusters.Length];
        Array.Fill(slots, -1);
        for (var slot = 0; slot < touched.Length; slot++)
            slots[touched[slot] - _first] = slot;
        return slots;
    }
}
