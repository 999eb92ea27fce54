using CoKe.Abstractions;
using Orleans.Concurrency;

namespace CoKe.Grains.Hosting;

/// <summary>Is asked only whether its silo answers.</summary>
[GrainType("pulse"), StatelessWorker(1), Reentrant]
sealed class PulseGrain : Grain, IPulseGrain
{
    public Task BeatAsync() => Task.CompletedTask;
}
