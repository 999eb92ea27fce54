using System.Diagnostics.Metrics;
using CoKe.Abstractions;
using CoKe.Abstractions.Storage;
using CoKe.Grains.Observation;
using CoKe.Grains.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Grains.Hosting;

/// <summary>
/// Tells whoever collects how much the storage takes. A collection does not wait for a database: it tells what was measured last, and has
/// it measured anew now and then.
/// </summary>
sealed class StorageSizeGauge(IServiceProvider services, CokeMeter meter, ActorWorld world) : ILifecycleParticipant<ISiloLifecycle>
{
    static readonly TimeSpan _s_pause = TimeSpan.FromSeconds(15);

    readonly IStorageSize? _storage = services.GetService<IStorageSize>();
    StorageStatistics? _last;
    long _measured;
    int _measuring;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(StorageSizeGauge), ServiceLifecycleStage.Active, _ =>
        {
            if (_storage is not null)
                meter.Meter.CreateObservableGauge("coke.storage.size", Tell, "By", "What the database takes on disk.");
            return Task.CompletedTask;
        });

    IEnumerable<Measurement<long>> Tell()
    {
        if (_last is null || world.Time.GetElapsedTime(_measured) > _s_pause)
            MeasureAsync().Ignore(); // a database that does not answer is told of by the health page
        return _last?.Bytes is { } bytes ? [new Measurement<long>(bytes)] : [];
    }

    async Task MeasureAsync()
    {
        if (Interlocked.Exchange(ref _measuring, 1) != 0)
            return;
        try
        {
            _last = await _storage!.MeasureAsync();
            _measured = world.Time.GetTimestamp();
        }
        finally
        {
            Volatile.Write(ref _measuring, 0);
        }
    }
}
