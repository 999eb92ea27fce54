using CoKe.Abstractions;
using CoKe.Grains.Clusters;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Scoring;

/// <summary>
/// What a silo holds of a run for scoring: of every head the clusters that live here, and the embeddings of the steps that are still to
/// come. Calls interleave, because heads do not wait for each other; of one head one call changes something at a time.
/// </summary>
sealed class Scorer : IDisposable
{
    readonly ClusterDirectory _directory;
    readonly ActorWorld _world;
    readonly string _silo;
    readonly Action<string?> _leave;
    readonly int _threads;
    readonly string _runId;
    readonly string _name;
    readonly Fence _fence;
    readonly Dictionary<long, LoadedStep> _steps = [];
    HeadShare[] _shares = [];
    ScorerRestored? _restored;
    List<IClusterBlockGrain>? _captured;
    long _capturedStep;

    /// <param name="key">run/place.</param>
    /// <param name="directory">The constants of heads.</param>
    /// <param name="world">The world.</param>
    /// <param name="silo">Where this activation lives.</param>
    /// <param name="threads">Threads that score one mini-batch.</param>
    /// <param name="leave">Ends this activation; its successor is made on the silo that is named.</param>
    public Scorer(string key, ClusterDirectory directory, ActorWorld world, string silo, int threads, Action<string?> leave)
    {
        (_directory, _world, _silo, _threads, _leave) = (directory, world, silo, threads, leave);
        (_runId, var place) = Keys.SplitTwo(key);
        _name = $"scorer {place} of run {_runId}";
        _fence = new Fence(_name);
    }

    /// <inheritdoc cref="Fence.IsUntouched"/>
    public bool HoldsNothing => _fence.IsUntouched;

    /// <summary>Embeddings are here of a step that every head has taken: nobody needs them, and nobody would let them go. Never
    /// so.</summary>
    public bool HoldsTakenStep => _steps.Keys.Any(step => _shares.All(share => share.Version >= step));

    public Task<ScorerRestored?> RestoreAsync(ScorerRestore call) =>
        _fence.RestoreAsync(
            call.Incarnation,
            call.Version,
            isAway: !call.Stay && _world.Silos.IsAway(_silo, call.Home),
            leave: () => _leave(call.Home),
            load: () => LoadAsync(call),
            answer: () => _restored!
        );

    async Task<Action> LoadAsync(ScorerRestore call)
    {
        _steps.Clear();
        _captured = null;
        var restores = call
            .Shares.Select(share => new ShareRestoring(_world, _runId, _directory.Plan(_runId, share.Head, call.Clustering), call, share))
            .ToArray();
        try
        {
            await Task.WhenAll(restores.Select(restore => restore.RunAsync()));
        }
        catch (StaleCallException) when (call.Incarnation == _fence.Incarnation && !_fence.IsRestored(call.Incarnation))
        {
            // A later incarnation rules by now, which may have no such place: it would tell nobody that it made after it had told.
            _leave(null);
            throw;
        }

        return () =>
        {
            Array.ForEach(_shares, share => share.Dispose());
            _shares = [.. restores.Select(restore => restore.Share(_name))];
            var isHome = (call.Home is null || call.Home == _silo) && restores.All(restore => restore.IsHome);
            _restored = new ScorerRestored(isHome, [.. restores.Select(restore => restore.StartDuals())]);
        };
    }

    public ValueTask LoadAsync(StepEmbeddings call)
    {
        _fence.CheckIncarnation(call.Incarnation);
        if (_shares.Any(share => share.Version < call.Step))
            _steps.TryAdd(call.Step, new LoadedStep(call, _shares.Length));
        return ValueTask.CompletedTask;
    }

    public ValueTask<ScoreReply> ScoreAsync(ScoreCall call)
    {
        var share = ShareOf(call.Head, call.Fence);
        share.Check(call.Fence);
        return new(share.Score(call.Fence.Step, StepOf(call.Fence.Step).Embeddings, call.RowClock, _threads));
    }

    public async ValueTask<long> ApplyAsync(ApplyCall call)
    {
        var share = ShareOf(call.Head, call.Fence);
        using var change = share.BeginChange(call.Fence);
        var step = StepOf(call.Fence.Step);
        await share.ApplyAsync(call, step.Embeddings, step.ImageIds, CheckIncarnation);
        CheckIncarnation(call.Fence.Incarnation);
        share.Advance(call.Fence.Step);
        if (--step.SharesLeft == 0)
            _steps.Remove(call.Fence.Step);
        return share.Version;
    }

    public async Task<IReadOnlyList<ShareClosing>> EndEpochAsync(ScorerBoundary call)
    {
        var boundary = call.Boundary;
        _fence.CheckIncarnation(boundary.Fence.Incarnation);
        var shares = _shares;
        var changes = new List<HeadShare.Change>(shares.Length);
        try
        {
            foreach (var share in shares)
                changes.Add(share.BeginChange(boundary.Fence)); // a head that refuses must not leave those before it in a change
            var closings = await Task.WhenAll(shares.Select((share, i) => share.EndEpochAsync(boundary, call.Moves[i], CheckIncarnation)));
            CheckIncarnation(boundary.Fence.Incarnation);
            foreach (var share in shares)
                share.Advance(boundary.Fence.Step);
            return closings;
        }
        finally
        {
            changes.ForEach(change => change.Dispose());
        }
    }

    public async Task<IReadOnlyList<SnapshotName?[]>> CaptureAsync(ScorerCapture call)
    {
        _fence.CheckIncarnation(call.Fence.Incarnation);
        foreach (var share in _shares)
            share.Check(call.Fence);
        (_captured, _capturedStep) = ([], call.Fence.Step);
        var captured = _captured;
        var names = await Task.WhenAll(_shares.Select((share, i) => share.CaptureAsync(call, call.Named[i], captured)));
        CheckIncarnation(call.Fence.Incarnation);
        return names;
    }

    public async Task SaveAsync(SaveCall call)
    {
        _fence.CheckIncarnation(call.Incarnation);
        if (_captured is null || _capturedStep != call.Step)
            throw new StaleCallException(_name, "step", call.Step, _captured is null ? -1 : _capturedStep);
        await Task.WhenAll(_captured.Select(block => block.SaveAsync(call)));
        _fence.CheckIncarnation(call.Incarnation);
    }

    public async Task CommitAsync(CommitCall call)
    {
        _fence.CheckIncarnation(call.Incarnation);
        await Task.WhenAll(Blocks.Select(block => block.CommitAsync(call)));
        _fence.CheckIncarnation(call.Incarnation);
    }

    /// <inheritdoc cref="IScorerGrain.VerifyAsync"/>
    public async Task VerifyAsync(int incarnation, int committed)
    {
        _fence.CheckIncarnation(incarnation);
        await Task.WhenAll(Blocks.Select(block => block.VerifyAsync(incarnation, committed)));
        _fence.CheckIncarnation(incarnation);
    }

    public Task RetireAsync(int incarnation)
    {
        if (incarnation < _fence.Incarnation)
            throw new StaleCallException(_name, "incarnation", incarnation, _fence.Incarnation);
        _fence.Close();
        _leave(null);
        return Task.CompletedTask;
    }

    /// <summary>Frees what is scored with. A call that waits for its blocks may go on after this: it must find the fence closed, not memory
    /// that is another's by now.</summary>
    public void Dispose()
    {
        _fence.Close();
        Array.ForEach(_shares, share => share.Dispose());
    }

    IEnumerable<IClusterBlockGrain> Blocks => _shares.SelectMany(share => share.Blocks);

    void CheckIncarnation(int incarnation) => _fence.CheckIncarnation(incarnation);

    HeadShare ShareOf(int head, in CallFence fence)
    {
        _fence.CheckIncarnation(fence.Incarnation);
        return Array.Find(_shares, share => share.Head == head) ?? throw new UnknownPartException("head", head, _shares.Length);
    }

    LoadedStep StepOf(long step) =>
        _steps.TryGetValue(step, out var loaded) ? loaded : throw new StaleCallException(_name, "loaded step", step, -1);

    sealed class LoadedStep(StepEmbeddings step, int shares)
    {
        public FloatValues Embeddings => step.Embeddings;

        public IntValues ImageIds => step.ImageIds;

        /// <summary>Heads that have still to take this step; then nobody needs it any more.</summary>
        public int SharesLeft { get; set; } = shares;
    }
}
