using System.Collections.Concurrent;

namespace CoKe.Silo.Tests;

/// <summary>Starts a silo again whenever it dies, as a service manager does, each time with the next failpoint, and notes how long that
/// took.</summary>
sealed class Supervisor : IAsyncDisposable
{
    readonly SiloProcess _silo;
    readonly ConcurrentQueue<string> _failpoints;
    readonly ConcurrentQueue<Death> _deaths = [];
    readonly Task _watch;
    volatile bool _ended;

    Supervisor(SiloProcess silo, IEnumerable<string> failpoints)
    {
        (_silo, _failpoints) = (silo, new(failpoints));
        _watch = WatchAsync();
    }

    /// <summary>Starts the silo with the first failpoint, and watches it.</summary>
    public static async Task<Supervisor> StartAsync(SiloProcess silo, params string[] failpoints)
    {
        Assert.True(await silo.StartAsync(failpoints.FirstOrDefault()), silo.Output);
        return new Supervisor(silo, failpoints.Skip(1));
    }

    /// <summary>Every death so far.</summary>
    public IReadOnlyCollection<Death> Deaths => _deaths;

    /// <summary>The trainer got on. A silo that died again before that has no such time.</summary>
    public void Progressed()
    {
        var now = TimeProvider.System.GetTimestamp();
        _deaths.LastOrDefault()?.See(now);
    }

    public async ValueTask DisposeAsync()
    {
        _ended = true;
        await _silo.DisposeAsync();
        await _watch;
    }

    async Task WatchAsync()
    {
        while (true)
        {
            await _silo.Death;
            if (_ended)
                return;
            var death = new Death(TimeProvider.System.GetTimestamp());
            _deaths.Enqueue(death);
            if (await _silo.StartAsync(_failpoints.TryDequeue(out var next) ? next : null))
                death.Ready = TimeProvider.System.GetTimestamp();
        }
    }

    /// <summary>One death of the silo.</summary>
    /// <param name="at">When it was noticed.</param>
    internal sealed class Death(long at)
    {
        long _ready;
        long _progress;

        /// <summary>When the next one said that it was ready; 0: not yet.</summary>
        public long Ready
        {
            get => Volatile.Read(ref _ready);
            set => Volatile.Write(ref _ready, value);
        }

        public TimeSpan UntilReady => Ready == 0 ? TimeSpan.Zero : TimeProvider.System.GetElapsedTime(at, Ready);

        /// <summary>From the death to the first mini-batch that the trainer could hand over after it.</summary>
        public TimeSpan? UntilProgress => _progress == 0 ? null : TimeProvider.System.GetElapsedTime(at, _progress);

        public void See(long now)
        {
            if (Ready > 0 && now > Ready)
                Interlocked.CompareExchange(ref _progress, now, 0);
        }
    }
}
