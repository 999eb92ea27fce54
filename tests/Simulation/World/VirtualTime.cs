namespace CoKe.Simulation;

/// <summary>The world's clock. A timer belongs to the activation that created it and is silent once that is dead.</summary>
public sealed class VirtualTime(World world) : TimeProvider
{
    static readonly DateTimeOffset Beginning = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long GetTimestamp() => world.Ticks;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Beginning + world.Now;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        world.CheckThread("A timer");
        var timer = new VirtualTimer(world, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    sealed class VirtualTimer(World world, TimerCallback callback, object? state) : ITimer
    {
        readonly Activation? _owner = world.Current;
        Shot? _next;
        long _period;
        bool _disposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_disposed)
                return false;
            Stop();
            _period = period > TimeSpan.Zero ? period.Ticks : 0;
            if (dueTime >= TimeSpan.Zero)
                Arm(dueTime.Ticks);
            return true;
        }

        public void Dispose()
        {
            _disposed = true;
            Stop();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        void Arm(long after)
        {
            _next = new Shot(this);
            world.Schedule(after, static shot => ((Shot)shot!).Timer.Fire(), _next);
        }

        void Stop()
        {
            if (_next is not null)
                _next.IsCancelled = true;
            _next = null;
        }

        void Fire()
        {
            if (_owner is { IsDead: true })
                return;
            if (_owner is { Silo.PausedTicks: > 0 and var pause })
            {
                Arm(pause);
                return;
            }

            _next = null;
            if (_period > 0)
                Arm(_period);
            world.Current = _owner;
            try
            {
                callback(state);
            }
            finally
            {
                world.Current = null;
            }
        }

        sealed class Shot(VirtualTimer timer) : ICancelable
        {
            public VirtualTimer Timer => timer;

            public bool IsCancelled { get; set; }
        }
    }
}
