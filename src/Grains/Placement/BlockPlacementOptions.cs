using CoKe.Abstractions;
using CoKe.Errors;

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
            throw new InvalidOptionsException(
                nameof(ClustersPerBlock),
                $"{ClustersPerBlock}",
                $"ClustersPerBlock {ClustersPerBlock} is out of range: use 1 to 65536."
            );
        if (ImagesPerShard is < 1 or > 1_048_576)
            throw new InvalidOptionsException(
                nameof(ImagesPerShard),
                $"{ImagesPerShard}",
                $"ImagesPerShard {ImagesPerShard} is out of range: use 1 to 1048576."
            );
    }
}
