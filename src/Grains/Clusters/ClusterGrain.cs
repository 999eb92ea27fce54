using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using Orleans.Placement;

namespace CoKe.Grains.Clusters;

/// <summary>
/// The owner of one cluster: center sum, count, dual and centers live in this object only, and it alone applies the updates to them.
/// Its block reaches it by turns on its scheduler, everybody else by messages.
/// </summary>
[GrainType("cluster"), KeepAlive, BlockPlacement, Immovable]
internal sealed class ClusterGrain : Grain, IClusterGrain
{
    const int HistoryLength = 1024;

    readonly ClusterDirectory _directory;
    readonly ILocalSiloDetails _silo;
    readonly string _runId;
    readonly int _head;
    readonly int _cluster;
    readonly Queue<long> _history = [];
    HeadPlan? _plan;
    ClusterState? _state;
    Fence _fence;
    bool _closed;

    public ClusterGrain(ClusterDirectory directory, ILocalSiloDetails silo)
    {
        (_directory, _silo) = (directory, silo);
        (_runId, _head, _cluster) = Keys.SplitThree(this.GetPrimaryKeyString());
        _fence = new Fence($"cluster {_cluster} of head {_head}");
    }

    internal IGrainContext Context => GrainContext;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _directory.Add(this);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _closed = true;
        _directory.Remove(this);
        return Task.CompletedTask;
    }

    public Task RestoreAsync(ClusterRestore call)
    {
        if (!_fence.Restore(call.Incarnation, call.Version)) return Task.CompletedTask;
        _plan = _directory.Plan(_runId, _head, call.Clustering);
        _state = new ClusterState(_plan, _cluster, call.InitialCenter.Span);
        _history.Clear();
        return Task.CompletedTask;
    }

    public Task<ClusterReply> ApplyAsync(ClusterContribution call)
    {
        Contribute(call.Fence, call.Epoch, call.RowClock, call.Rows, call.Members, call.Sum.Span, call.Threshold);
        return ReadAsync();
    }

    public Task<ClusterReply> EndEpochAsync(BoundaryCall call)
    {
        Close(call);
        return ReadAsync();
    }

    public Task<ClusterReply> ReadAsync()
    {
        var state = State;
        return Task.FromResult(new ClusterReply(
            _fence.Version, FloatBlock.From(state.Center), FloatBlock.From(state.Frozen), state.Dual.Base, state.Dual.Since, state.Count, state.LastCount));
    }

    public Task<ClusterStatistics> GetStatisticsAsync(long rowClock)
    {
        var state = State;
        var dual = state.Dual.At(Math.Max(rowClock, state.Dual.Since), _plan!.PushPerRow(_cluster));
        var norm = 0.0;
        foreach (var v in state.Sum) norm += v * v;
        return Task.FromResult(new ClusterStatistics(
            _runId, _head, _cluster, state.Count, state.LastCount, _plan.RequiredSize(_cluster), dual, FloatBlock.From(state.Center),
            FloatBlock.From(state.Frozen), Math.Sqrt(norm), [.. _history], _fence.Version, _fence.Incarnation, _silo.SiloAddress.ToString()));
    }

    /// <summary>Steps 2 and 3 of a mini-batch, as a turn of this grain.</summary>
    internal void Contribute(in CallFence fence, int epoch, long rowClock, int rows, int members, ReadOnlySpan<double> sum, double threshold)
    {
        var state = Open(fence);
        state.Apply(epoch, rowClock, rows, members, sum, threshold);
        _fence.Advance(fence.Step);
    }

    /// <summary>Ends the epoch, as a turn of this grain.</summary>
    internal void Close(BoundaryCall call)
    {
        var state = Open(call.Fence);
        if (_history.Count == HistoryLength) _history.Dequeue();
        _history.Enqueue(state.Count);
        state.EndEpoch(call.Epoch);
        _fence.Advance(call.Fence.Step);
    }

    internal ClusterState State => _state ?? throw new StaleCallException($"cluster {_cluster} of head {_head}", "version", -1, -1);

    internal long Version => _fence.Version;

    ClusterState Open(in CallFence fence)
    {
        // An activation that is going away must not change: its successor would not know.
        if (_closed) throw new StaleCallException($"cluster {_cluster} of head {_head} (deactivating)", "expected version", fence.ExpectedVersion, _fence.Version);
        _fence.Check(fence);
        return State;
    }
}
