using System.Collections.Concurrent;
using CoKe.Errors;

namespace CoKe.Streams;

/// <summary>The stream queues that live on this silo: when it stops they go first, while others can still take what they hold.</summary>
public sealed class LocalQueues
{
    readonly ConcurrentDictionary<StreamQueueGrain, TaskCompletionSource> _queues = new();

    /// <summary>How often a queue stopped with messages in it, for the log.</summary>
    internal Occasions Losses { get; } = new();

    /// <summary>Whether none is here.</summary>
    public bool IsEmpty => _queues.IsEmpty;

    /// <summary>What all queues here hold, and has not been delivered: messages and bytes, about, since they go on meanwhile.</summary>
    public (int Messages, long Bytes) Held =>
        _queues.Keys.Aggregate((0, 0L), (sum, queue) => (sum.Item1 + queue.Held.Messages, sum.Item2 + queue.Held.Bytes));

    internal void Enter(StreamQueueGrain queue) => _queues[queue] = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void Leave(StreamQueueGrain queue)
    {
        if (_queues.TryRemove(queue, out var gone))
            gone.SetResult();
    }

    /// <summary>Ends every queue here; completes when they are gone.</summary>
    public Task LeaveAsync()
    {
        var all = _queues.ToArray();
        foreach (var (queue, _) in all)
            queue.GoAway();
        return Task.WhenAll(all.Select(entry => entry.Value.Task));
    }
}
