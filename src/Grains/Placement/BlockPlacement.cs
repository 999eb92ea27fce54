using System.IO.Hashing;
using System.Runtime.InteropServices;
using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace CoKe.Grains.Placement;

/// <summary>How the state of new runs is cut into blocks and shards; the same on every silo of a cluster.</summary>
public sealed class BlockPlacementOptions
{
    /// <summary>Clusters per block, 1 to 65,536. A block is the unit of placement, messaging and durability.</summary>
    public int ClustersPerBlock { get; set; } = 256;

    /// <summary>Consecutive image ids per label shard, 1 to 1,048,576.</summary>
    public int ImagesPerShard { get; set; } = 16_384;

    internal RunLayout Layout => new(ClustersPerBlock, ImagesPerShard);

    internal void Validate()
    {
        if (ClustersPerBlock is < 1 or > 65_536)
            throw new InvalidOptionsException(nameof(ClustersPerBlock), $"{ClustersPerBlock}", $"ClustersPerBlock {ClustersPerBlock} is out of range: use 1 to 65536.");
        if (ImagesPerShard is < 1 or > 1_048_576)
            throw new InvalidOptionsException(nameof(ImagesPerShard), $"{ImagesPerShard}", $"ImagesPerShard {ImagesPerShard} is out of range: use 1 to 1048576.");
    }
}

/// <summary>Puts the clusters of a block, and the block, on the same silo; the blocks of a head round robin over the silos.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
internal sealed class BlockPlacement : PlacementStrategy
{
    public static BlockPlacement Singleton { get; } = new();
}

/// <summary>Marks cluster and block grains.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class BlockPlacementAttribute() : PlacementAttribute(BlockPlacement.Singleton);

/// <summary>Chooses the silo of a block from its key and the silos at hand; it acts at activation only.</summary>
internal sealed class BlockPlacementDirector(IOptions<BlockPlacementOptions> options) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target).Order().ToArray();
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) is { } hint) return Task.FromResult(hint);
        var (runId, head, index) = Keys.SplitThree(target.GrainIdentity.Key.ToString()!);
        var block = target.GrainIdentity.Type == ClusterType ? index / options.Value.ClustersPerBlock : index;
        var start = XxHash32.HashToUInt32(MemoryMarshal.AsBytes(Keys.Head(runId, head).AsSpan()));
        return Task.FromResult(silos[(int)((start + (uint)block) % (uint)silos.Length)]);
    }

    static GrainType ClusterType { get; } = GrainType.Create("cluster");
}
