using System.Diagnostics.Metrics;

namespace CoKe.Grains.Observation;

/// <summary>The one meter of a silo: what to listen to is its name.</summary>
/// <param name="factory">Of the silo's host, which ends it.</param>
sealed class CokeMeter(IMeterFactory factory)
{
    public Meter Meter { get; } = factory.Create(new MeterOptions(SiloMeter.Name) { Version = SiloMeter.Version });
}
