using CoKe.Abstractions;
using CoKe.Abstractions.Storage;
using CoKe.Errors;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;

namespace CoKe.Grains.Hosting;

/// <summary>Tells how its silo is.</summary>
[GrainType("silo"), SiloPlacement, Reentrant]
sealed class SiloGrain(LocalFigures figures, ILocalSiloDetails silo) : Grain, ISiloGrain
{
    public Task<SiloStatistics> GetStatisticsAsync()
    {
        var name = this.GetPrimaryKeyString();
        if (name == silo.SiloAddress.ToParsableString())
            return figures.MeasureAsync();
        DeactivateOnIdle();
        throw new SiloUnavailableException($"Silo {name} does not take part: ask for the list of silos.");
    }
}

/// <summary>Asks all silos.</summary>
[GrainType("silos"), StatelessWorker(1), Reentrant]
sealed class SilosGrain(ISiloStatusOracle oracle, IGrainFactory grains, ActorWorld world, IServiceProvider services) : Grain, ISilosGrain
{
    const string Memory = "memory";

    // Whoever asks in a loop must not keep the database busy.
    readonly SharedLook<StorageStatistics> _storage = new(
        services.GetService<IStorageSize>() is { } size ? size.MeasureAsync : NothingAsync,
        world.Time
    );

    public async Task<IReadOnlyList<SiloListing>> ListAsync() =>
        await Task.WhenAll(
            oracle
                .GetActiveSilos()
                .Select(silo => silo.ToParsableString())
                .Order(StringComparer.Ordinal)
                .Select(async name =>
                {
                    try
                    {
                        return new SiloListing(name, await grains.GetGrain<ISiloGrain>(name).GetStatisticsAsync(), null);
                    }
                    catch (Exception e) when (e is TimeoutException or OrleansException or CokeException)
                    {
                        return new SiloListing(name, null, e.Message);
                    }
                })
        );

    public Task<StorageStatistics> GetStorageAsync() => _storage.Look();

    static Task<StorageStatistics> NothingAsync() => Task.FromResult(new StorageStatistics(Memory, null, null));
}
