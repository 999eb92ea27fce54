using System.Diagnostics;

namespace CoKe.Learning.Resume;

/// <summary>Adds up what a run costs, over all processes that worked on it.</summary>
public sealed class RunCost
{
    readonly long _began = Stopwatch.GetTimestamp();
    Cost _before;

    /// <summary>Until now.</summary>
    public Cost Now => _before + new Cost(Stopwatch.GetElapsedTime(_began).TotalSeconds, Environment.CpuUsage.TotalTime.TotalSeconds);

    /// <summary>Adds what earlier processes had spent when they saved.</summary>
    public void GoOnFrom(Cost spent) => _before = spent;
}

/// <summary>Time that went into a run. What a killed process did since its last save is lost and does not count.</summary>
/// <param name="Seconds">By the clock.</param>
/// <param name="CpuSeconds">Of processors.</param>
public readonly record struct Cost(double Seconds, double CpuSeconds)
{
    /// <summary>What both took together.</summary>
    public static Cost operator +(Cost a, Cost b) => new(a.Seconds + b.Seconds, a.CpuSeconds + b.CpuSeconds);
}
