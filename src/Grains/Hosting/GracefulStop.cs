using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using CoKe.Streams;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CoKe.Grains.Hosting;

/// <summary>
/// The order in which a silo stops: it tells the others that it leaves, so that nothing new comes; its stream queues go to other silos with
/// what they hold; its runs move; then Orleans deactivates what is left.
/// </summary>
sealed partial class GracefulStop(
    LocalRuns runs,
    LocalQueues queues,
    ActorWorld world,
    IClusterMembershipService membership,
    ILocalSiloDetails silo,
    IOptions<StopOptions> options,
    TimeProvider time,
    ILogger<GracefulStop> log
) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>At the stage at which the membership announces the stop; grains, storage and messages work until the next one.</summary>
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(GracefulStop), ServiceLifecycleStage.BecomeActive, _ => Task.CompletedTask, LeaveAsync);

    async Task LeaveAsync(CancellationToken hurry)
    {
        if (runs.Ids.Count == 0 && queues.IsEmpty)
            return;
        var began = time.GetTimestamp();
        try
        {
            await HandOverAsync(hurry).WaitAsync(options.Value.HandOverTime, time, hurry);
            LogLeft(log, time.GetElapsedTime(began).TotalSeconds);
        }
        catch (Exception e)
        {
            LogUnrested(log, e.Message);
        }
    }

    async Task HandOverAsync(CancellationToken hurry)
    {
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(hurry))
            if (snapshot.GetSiloStatus(silo.SiloAddress) != SiloStatus.Active)
                break;
        if (world.Silos.Active.Count > 0)
            await queues.LeaveAsync(); // else nobody is left to take them
        await Departure.LeaveAsync(world.Grains, world.Silos, silo.SiloAddress.ToParsableString(), runs.Ids);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Everything that lived here was handed over in {seconds:F1} s.")]
    static partial void LogLeft(ILogger log, double seconds);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Not every run was checkpointed before the silo stopped; what was not durable is computed again: {reason}"
    )]
    static partial void LogUnrested(ILogger log, string reason);
}
