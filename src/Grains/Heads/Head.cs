using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Clusters;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Heads;

/// <summary>
/// One head of a run: scores mini-batches against its packed centers and duals, and hands every touched cluster its contribution. What it
/// holds is a cache of what the clusters answered.
/// </summary>
sealed partial class Head : IDisposable
{
    readonly ClusterDirectory _directory;
    readonly ActorWorld _world;
    readonly string _silo;
    readonly Action<string?> _leave;
    readonly int _threads;
    readonly string _runId;
    readonly int _head;
    readonly string _name;
    int _clustersPerBlock;
    IClusterBlockGrain[] _blocks = [];
    long[] _blockVersions = [];
    HeadPlan? _plan;
    ScoringMatrix? _matrix;
    Dual[] _duals = [];
    EpochMeter? _meter;
    List<IClusterBlockGrain>? _captured;
    long _capturedStep;
    long _rowClock;
    FloatValues? _closing;
    FloatValues? _frozen;
    Restored _restored;
    readonly SharedLook<IReadOnlyList<ClusterSummary>> _look;
    (int Incarnation, long Version, IReadOnlyList<ClusterSummary> Clusters)? _told;
    (UncommittedName Name, FloatValues Centers)? _shown;
    Fence _fence;
    CommittedEpoch _committedEpoch;

    public Head(string key, ClusterDirectory directory, ActorWorld world, string silo, int scoringThreads, Action<string?> leave)
    {
        (_directory, _world, _silo, _threads, _leave) = (directory, world, silo, scoringThreads, leave);
        (_runId, _head) = Keys.SplitTwo(key);
        _name = $"head {_head} of run {_runId}";
        _fence = new Fence(_name);
        _committedEpoch = new CommittedEpoch(_name);
        _look = new SharedLook<IReadOnlyList<ClusterSummary>>(LookAtClustersAsync, world.Time) { ShortestPause = TimeSpan.Zero };
    }

    /// <inheritdoc cref="Fence.IsUntouched"/>
    public bool HoldsNothing => _fence.IsUntouched;

    public async Task<Restored> RestoreAsync(RestoreCall call)
    {
        if (!_fence.BeginRestore(call.Incarnation))
            return _restored;
        if (!call.Stay && _world.Silos.IsAway(_silo, call.Home))
        {
            _leave(call.Home);
            return Restored.Left;
        }

        _committedEpoch.Withdraw();
        _captured = null;
        var plan = _directory.Plan(_runId, _head, call.Clustering);
        int K = plan.ClusterCount,
            d = plan.Dimension;
        var initial = call.InitialCenters ?? new FloatValues(plan.InitialCenters());
        (int First, int Count) Range(int b) =>
            (b * call.Layout.ClustersPerBlock, Math.Min(call.Layout.ClustersPerBlock, K - (b * call.Layout.ClustersPerBlock)));
        var blocks = Enumerable
            .Range(0, call.Layout.BlockCount(K))
            .Select(b => _world.Grains.GetGrain<IClusterBlockGrain>(Keys.Block(_runId, _head, b)))
            .ToArray();
        var restored = await Task.WhenAll(
            blocks.Select(
                (block, b) =>
                {
                    var (first, n) = Range(b);
                    return RestoreAtHome.CallAsync(call.BlockHomes?[b], (home, stay) =>
                        block.RestoreAsync(
                            new BlockRestore(
                                call.Incarnation,
                                call.Blocks[b],
                                call.Clustering,
                                initial.Slice(first * d, n * d),
                                n,
                                first,
                                home,
                                stay
                            )
                        )
                    );
                }
            )
        );
        var states = await Task.WhenAll(blocks.Select(block => block.ReadAsync(call.Incarnation)));
        if (_fence.Incarnation != call.Incarnation)
            throw new StaleCallException(_name, "incarnation", call.Incarnation, _fence.Incarnation);
        if (_fence.IsRestored(call.Incarnation))
            return _restored;
        for (var b = 0; b < blocks.Length; b++)
        {
            // A block that confirms a restore of long ago has moved on: to load it would mix two states of the run.
            if (states[b].Version != call.Blocks[b].Version)
                throw new StaleCallException($"block {b} of {_name}", "version", call.Blocks[b].Version, states[b].Version);
        }

        _matrix?.Dispose();
        (_plan, _clustersPerBlock, _blocks, _blockVersions) = (plan, call.Layout.ClustersPerBlock, blocks, new long[blocks.Length]);
        _matrix = new ScoringMatrix(plan, initial.Span);
        _duals = new Dual[K];
        _rowClock = call.RowClock;
        var frozen = new float[K * d];
        var startDuals = new double[K];
        for (var b = 0; b < blocks.Length; b++)
        {
            Load(b, states[b]);
            states[b].Frozen.Span.CopyTo(frozen.AsSpan(RangeOf(b).First * d));
            for (var i = 0; i < states[b].Counts.Length; i++)
            {
                var k = RangeOf(b).First + i;
                startDuals[k] = new Dual(states[b].StartDualBases.Span[i], (long)states[b].StartDualSince.Span[i]).At(
                    call.RowClock - call.RowsInEpoch,
                    plan.PushPerRow(k)
                );
            }
        }

        _meter = new EpochMeter(plan);
        _meter.Open(startDuals, call.RowsInEpoch, call.SimilaritySum);
        (_frozen, _closing) = (new FloatValues(frozen), null);
        _committedEpoch.Restore(call.Committed);
        _fence.CompleteRestore(call.Incarnation, call.Version);
        return _restored =
            (call.Home is null || call.Home == _silo) && restored.All(block => block == Restored.Home) ? Restored.Home : Restored.Away;
    }

    public async ValueTask<AssignReply> AssignAsync(AssignCall call)
    {
        _shown = null; // of a step that is over
        _fence.CheckChange(call.Fence);
        var (plan, matrix) = (_plan!, _matrix!);
        var d = plan.Dimension;
        var rows = call.Embeddings.Length / d;
        var labels = new int[rows];
        var similarities = new float[rows];
        matrix.Assign(call.Embeddings.Memory, rows, call.RowClock, labels, similarities, _threads); // eqns 10, 17
        var contribution = BatchReduction.Of(call.Embeddings.Span, d, labels, plan.ClusterCount);
        double? threshold = plan.NeedsGlobalDuals
            ? DualProjection.Threshold(plan, _duals, call.RowClock, rows, contribution.Clusters, contribution.Members) // eqn 11
            : null;
        await Contribute(call, rows, contribution, threshold);
        _fence.CheckIncarnation(call.Fence.Incarnation);
        _meter!.Add(similarities);
        _rowClock = call.RowClock + rows;
        _fence.Advance(call.Fence.Step);
        return new AssignReply(_fence.Version, new IntValues(labels));
    }

    public async Task<HeadClosing> EndEpochAsync(BoundaryCall call)
    {
        _fence.CheckChange(call.Fence);
        var states = await Task.WhenAll(
            _blocks.Select((block, b) => block.EndEpochAsync(call with { Fence = call.Fence with { ExpectedVersion = _blockVersions[b] } }))
        );
        _fence.CheckIncarnation(call.Fence.Incarnation);
        int K = _plan!.ClusterCount,
            d = _plan.Dimension;
        var sizes = new long[K];
        var frozen = new float[K * d];
        for (var b = 0; b < _blocks.Length; b++)
        {
            var (first, n) = RangeOf(b);
            Load(b, states[b]);
            for (var i = 0; i < n; i++)
                sizes[first + i] = (long)states[b].LastCounts.Span[i];
            states[b].Frozen.Span.CopyTo(frozen.AsSpan(first * d, n * d));
        }

        var duals = DualsAt(call.RowClock);
        var report = _meter!.Close(call.Epoch, sizes, duals);
        _meter.Open(duals);
        _closing = new FloatValues(frozen);
        _committedEpoch.Close(call.Epoch);
        _fence.Advance(call.Fence.Step);
        return new HeadClosing(report, new HeadSizes(new DoubleValues([.. sizes.Select(size => (double)size)]), new DoubleValues(duals)));
    }

    public async Task<HeadCaptured> CaptureAsync(HeadCapture call)
    {
        _fence.Check(call.Fence);
        var step = call.Fence.Step;
        var names = new SnapshotName?[_blocks.Length];
        _captured = new List<IClusterBlockGrain>(_blocks.Length);
        _capturedStep = step;
        var captures = new List<Task>(_blocks.Length);
        for (var b = 0; b < _blocks.Length; b++)
        {
            names[b] = call.Named[b].Current;
            if (!call.IsBoundary && _blockVersions[b] == call.Named[b].Version)
                continue; // a block that did not change keeps its version
            var slot = call.Named[b].FreeSlot;
            names[b] = new SnapshotName(slot, call.Fence.Incarnation, step, _blockVersions[b]);
            captures.Add(
                _blocks[b].CaptureAsync(new CaptureCall(call.Fence with { ExpectedVersion = _blockVersions[b] }, slot, call.IsBoundary))
            );
            _captured.Add(_blocks[b]);
        }

        await Task.WhenAll(captures);
        _fence.CheckIncarnation(call.Fence.Incarnation);
        return new HeadCaptured(names, _meter!.SimilaritySum);
    }

    public async Task SaveAsync(SaveCall call)
    {
        _fence.CheckIncarnation(call.Incarnation);
        if (_captured is null || _capturedStep != call.Step)
            throw new StaleCallException(_name, "step", call.Step, _captured is null ? -1 : _capturedStep);
        await Task.WhenAll(_captured.Select(block => block.SaveAsync(call)));
        _fence.CheckIncarnation(call.Incarnation);
    }

    public Task RetireAsync()
    {
        _fence.Close();
        _leave(null);
        return Task.CompletedTask;
    }

    public Task CommitAsync(CommitCall call)
    {
        _fence.CheckIncarnation(call.Incarnation);
        if (_committedEpoch.Commit(call))
            (_frozen, _closing) = (_closing, null);
        return Task.CompletedTask;
    }

    public void Dispose() => _matrix?.Dispose();

    /// <summary>One envelope per touched block; the cache is up to date when all have answered.</summary>
    async Task Contribute(AssignCall call, int rows, BatchReduction contribution, double? threshold)
    {
        var d = _plan!.Dimension;
        var (clusters, members, sums) = (
            new IntValues(contribution.Clusters),
            new IntValues(contribution.Members),
            new DoubleValues(contribution.Sums)
        );
        var calls = new List<(int Block, IntValues Clusters, ValueTask<BlockReply> Reply)>(_blocks.Length);
        var at = 0;
        for (var b = 0; b < _blocks.Length; b++)
        {
            var start = at;
            var end = RangeOf(b).First + RangeOf(b).Count;
            while (at < clusters.Length && contribution.Clusters[at] < end)
                at++;
            if (at == start && threshold is null)
                continue;
            var fence = call.Fence with { ExpectedVersion = _blockVersions[b] };
            var part = new BlockContribution(
                fence,
                call.Epoch,
                call.RowClock,
                rows,
                threshold,
                clusters.Slice(start, at - start),
                members.Slice(start, at - start),
                sums.Slice(start * d, (at - start) * d)
            );
#pragma warning disable CA2012 // each is awaited once, below
            calls.Add((b, part.Clusters, _blocks[b].ApplyAsync(part)));
#pragma warning restore CA2012
        }

        // Every call is awaited, also when one fails: a forgotten one could answer into a later step.
        Exception? error = null;
        foreach (var (b, touched, pending) in calls)
        {
            try
            {
                var reply = await pending;
                _fence.CheckIncarnation(call.Fence.Incarnation);
                Update(b, touched.Span, reply, everyDual: threshold is not null);
            }
            catch (Exception e)
            {
                error ??= e;
            }
        }

        if (error is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
    }

    void Update(int b, ReadOnlySpan<int> touched, BlockReply reply, bool everyDual)
    {
        var d = _plan!.Dimension;
        _blockVersions[b] = reply.Version;
        for (var i = 0; i < touched.Length; i++)
            _matrix!.SetCenter(touched[i], reply.Centers.Span.Slice(i * d, d));
        var duals = reply.Duals.Span;
        var first = RangeOf(b).First;
        for (var i = 0; i < duals.Length; i++)
            SetDual(everyDual ? first + i : touched[i], new Dual(duals[i], reply.RowClock));
    }

    void Load(int b, BlockState state)
    {
        var (first, n) = RangeOf(b);
        var d = _plan!.Dimension;
        _blockVersions[b] = state.Version;
        for (var i = 0; i < n; i++)
        {
            _matrix!.SetCenter(first + i, state.Centers.Span.Slice(i * d, d));
            SetDual(first + i, new Dual(state.DualBases.Span[i], (long)state.DualSince.Span[i]));
        }
    }

    double[] DualsAt(long rowClock)
    {
        var duals = new double[_duals.Length];
        for (var k = 0; k < duals.Length; k++)
            duals[k] = _duals[k].At(rowClock, _plan!.PushPerRow(k));
        return duals;
    }

    void SetDual(int k, Dual dual)
    {
        _duals[k] = dual;
        _matrix!.SetDual(k, dual);
    }

    (int First, int Count) RangeOf(int b) =>
        (b * _clustersPerBlock, Math.Min(_clustersPerBlock, _plan!.ClusterCount - (b * _clustersPerBlock)));
}
