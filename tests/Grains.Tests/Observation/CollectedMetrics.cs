using System.Diagnostics.Metrics;
using CoKe.Grains.Observation;

namespace CoKe.Grains.Tests.Observation;

/// <summary>What a collector sees of one silo's instruments: by name and labels, <c>coke.run.rows{run=birds}</c>.</summary>
sealed class CollectedMetrics : IDisposable
{
    readonly MeterListener _listener = new();
    readonly Dictionary<string, double> _values = [];

    /// <param name="scope">The silo's factory of meters; null: every meter.</param>
    public CollectedMetrics(object scope)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == SiloMeter.Name && instrument.Meter.Scope == scope)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>What there is now; of histograms how often something was measured.</summary>
    public IReadOnlyDictionary<string, double> Collect()
    {
        lock (_values)
        {
            foreach (var key in _values.Keys.Where(key => !key.StartsWith('#')).ToArray())
                _values.Remove(key);
        }

        _listener.RecordObservableInstruments();
        lock (_values)
            return _values.ToDictionary(one => one.Key.TrimStart('#'), one => one.Value);
    }

    public void Dispose() => _listener.Dispose();

    void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
        var key = labels.Length == 0 ? instrument.Name : $"{instrument.Name}{{{labels}}}";
        lock (_values)
        {
            if (instrument.IsObservable)
                Assert.True(_values.TryAdd(key, value), $"{key} is told twice.");
            else
                _values[$"#{key}"] = _values.GetValueOrDefault($"#{key}") + 1;
        }
    }
}
