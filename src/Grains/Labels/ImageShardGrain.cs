using CoKe.Abstractions;
using CoKe.Grains.Protocol;
using Orleans.Placement;

namespace CoKe.Grains.Labels;

/// <summary>Owns the pseudo-labels of a range of images: takes them from the sequencer, gives the committed ones to trainers.</summary>
[GrainType("shard"), KeepAlive, Immovable]
internal sealed class ImageShardGrain : Grain, IImageShardGrain
{
    readonly string _name;
    ShardLabels? _labels;
    Fence _fence;
    Readable _readable;

    public ImageShardGrain()
    {
        var (runId, shard) = Keys.SplitTwo(this.GetPrimaryKeyString());
        _name = $"shard {shard} of run {runId}";
        _fence = new Fence(_name);
        _readable = new Readable(_name);
    }

    public Task RestoreAsync(ShardRestore call)
    {
        if (_fence.Restore(call.Incarnation, call.Version)) _labels = new ShardLabels(call.Clustering, call.FirstImage, call.ImageCount);
        return Task.CompletedTask;
    }

    public ValueTask<long> WriteAsync(ShardWrite call)
    {
        _fence.Check(call.Fence);
        _labels!.Write(call.ImageIds.Span, call.Labels.Span);
        _fence.Advance(call.Fence.Step);
        return new(_fence.Version);
    }

    public Task<ShardBoundary> EndEpochAsync(BoundaryCall call)
    {
        _fence.Check(call.Fence);
        var (seen, known, changed) = _labels!.EndEpoch(call.Epoch);
        _readable.Close(call.Epoch);
        _fence.Advance(call.Fence.Step);
        return Task.FromResult(new ShardBoundary(_fence.Version, seen, changed, known));
    }

    public Task CommitAsync(CommitCall call)
    {
        _fence.CheckIncarnation(call.Incarnation);
        if (_readable.Commit(call)) _labels!.Commit();
        return Task.CompletedTask;
    }

    public Task<LabelSlice> ReadAsync(EpochName epoch, IntBlock imageIds)
    {
        _readable.Check(epoch);
        return Task.FromResult(_labels!.Read(epoch.Epoch, imageIds.Span));
    }
}
