using CoKe.Abstractions;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using Orleans.Placement;

namespace CoKe.Grains.Clusters;

/// <summary>Hosts one <see cref="ClusterBlock"/>.</summary>
[GrainType("block"), KeepAlive, HomePlacement, Immovable]
sealed class ClusterBlockGrain : RunPartGrain, IClusterBlockGrain
{
    readonly ClusterBlock _block;

    public ClusterBlockGrain(ClusterDirectory directory, ActorWorld world, ILocalSiloDetails silo, LocalRuns local)
        : base(local) =>
        _block = new ClusterBlock(this.GetPrimaryKeyString(), directory, world, silo.SiloAddress.ToParsableString(), LeaveFor);

    public Task<BlockRestored?> RestoreAsync(BlockRestore call) => _block.RestoreAsync(call);

    public ValueTask<BlockReply> ApplyAsync(BlockContribution call) => _block.ApplyAsync(call);

    public Task<BlockState> EndEpochAsync(BoundaryCall call) => _block.EndEpochAsync(call);

    public Task CaptureAsync(CaptureCall call) => _block.CaptureAsync(call);

    public Task SaveAsync(SaveCall call) => _block.SaveAsync(call);

    public Task RetireAsync(BlockRetirement call) => _block.RetireAsync(call);

    public Task<BlockState> ReadAsync(int incarnation) => _block.ReadAsync(incarnation);

    public Task CommitAsync(CommitCall call) => _block.CommitAsync(call);

    public Task VerifyAsync(int incarnation, int committed) => _block.VerifyAsync(incarnation, committed);

    public Task<FloatValues> GetCentersAsync(EpochName epoch) => _block.GetCentersAsync(epoch);

    public Task<IReadOnlyList<NearCluster>> GetNearestAsync(EpochName epoch, int count, FloatValues direction) =>
        _block.GetNearestAsync(epoch, count, direction);

    public Task<FloatValues> GetUncommittedCentersAsync(UncommittedName name) => _block.GetUncommittedCentersAsync(name);

    public Task<IReadOnlyList<ClusterSummary>> GetClustersAsync(long rowClock, int incarnation) =>
        _block.GetClustersAsync(rowClock, incarnation);

    protected override bool HoldsNothing => _block.HoldsNothing;
}
