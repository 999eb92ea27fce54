using System.Diagnostics;

namespace CoKe.Grains.Observation;

/// <summary>Activities: one for every step, checkpoint, boundary and recovery, with their parts below them. Without a listener none is
/// made.</summary>
static class Traces
{
    /// <summary>What to listen to.</summary>
    public const string Name = SiloMeter.Name;

    static readonly ActivitySource _s_source = new(Name, SiloMeter.Version);

    /// <summary>Begins one that nothing around is the cause of: a mini-batch that happens to come last did not ask for the whole step. The
    /// caller ends it; it is not the current one.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="run">The run.</param>
    public static Activity? Begin(string name, string run)
    {
        if (!_s_source.HasListeners())
            return null;
        var around = Activity.Current;
        Activity.Current = null;
        var begun = _s_source.StartActivity(name)?.SetTag("coke.run", run);
        Activity.Current = around;
        return begun;
    }

    /// <summary>A part of the current one, until it is disposed.</summary>
    public static Activity? Part(string name) => Activity.Current is null ? null : _s_source.StartActivity(name);
}
