using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace CoKe.Grains.Hosting;

/// <summary>Puts a run to rest: what it has processed becomes durable, and it takes nothing more. Only the silo that stops calls this.</summary>
internal interface IRestableGrain : IGrainWithStringKey
{
    Task RestAsync();
}

/// <summary>
/// The runs whose sequencers live in this silo. When the silo stops they come first, while every grain and the storage still work: a run
/// that is started again then goes on from where it stopped, and trainers send nothing twice.
/// </summary>
internal sealed partial class LocalRuns(TimeProvider time, ILogger<LocalRuns> log) : ILifecycleParticipant<ISiloLifecycle>
{
    // What is lost without it is computed again; a stop must not take longer than whoever asked for it waits.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    readonly ConcurrentDictionary<IRestableGrain, string> _live = new();

    public void Add(IRestableGrain sequencer, string runId) => _live[sequencer] = runId;

    public void Remove(IRestableGrain sequencer) => _live.TryRemove(sequencer, out _);

    /// <summary>Stages stop in descending order: this one before streams, grains and the gateway.</summary>
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(LocalRuns), ServiceLifecycleStage.Active + 1, _ => Task.CompletedTask, _ => RestAsync());

    async Task RestAsync()
    {
        try
        {
            await Task.WhenAll(_live.Keys.Select(sequencer => sequencer.RestAsync())).WaitAsync(Patience, time);
        }
        catch (Exception e)
        {
            LogUnrested(log, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not every run was checkpointed before the silo stopped; what was not durable is computed again: {reason}")]
    static partial void LogUnrested(ILogger log, string reason);
}
