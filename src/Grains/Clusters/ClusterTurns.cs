using CoKe.Grains.Protocol;

namespace CoKe.Grains.Clusters;

/// <summary>
/// One piece of work for many clusters of this silo, each as a genuine turn on the cluster's own scheduler: no message, no copy, and still
/// no two turns of one cluster at the same time. Every turn signals, also when it throws.
/// </summary>
sealed class ClusterTurns(int count, Action<Cluster, int> work, TimeProvider time)
{
    static readonly Action<object> RunTurn = static state =>
    {
        var turn = (Turn)state;
        turn.Turns.Run(turn.Cluster, turn.Index);
    };

    readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _open = count;
    Exception? _error;

    /// <summary>Queues the work for one cluster.</summary>
    public void Post(Cluster cluster, int index) => cluster.Scheduler.QueueAction(RunTurn, new Turn(this, cluster, index));

    /// <summary>Completes when every turn has run; throws the first error.</summary>
    public async Task WhenAll()
    {
        if (Volatile.Read(ref _open) == 0 && _error is null)
            return;
        await using var timer = time.CreateTimer(
            static state => ((TaskCompletionSource)state!).TrySetException(new TimeoutException("A cluster's scheduler did not answer.")),
            _done,
            GrainTimes.StuckTurn,
            Timeout.InfiniteTimeSpan
        );
        await _done.Task;
    }

    void Run(Cluster cluster, int index)
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
                if (_error is { } error)
                    _done.TrySetException(error);
                else
                    _done.TrySetResult();
            }
        }
    }

    sealed record Turn(ClusterTurns Turns, Cluster Cluster, int Index);
}
