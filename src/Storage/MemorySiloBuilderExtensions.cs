using CoKe.Abstractions.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Serialization;

namespace CoKe.Storage;

/// <summary>Has a silo keep what its grains store under <see cref="CokeStorage.Name"/> in memory.</summary>
public static class MemorySiloBuilderExtensions
{
    /// <summary>Keeps state in this process's memory, by the same serializer, so that what cannot be stored shows in tests too.</summary>
    /// <remarks>Nothing survives the silo. With several silos the rows are spread over them and go with the one that held them.</remarks>
    public static ISiloBuilder UseMemory(this ISiloBuilder builder)
    {
        builder.Services.TryAddSingleton<StorageHealth>();
        return builder.AddMemoryGrainStorage(CokeStorage.Name, memory =>
            memory.Configure<Serializer>((provider, serializer) => provider.GrainStorageSerializer = new RowSerializer(serializer))
        );
    }
}
