using CoKe.Abstractions;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace CoKe.Grains.Clusters;

/// <summary>Hosts one <see cref="ClusterBlock"/>.</summary>
[GrainType("block"), KeepAlive, BlockPlacement, Immovable]
internal sealed class ClusterBlockGrain : Grain, IClusterBlockGrain
{
    readonly ILocalSiloDetails _silo;
    readonly ClusterBlock _block;

    public ClusterBlockGrain(ClusterDirectory directory, Surroundings surroundings, ILocalSiloDetails silo)
    {
        _silo = silo;
        _block = new ClusterBlock(this.GetPrimaryKeyString(), directory, surroundings, DeactivateOnIdle);
    }

    public async Task RestoreAsync(BlockRestore call)
    {
        // Clusters that are not active yet come to the silo of their block.
        RequestContext.Set(IPlacementDirector.PlacementHintKey, _silo.SiloAddress);
        try
        {
            await _block.RestoreAsync(call);
        }
        finally
        {
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }
    }

    public ValueTask<BlockReply> ApplyAsync(BlockContribution call) => _block.ApplyAsync(call);

    public Task<BlockState> EndEpochAsync(BoundaryCall call) => _block.EndEpochAsync(call);

    public Task CaptureAsync(CaptureCall call) => _block.CaptureAsync(call);

    public Task SaveAsync(SaveCall call) => _block.SaveAsync(call);

    public Task RetireAsync() => _block.RetireAsync();

    public Task<BlockState> ReadAsync(int incarnation) => _block.ReadAsync(incarnation);
}
