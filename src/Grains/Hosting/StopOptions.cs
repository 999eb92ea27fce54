using CoKe.Grains.Protocol;

namespace CoKe.Grains.Hosting;

/// <summary>How a silo stops in order.</summary>
public sealed class StopOptions
{
    /// <summary>
    /// How long a silo that stops checkpoints its runs and hands them over before it goes all the same: above zero, and well below what its
    /// host waits for a stop (30 s), since Orleans needs the rest. What is not durable by then is computed again.
    /// </summary>
    public TimeSpan HandOverTime { get; set; } = TimeSpan.FromSeconds(15);

    internal void Validate() => Ranges.Positive(nameof(HandOverTime), HandOverTime);
}
