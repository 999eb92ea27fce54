using CoKe.Abstractions;
using CoKe.Grains.Protocol;
using Orleans.Placement;

namespace CoKe.Grains.Labels;

/// <summary>Hosts one <see cref="ImageShard"/>.</summary>
[GrainType("shard"), KeepAlive, Immovable]
internal sealed class ImageShardGrain : Grain, IImageShardGrain
{
    readonly ImageShard _shard;

    public ImageShardGrain(Surroundings surroundings) => _shard = new ImageShard(this.GetPrimaryKeyString(), surroundings, DeactivateOnIdle);

    public Task<ShardRestored> RestoreAsync(ShardRestore call) => _shard.RestoreAsync(call);

    public ValueTask<long> WriteAsync(ShardWrite call) => _shard.WriteAsync(call);

    public Task<ShardBoundary> EndEpochAsync(BoundaryCall call) => _shard.EndEpochAsync(call);

    public Task CaptureAsync(CaptureCall call) => _shard.CaptureAsync(call);

    public Task SaveAsync(SaveCall call) => _shard.SaveAsync(call);

    public Task CommitAsync(CommitCall call) => _shard.CommitAsync(call);

    public Task<LabelSlice> ReadAsync(EpochName epoch, IntBlock imageIds) => _shard.ReadAsync(epoch, imageIds);

    public Task RetireAsync() => _shard.RetireAsync();
}
