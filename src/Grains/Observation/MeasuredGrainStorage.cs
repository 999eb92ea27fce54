using System.Diagnostics.Metrics;
using Orleans.Storage;

namespace CoKe.Grains.Observation;

/// <summary>The storage of the silo's grains, and how long it takes.</summary>
sealed class MeasuredGrainStorage : IGrainStorage
{
    const double Weight = 1.0 / 32; // of the latest call: about the last 32 count

    const int Read = 0,
        Write = 1,
        Clear = 2;

    static readonly KeyValuePair<string, object?>[] _s_operations =
    [
        new("operation", "read"),
        new("operation", "write"),
        new("operation", "clear"),
    ];

    readonly IGrainStorage _rows;
    readonly TimeProvider _time;
    readonly Histogram<double> _duration;
    readonly long[] _failures = new long[_s_operations.Length];
    readonly Lock _adding = new();
    TimeSpan? _latency;

    /// <param name="rows">The storage.</param>
    /// <param name="meter">What its instruments belong to.</param>
    /// <param name="time">The clock.</param>
    public MeasuredGrainStorage(IGrainStorage rows, Meter meter, TimeProvider time)
    {
        (_rows, _time) = (rows, time);
        _duration = meter.CreateHistogram(
            "coke.storage.duration",
            "s",
            "Time of one call of the storage that succeeded: waiting for a connection, the database, and the way there.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            }
        );
        meter.CreateObservableCounter(
            "coke.storage.failures",
            () => _failures.Select((_, i) => new Measurement<long>(Interlocked.Read(ref _failures[i]), _s_operations[i])),
            "{call}",
            "Calls of the storage that failed; conflicts of versions count."
        );
    }

    /// <summary>Mean time of the last calls, about 32 of them; null: there was none.</summary>
    public TimeSpan? Latency
    {
        get
        {
            lock (_adding)
                return _latency;
        }
    }

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        MeasureAsync(() => _rows.ReadStateAsync(stateName, grainId, grainState), Read);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        MeasureAsync(() => _rows.WriteStateAsync(stateName, grainId, grainState), Write);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        MeasureAsync(() => _rows.ClearStateAsync(stateName, grainId, grainState), Clear);

    async Task MeasureAsync(Func<Task> call, int operation)
    {
        var began = _time.GetTimestamp();
        try
        {
            await call();
        }
        catch
        {
            Interlocked.Increment(ref _failures[operation]);
            throw;
        }

        var taken = _time.GetElapsedTime(began);
        _duration.Record(taken.TotalSeconds, _s_operations[operation]);
        lock (_adding)
            _latency = _latency is { } mean ? mean + (Weight * (taken - mean)) : taken;
    }
}
