using CoKe.Abstractions;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using Orleans.Placement;

namespace CoKe.Grains.Labels;

/// <summary>Hosts one <see cref="ImageShard"/>.</summary>
[GrainType("shard"), KeepAlive, HomePlacement, Immovable]
sealed class ImageShardGrain : RunPartGrain, IImageShardGrain
{
    readonly ImageShard _shard;

    public ImageShardGrain(ActorWorld world, ILocalSiloDetails silo, LocalRuns local)
        : base(local) => _shard = new ImageShard(this.GetPrimaryKeyString(), world, silo.SiloAddress.ToParsableString(), LeaveFor);

    public Task<ShardRestored?> RestoreAsync(ShardRestore call) => _shard.RestoreAsync(call);

    public ValueTask<long> WriteAsync(ShardWrite call) => _shard.WriteAsync(call);

    public Task<ShardBoundary> EndEpochAsync(BoundaryCall call) => _shard.EndEpochAsync(call);

    public Task CaptureAsync(CaptureCall call) => _shard.CaptureAsync(call);

    public Task SaveAsync(SaveCall call) => _shard.SaveAsync(call);

    public Task CommitAsync(CommitCall call) => _shard.CommitAsync(call);

    public Task VerifyAsync(int incarnation, int committed) => _shard.VerifyAsync(incarnation, committed);

    public Task<LabelSlice> ReadAsync(EpochName epoch, IntValues imageIds) => _shard.ReadAsync(epoch, imageIds);

    public Task<ImageStatus> GetImageAsync(int incarnation, int imageId) => _shard.GetImageAsync(incarnation, imageId);

    public Task<IntValues> ReadUncommittedAsync(UncommittedName name, IntValues imageIds) => _shard.ReadUncommittedAsync(name, imageIds);

    public Task RetireAsync() => _shard.RetireAsync();

    protected override bool HoldsNothing => _shard.HoldsNothing;
}
