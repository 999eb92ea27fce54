using System.Collections.Concurrent;

namespace CoKe.Faults.Tests.Cluster;

/// <summary>Starts every silo again that dies, as a service manager does, each time with the next failpoint; again when it is refused
/// because the database is away.</summary>
sealed class Keeper : IAsyncDisposable
{
    readonly ConcurrentQueue<string> _failpoints;
    readonly Task[] _watches;
    readonly CancellationTokenSource _end = new();
    int _deaths;

    public Keeper(SiloCluster cluster, params string[] failpoints)
    {
        _failpoints = new(failpoints);
        _watches = [.. cluster.Silos.Select(WatchAsync)];
    }

    /// <summary>How many silos have died.</summary>
    public int Deaths => Volatile.Read(ref _deaths);

    /// <summary>Failpoints that no silo was started with yet.</summary>
    public int Left => _failpoints.Count;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_watches);
        _end.Dispose();
    }

    async Task WatchAsync(SiloProcess silo)
    {
        var ended = Task.Delay(Timeout.Infinite, _end.Token);
        while (!_end.IsCancellationRequested && await Task.WhenAny(silo.Death, ended) != ended)
        {
            Interlocked.Increment(ref _deaths);
            var failpoint = _failpoints.TryDequeue(out var next) ? next : null;
            while (!_end.IsCancellationRequested && !await silo.StartAsync(failpoint)) { }
        }
    }
}
