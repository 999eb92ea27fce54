using System.Diagnostics;
using System.Diagnostics.Metrics;
using CoKe.Abstractions;
using CoKe.Abstractions.Storage;
using CoKe.Grains.Clusters;
using CoKe.Grains.Observation;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using CoKe.Streams;

namespace CoKe.Grains.Hosting;

/// <summary>How this silo is: asked for by <see cref="SiloGrain"/>, and told to whoever collects.</summary>
sealed class LocalFigures(
    LocalRuns runs,
    LocalQueues queues,
    ClusterDirectory clusters,
    ActorWorld world,
    CokeMeter meter,
    MeasuredGrainStorage storage,
    StorageHealth health,
    ILocalSiloDetails silo,
    IGrainFactory grains
) : ILifecycleParticipant<ISiloLifecycle>
{
    // By the names of the grains' types.
    const string Sequencer = "sequencer",
        Scorer = "scorer",
        Block = "block",
        Shard = "shard",
        Cluster = "cluster";

    readonly DateTimeOffset _started = StartOfProcess();

    /// <summary>Only so that it is made with the silo: what nobody has asked for yet is collected too.</summary>
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(LocalFigures), ServiceLifecycleStage.RuntimeInitialize, _ =>
        {
            meter.Meter.CreateObservableGauge("coke.silo.grains", Grains, "{grain}", "Grains of runs on this silo, by kind.");
            meter.Meter.CreateObservableGauge("coke.silo.runs", () => runs.Ids.Count, "{run}", "Runs that have something on this silo.");
            meter.Meter.CreateObservableGauge(
                "coke.silo.queue.messages",
                () => queues.Held.Messages,
                "{message}",
                "Messages in the stream queues here that are not delivered yet."
            );
            meter.Meter.CreateObservableGauge("coke.silo.queue.size", () => queues.Held.Bytes, "By", "Bytes of these messages.");
            meter.Meter.CreateObservableGauge(
                "coke.silo.reorder.size",
                () => world.ReorderRoom.Taken,
                "By",
                "Bytes of mini-batches before their turn that the runs here share, beyond 16 MiB for each trainer."
            );
            meter.Meter.CreateObservableGauge(
                "coke.silo.storage.healthy",
                () => health.Current is null ? 1 : 0,
                null,
                "1 where the last write of the storage succeeded, else 0."
            );
            return Task.CompletedTask;
        });

    /// <summary>All of it.</summary>
    public async Task<SiloStatistics> MeasureAsync()
    {
        var ofOrleans = (await grains.GetGrain<IManagementGrain>(0).GetRuntimeStatistics([silo.SiloAddress]))[0];
        using var process = Process.GetCurrentProcess();
        var ages = world
            .Meter.Runs.All.Select(run => run.Tally.State)
            .OfType<RunTally.RunState>()
            .Select(state => world.Time.GetElapsedTime(state.DurableAt).TotalSeconds)
            .ToArray();
        var held = queues.Held;
        return new SiloStatistics(
            silo.SiloAddress.ToParsableString(),
            SiloMeter.Version,
            _started,
            ofOrleans.ActivationCount,
            process.WorkingSet64,
            GC.GetTotalMemory(forceFullCollection: false),
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            [.. runs.Ids.Select(Keys.RunName).Distinct().Order(StringComparer.Ordinal)],
            runs.Count(Sequencer),
            runs.Count(Scorer),
            runs.Count(Block),
            clusters.Count,
            runs.Count(Shard),
            held.Messages,
            held.Bytes,
            ages.Length == 0 ? null : ages.Max(),
            storage.Latency?.TotalMilliseconds,
            health.Current
        );
    }

    IEnumerable<Measurement<int>> Grains() =>
        [.. new[] { Sequencer, Scorer, Block, Shard }.Select(kind => Of(kind, runs.Count(kind))), Of(Cluster, clusters.Count)];

    static Measurement<int> Of(string kind, int count) => new(count, new KeyValuePair<string, object?>("kind", kind));

    static DateTimeOffset StartOfProcess()
    {
        using var process = Process.GetCurrentProcess();
        return process.StartTime;
    }
}
