using CoKe.Abstractions.Serialization;
using CoKe.Grains.Clusters;
using CoKe.Grains.Placement;
using CoKe.Grains.Streams;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;

namespace CoKe.Grains.Hosting;

/// <summary>Makes a silo host CoKe runs.</summary>
public static class CokeSiloBuilderExtensions
{
    /// <summary>Adds grains' services, block placement, the embedding stream and in-memory state.</summary>
    public static ISiloBuilder AddCoke(this ISiloBuilder builder)
    {
        builder.AddEmbeddingStreams();
        builder.AddMemoryGrainStorageAsDefault();
        builder.Services.AddCokeExceptions();
        builder.Services.AddSingleton<ClusterDirectory>();
        builder.Services.AddPlacementDirector<BlockPlacement, BlockPlacementDirector>();
        return builder;
    }
}
