using CoKe.Abstractions;
using CoKe.Grains.Durability;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Labels;

/// <summary>Owns the pseudo-labels of a range of images: takes them from the sequencer, gives the committed ones to trainers.</summary>
sealed class ImageShard
{
    readonly string _name;
    readonly SnapshotSlots _slots;
    readonly Silos _silos;
    readonly string _silo;
    readonly Action<string?> _leave;
    readonly Fence _fence;
    readonly InFlight _saves = new();
    ShardLabels? _labels;
    (CaptureCall Call, byte[] Payload)? _captured;
    CommittedEpoch _committedEpoch;

    public ImageShard(string key, ActorWorld world, string silo, Action<string?> leave)
    {
        var (runId, shard) = Keys.SplitTwo(key);
        _name = $"shard {shard} of run {runId}";
        _slots = new SnapshotSlots(world.Storage, Rows.Shard(key));
        (_silos, _silo, _leave) = (world.Silos, silo, leave);
        _fence = new Fence(_name);
        _committedEpoch = new CommittedEpoch(_name);
    }

    /// <inheritdoc cref="Fence.IsUntouched"/>
    public bool HoldsNothing => _fence.IsUntouched;

    public Task<ShardRestored?> RestoreAsync(ShardRestore call) =>
        _fence.RestoreAsync(
            call.Incarnation,
            call.Named.Version,
            isAway: !call.Stay && _silos.IsAway(_silo, call.Home),
            leave: () => _leave(call.Home),
            load: () => LoadAsync(call),
            answer: () => new ShardRestored(_fence.Version, _labels!.SeenBits(), call.Home is null || call.Home == _silo)
        );

    async Task<Action> LoadAsync(ShardRestore call)
    {
        _committedEpoch.Withdraw();
        _captured = null;
        var boundary = await _slots.LoadAsync(call.Named.Boundary);
        var open = call.Named.Current == call.Named.Boundary ? null : await _slots.LoadAsync(call.Named.Current);
        return () =>
        {
            _labels = Decode(call, boundary, open);
            _committedEpoch.Restore(call.Committed);
        };
    }

    ShardLabels Decode(ShardRestore call, byte[]? boundary, byte[]? open)
    {
        try
        {
            return ShardLabels.Restore(call.Clustering, call.FirstImage, call.ImageCount, boundary, open);
        }
        catch (InvalidDataException e)
        {
            throw _slots.Unreadable(call.Named, e);
        }
    }

    public ValueTask<long> WriteAsync(ShardWrite call)
    {
        _fence.CheckChange(call.Fence);
        _labels!.Write(call.ImageIds.Span, call.Labels.Span);
        _fence.Advance(call.Fence.Step);
        return new(_fence.Version);
    }

    public Task<ShardBoundary> EndEpochAsync(BoundaryCall call)
    {
        _fence.CheckChange(call.Fence);
        var (seen, changed, moves) = _labels!.EndEpoch(call.Epoch);
        _committedEpoch.Close(call.Epoch);
        _fence.Advance(call.Fence.Step);
        return Task.FromResult(new ShardBoundary(_fence.Version, seen, changed, moves));
    }

    public Task CaptureAsync(CaptureCall call)
    {
        _fence.Check(call.Fence);
        _captured = (call, call.IsBoundary ? _labels!.EncodeBoundary() : _labels!.EncodeOpenEpoch());
        return Task.CompletedTask;
    }

    public async Task SaveAsync(SaveCall call)
    {
        using var save = _saves.Begin();
        _fence.CheckIncarnation(call.Incarnation);
        if (_captured is not { } captured || captured.Call.Fence.Step != call.Step)
            throw new StaleCallException(_name, "step", call.Step, _captured?.Call.Fence.Step ?? -1);
        await _slots.SaveAsync(captured.Call.Slot, call.Incarnation, call.Step, captured.Payload, i => _fence.CheckIncarnation(i));
        _fence.CheckIncarnation(call.Incarnation);
        if (_captured == captured)
            _captured = null; // as large as the labels themselves
    }

    public Task CommitAsync(CommitCall call)
    {
        _fence.CheckIncarnation(call.Incarnation);
        if (_committedEpoch.Commit(call))
            _labels!.Commit();
        return Task.CompletedTask;
    }

    /// <inheritdoc cref="IImageShardGrain.VerifyAsync"/>
    public Task VerifyAsync(int incarnation, int committed)
    {
        _fence.CheckIncarnation(incarnation);
        _committedEpoch.CheckKnown(committed);
        return Task.CompletedTask;
    }

    public Task<LabelSlice> ReadAsync(EpochName epoch, IntValues imageIds)
    {
        _committedEpoch.Check(epoch);
        return Task.FromResult(_labels!.Read(epoch.Epoch, imageIds.Span));
    }

    public Task<ImageStatus> GetImageAsync(int incarnation, int imageId)
    {
        _fence.CheckIncarnation(incarnation);
        return Task.FromResult(_labels!.Image(_committedEpoch.Epoch, imageId));
    }

    public Task<IntValues> ReadUncommittedAsync(UncommittedName name, IntValues imageIds)
    {
        _fence.CheckIncarnation(name.Incarnation);
        if (_fence.Version > name.Step)
            throw new StaleCallException(_name, "step", name.Step, _fence.Version); // a step changes only the shards of its images
        if (_committedEpoch.Epoch != name.Epoch - 1)
            throw new EpochNotReadableException(_name, name.Epoch, _committedEpoch.Epoch);
        return Task.FromResult(
            _labels!.ReadOpen(imageIds.Span) is { } labels
                ? new IntValues(labels)
                : throw new EpochNotReadableException(_name, name.Epoch, _committedEpoch.Epoch)
        );
    }

    public async Task RetireAsync()
    {
        _fence.Close();
        await _saves.WhenNoneAsync(); // it would write a row
        _leave(null);
    }
}
