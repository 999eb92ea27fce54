using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Durability;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Clusters;

/// <summary>
/// A contiguous range of a head's clusters, placed together with them. It takes one envelope per mini-batch and posts each cluster its
/// contribution as a turn of that cluster; a cluster that lives elsewhere gets the same call as a message. It writes and restores their
/// state as one row.
/// </summary>
sealed class ClusterBlock
{
    readonly ClusterDirectory _directory;
    readonly ActorWorld _world;
    readonly SnapshotSlots _slots;
    readonly string _silo;
    readonly Action<string?> _leave;
    readonly string _runId;
    readonly int _head;
    readonly string _name;
    readonly Fence _fence;
    readonly InFlight _inFlight = new(); // restores and saves
    readonly SharedLook<ClusterFigures[]> _look;
    BlockClusters? _clusters;
    BlockCopy? _captured;
    FloatValues? _frozen; // C^{t-1}, which is read until the commit of the next
    FloatValues? _closing; // C^t
    BlockRestored? _restored;
    CommittedEpoch _committedEpoch;
    (int Incarnation, long Version, ClusterFigures[] Figures)? _told;

    public ClusterBlock(string key, ClusterDirectory directory, ActorWorld world, string silo, Action<string?> leave)
    {
        (_directory, _world, _silo, _leave) = (directory, world, silo, leave);
        _slots = new SnapshotSlots(world.Storage, Rows.Block(key));
        (_runId, _head, var block) = Keys.SplitThree(key);
        _name = $"block {block} of head {_head}";
        _fence = new Fence(_name);
        _committedEpoch = new CommittedEpoch(_name);
        _look = new SharedLook<ClusterFigures[]>(LookAtClustersAsync, world.Time) { ShortestPause = TimeSpan.Zero };
    }

    /// <inheritdoc cref="Fence.IsUntouched"/>
    public bool HoldsNothing => _fence.IsUntouched;

    public async Task<BlockRestored?> RestoreAsync(BlockRestore call)
    {
        using var restore = _inFlight.Begin();
        return await _fence.RestoreAsync(
            call.Incarnation,
            call.Named.Version,
            isAway: !call.Stay && _world.Silos.IsAway(_silo, call.Home),
            leave: () => Leave(call.Home!),
            load: () => LoadAsync(call),
            answer: () => _restored!
        );
    }

    async Task<Action> LoadAsync(BlockRestore call)
    {
        _committedEpoch.Withdraw();
        _captured = null;
        var plan = _directory.Plan(_runId, _head, call.Clustering);
        var boundary = await _slots.LoadAsync(call.Named.Boundary);
        var open = call.Named.Current == call.Named.Boundary ? null : await _slots.LoadAsync(call.Named.Current);
        _fence.ThrowIfSuperseded(call.Incarnation);
        var copies = Decode(call, plan, boundary, open);
        var clusters = await BlockClusters.RestoreAsync(_world, _directory, _silo, _runId, plan, call, copies);
        return () =>
        {
            (_clusters, _frozen, _closing) = (clusters, FrozenOf(copies, plan.Dimension), null);
            _committedEpoch.Restore(call.Committed);
            _restored = new BlockRestored((call.Home is null || call.Home == _silo) && clusters.AreHome);
        };
    }

    /// <summary>
    /// The clusters on this silo leave with their block, without a message each; any other follows when it is restored. Nobody waits: one
    /// that is gone takes no turn.
    /// </summary>
    void Leave(string home)
    {
        foreach (var cluster in _clusters?.Local ?? [])
            cluster.Scheduler.QueueAction(_ => cluster.Retire(home), cluster);
        _leave(home);
    }

    ClusterCopy[] Decode(BlockRestore call, HeadPlan plan, byte[]? boundary, byte[]? open)
    {
        try
        {
            return BlockPayload.Decode(plan, call.FirstCluster, call.InitialCenters.Span, boundary, open);
        }
        catch (InvalidDataException e)
        {
            throw _slots.Unreadable(call.Named, e);
        }
    }

    public async ValueTask<BlockReply> ApplyAsync(BlockContribution call)
    {
        _fence.CheckChange(call.Fence);
        var (centers, duals) = await _clusters!.ApplyAsync(call);
        _fence.CheckIncarnation(call.Fence.Incarnation);
        _fence.Advance(call.Fence.Step);
        return new BlockReply(_fence.Version, centers, duals, call.RowClock + call.Rows);
    }

    public async Task<BlockState> EndEpochAsync(BoundaryCall call)
    {
        _fence.CheckChange(call.Fence);
        var (centers, frozen, figures) = await _clusters!.EndEpochAsync(call);
        _fence.CheckIncarnation(call.Fence.Incarnation);
        _closing = frozen;
        _committedEpoch.Close(call.Epoch);
        _fence.Advance(call.Fence.Step);
        return new BlockState(_fence.Version, centers, figures);
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
        var copies = await _clusters!.CopyAsync(call.Fence.Incarnation);
        _fence.CheckIncarnation(call.Fence.Incarnation);
        _captured = new BlockCopy(call, copies);
    }

    public async Task SaveAsync(SaveCall call)
    {
        using var save = _inFlight.Begin();
        _fence.CheckIncarnation(call.Incarnation);
        if (_captured is not { } captured || captured.Call.Fence.Step != call.Step)
            throw new StaleCallException(_name, "step", call.Step, _captured?.Call.Fence.Step ?? -1);
        var payload = BlockPayload.Encode(_clusters!.Plan, captured.Copies, captured.Call.IsBoundary);
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

    public async Task<BlockState> ReadAsync(int incarnation)
    {
        _fence.CheckIncarnation(incarnation);
        var clusters = _clusters!;
        var centers = new float[clusters.Count * clusters.Plan.Dimension];
        var figures = await clusters.ReadAsync(incarnation, centers);
        _fence.CheckIncarnation(incarnation);
        return new BlockState(_fence.Version, new FloatValues(centers), figures);
    }

    /// <inheritdoc cref="IClusterBlockGrain.VerifyAsync"/>
    public async Task VerifyAsync(int incarnation, int committed)
    {
        _fence.CheckIncarnation(incarnation);
        _committedEpoch.CheckKnown(committed);
        await _clusters!.VerifyAsync(incarnation);
        _fence.CheckIncarnation(incarnation);
    }

    public Task<FloatValues> GetCentersAsync(EpochName epoch)
    {
        _committedEpoch.Check(epoch);
        return Task.FromResult(_frozen!);
    }

    /// <inheritdoc cref="IClusterBlockGrain.GetNearestAsync"/>
    public Task<IReadOnlyList<NearCluster>> GetNearestAsync(EpochName epoch, int count, FloatValues direction)
    {
        _committedEpoch.Check(epoch);
        return Task.FromResult(NearestCenters.Of(_frozen!, _clusters!.First, direction, _clusters.Plan.Dimension, count));
    }

    public async Task<FloatValues> GetUncommittedCentersAsync(UncommittedName name)
    {
        _fence.CheckIncarnation(name.Incarnation);
        if (_fence.Version > name.Step)
            throw new StaleCallException(_name, "step", name.Step, _fence.Version); // a step changes only the blocks of its labels
        if (_committedEpoch.Epoch != name.Epoch - 1)
            throw new EpochNotReadableException(_name, name.Epoch, _committedEpoch.Epoch);
        return (await ReadAsync(name.Incarnation)).Centers;
    }

    /// <summary>What the clusters told is told again until the next step; while steps go on, all who ask at a time share one look at the
    /// clusters.</summary>
    public async Task<IReadOnlyList<ClusterSummary>> GetClustersAsync(long rowClock, int incarnation)
    {
        _fence.CheckIncarnation(incarnation);
        var (plan, first) = (_clusters!.Plan, _clusters.First);
        var all =
            _told is { } told && (told.Incarnation, told.Version) == (_fence.Incarnation, _fence.Version)
                ? told.Figures
                : await _look.Look();
        return
        [
            .. all.Select(
                (figures, i) =>
                    new ClusterSummary(
                        first + i,
                        figures.Count,
                        figures.LastCount,
                        plan.RequiredSize(first + i),
                        figures.Dual.At(Math.Max(rowClock, figures.Dual.Since), plan.PushPerRow(first + i))
                    )
            ),
        ];
    }

    // Figures alone: centers would stay in memory for as long as the run does, for one question.
    async Task<ClusterFigures[]> LookAtClustersAsync()
    {
        var (incarnation, version) = (_fence.Incarnation, _fence.Version);
        _fence.CheckIncarnation(incarnation);
        var figures = await _clusters!.ReadAsync(incarnation);
        _fence.CheckIncarnation(incarnation);
        if (version == _fence.Version) // what came in between two steps is of none of them
            _told = (incarnation, version, figures);
        return figures;
    }

    static FloatValues FrozenOf(ClusterCopy[] copies, int dimension)
    {
        var centers = new float[copies.Length * dimension];
        for (var k = 0; k < copies.Length; k++)
            copies[k].Frozen.Span.CopyTo(centers.AsSpan(k * dimension));
        return new FloatValues(centers);
    }

    sealed record BlockCopy(CaptureCall Call, ClusterCopy[] Copies);
}
