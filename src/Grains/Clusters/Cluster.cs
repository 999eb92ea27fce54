using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Clusters;

/// <summary>
/// The owner of one cluster: center sum, count, dual and centers live in this object only, and it alone applies the updates to them.
/// Its block reaches it by turns on its scheduler, everybody else by messages.
/// </summary>
sealed class Cluster
{
    readonly ClusterDirectory _directory;
    readonly string _runId;
    readonly int _head;
    readonly int _cluster;
    readonly string _silo;
    readonly Action<string?> _leave;
    readonly Fence _fence;
    ClusterEpoch[] _history = []; // replaced when an epoch ends: copies of the cluster share it
    int _lastEpoch = -1;
    HeadPlan? _plan;
    ClusterState? _state;
    volatile bool _closed;

    public Cluster(
        string key,
        string instance,
        ClusterDirectory directory,
        IWorkItemScheduler scheduler,
        string silo,
        Action<string?> leave
    )
    {
        (Key, Instance, _directory, Scheduler, _silo, _leave) = (key, instance, directory, scheduler, silo, leave);
        (_runId, _head, _cluster) = Keys.SplitThree(key);
        _fence = new Fence($"cluster {_cluster} of head {_head}");
        _directory.Add(this);
    }

    /// <inheritdoc cref="Fence.IsUntouched"/>
    public bool HoldsNothing => _fence.IsUntouched;

    public string Key { get; }

    /// <summary>Runs the turns of this cluster, one at a time.</summary>
    public IWorkItemScheduler Scheduler { get; }

    public ClusterState State => _closed ? throw Deactivating(_fence.Version) : _state ?? throw NotRestored();

    public long Version => _fence.Version;

    /// <summary>Names this activation.</summary>
    public string Instance { get; }

    /// <summary>Deactivation begins: from now on every turn is refused (rule 4), because a successor would not know of it.</summary>
    public void Close()
    {
        _closed = true;
        _directory.Remove(this);
    }

    public Task<string?> RestoreAsync(ClusterRestore call)
    {
        if (_closed)
            throw Deactivating(call.Incarnation);
        ReplaceForgotten();
        return _fence.RestoreAsync(
            call.Incarnation,
            call.Copy.Version,
            isAway: !call.Stay && call.Home is not null && call.Home != _silo, // its block lives there, so that silo is in good health
            leave: () => Retire(call.Home),
            load: () => Task.FromResult<Action>(() => Take(call)),
            answer: () => Instance
        );
    }

    void Take(ClusterRestore call)
    {
        _plan = _directory.Plan(_runId, _head, call.Clustering);
        _state = ClusterState.Restore(_plan, _cluster, call.Copy.ToSnapshot());
        (_history, _lastEpoch) = (call.Copy.History, call.LastEpoch);
    }

    public Task<ClusterReply> ApplyAsync(ClusterContribution call)
    {
        var members = new NewMembers(call.Members, call.Sum.Span, call.ImageIds.Span, call.Similarities.Span);
        Contribute(call.Fence, call.Epoch, call.RowClock, call.Rows, members, call.Threshold);
        return Task.FromResult(Reply());
    }

    public Task<ClusterReply> EndEpochAsync(BoundaryCall call)
    {
        EndEpoch(call);
        return Task.FromResult(Reply());
    }

    public Task<ClusterReply> ReadAsync(int incarnation)
    {
        _fence.CheckIncarnation(incarnation);
        return Task.FromResult(Reply());
    }

    public Task<string> VerifyAsync(int incarnation)
    {
        _fence.CheckIncarnation(incarnation);
        return Task.FromResult(Instance);
    }

    public Task<ClusterCopy> CopyAsync(int incarnation) => Task.FromResult(Copy(incarnation));

    public Task<ClusterStatistics> GetStatisticsAsync(long rowClock, int incarnation)
    {
        _fence.CheckIncarnation(incarnation);
        var state = State;
        var dual = state.Dual.At(Math.Max(rowClock, state.Dual.Since), _plan!.PushPerRow(_cluster));
        var norm = 0.0;
        foreach (var v in state.Sum)
            norm += v * v;
        return Task.FromResult(
            new ClusterStatistics(
                _runId,
                _head,
                _cluster,
                state.Count,
                state.LastCount,
                _plan.RequiredSize(_cluster),
                dual,
                FloatValues.From(state.Center),
                FloatValues.From(state.Frozen),
                Math.Sqrt(norm),
                Array.ConvertAll(_history, epoch => (long)epoch.Size),
                _fence.Version,
                _fence.Incarnation,
                _silo
            )
            {
                Epochs = ClusterEpochReport.Of(_history, _lastEpoch),
                OpenMembers = state.OpenMembers,
                LastMembers = state.LastMembers,
            }
        );
    }

    public Task RetireAsync()
    {
        Retire();
        return Task.CompletedTask;
    }

    /// <summary>Leaves memory, as a turn of this cluster.</summary>
    /// <param name="home">Where its successor is made; null: nowhere, or where it is needed.</param>
    public void Retire(string? home = null)
    {
        Close();
        _leave(home);
    }

    /// <summary>Steps 2 and 3 of a mini-batch, as a turn of this cluster.</summary>
    public void Contribute(in CallFence fence, int epoch, long rowClock, int rows, NewMembers members, double threshold)
    {
        Open(fence).Apply(epoch, rowClock, rows, members.Count, members.Sum, threshold, members.ImageIds, members.Similarities);
        _fence.Advance(fence.Step);
    }

    /// <summary>Ends the epoch, as a turn of this cluster.</summary>
    public void EndEpoch(BoundaryCall call)
    {
        var (kept, came) = call.Moves is { } moves ? (moves.Kept.Span[0], moves.Came.Span[0]) : (0, 0);
        _history = ClusterEpoch.Append(_history, Open(call.Fence).EndEpoch(call.Epoch, call.RowClock, kept, came));
        _lastEpoch = call.Epoch;
        _fence.Advance(call.Fence.Step);
    }

    /// <summary>Everything this cluster holds, as a turn of it.</summary>
    public ClusterCopy Copy(int incarnation)
    {
        _fence.CheckIncarnation(incarnation);
        if (_closed)
            throw Deactivating(_fence.Version);
        return ClusterCopy.Of(State.Snapshot(), _fence.Version, _history);
    }

    // The grain directory can forget an instance that lives on. Restored as this one was, it would answer questions with its past.
    void ReplaceForgotten()
    {
        if (_directory.Find(Key) is { } other && other != this)
            other.RetireAsync();
        _directory.Add(this);
    }

    ClusterReply Reply()
    {
        var state = State;
        return new ClusterReply(_fence.Version, FloatValues.From(state.Center), FloatValues.From(state.Frozen), state.Figures);
    }

    ClusterState Open(in CallFence fence)
    {
        if (_closed)
            throw Deactivating(fence.ExpectedVersion);
        _fence.CheckChange(fence);
        return State;
    }

    StaleCallException Deactivating(long given) =>
        new($"cluster {_cluster} of head {_head} (deactivating)", "expected version", given, _fence.Version);

    StaleCallException NotRestored() => new($"cluster {_cluster} of head {_head}", "version", -1, -1);
}

/// <summary>What one mini-batch brings to a cluster.</summary>
/// <param name="count">n_k.</param>
/// <param name="sum">d: the sum of their embeddings; may be empty when there are none.</param>
/// <param name="imageIds">n_k: the images.</param>
/// <param name="similarities">n_k: x . c of each.</param>
readonly ref struct NewMembers(int count, ReadOnlySpan<double> sum, ReadOnlySpan<int> imageIds, ReadOnlySpan<float> similarities)
{
    public int Count { get; } = count;

    public ReadOnlySpan<double> Sum { get; } = sum;

    public ReadOnlySpan<int> ImageIds { get; } = imageIds;

    public ReadOnlySpan<float> Similarities { get; } = similarities;
}
