namespace CoKe.Grains.Clusters;

/// <summary>
/// One piece of work for many clusters of this silo, each as a genuine turn on the cluster's own scheduler: no message, no copy, and still
/// no two turns of one cluster at the same time. Every turn signals, also when it throws.
/// </summary>
internal sealed class ClusterTurns(int count, Action<ClusterGrain, int> work)
{
    // Reached only when a scheduler is stuck or gone: the caller must get an error, not wait for ever.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    static readonly Action<object> RunTurn = static state =>
    {
        var turn = (Turn)state;
        turn.Turns.Run(turn.Cluster, turn.Index);
    };

    readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _open = count;
    Exception? _error;

    /// <summary>Queues the work for one cluster.</summary>
    public void Post(ClusterGrain cluster, int index) => cluster.Context.Scheduler.QueueAction(RunTurn, new Turn(this, cluster, index));

    /// <summary>Completes when every turn has run; throws the first error.</summary>
    public Task WhenAll() => Volatile.Read(ref _open) == 0 && _error is null ? Task.CompletedTask : _done.Task.WaitAsync(Patience);

    void Run(ClusterGrain cluster, int index)
    {
        try
        {
            work(cluster, index);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _error, e, null);
        }
        finally
        {
            if (Interlocked.Decrement(ref _open) == 0)
            {
                if (_error is { } error) _done.TrySetException(error);
                else _done.TrySetResult();
            }
        }
    }

    sealed record Turn(ClusterTurns Turns, ClusterGrain Cluster, int Index);
}
