using System.Diagnostics;

namespace CoKe.Grains.Observation;

/// <summary>Something that takes a while: how long it has taken, and its activity where anybody listens. It ends when it is
/// disposed.</summary>
/// <param name="name">What it is.</param>
/// <param name="run">The run's name.</param>
/// <param name="time">The clock.</param>
sealed class Undertaking(string name, string run, TimeProvider time) : IDisposable
{
    readonly long _began = time.GetTimestamp();
    readonly Activity? _activity = Traces.Begin(name, run);

    /// <summary>Since it began.</summary>
    public TimeSpan Taken => time.GetElapsedTime(_began);

    /// <summary>Begins something whose parts, also those that come later, are its parts.</summary>
    public T Do<T>(Func<T> work)
    {
        if (_activity is null)
            return work();
        var around = Activity.Current;
        Activity.Current = _activity;
        try
        {
            return work();
        }
        finally
        {
            Activity.Current = around;
        }
    }

    /// <summary>Something to be known of it.</summary>
    public Undertaking Tag(string key, object value)
    {
        _activity?.SetTag(key, value);
        return this;
    }

    /// <summary>It ended by an error.</summary>
    public void Fail(Exception error) => _activity?.SetStatus(ActivityStatusCode.Error, error.Message);

    public void Dispose() => _activity?.Dispose();
}
