namespace CoKe.Grains.Heads;

/// <summary>
/// How long one place takes for its part of a step, as the sequencer sees it: from a call to its answer, wires included; and for how long
/// it has said nothing to any call. Used on one scheduler. No result depends on it.
/// </summary>
/// <param name="time">The clock.</param>
sealed class PlaceTimes(TimeProvider time)
{
    const double Weight = 1.0 / 32; // of the latest step: about the last 32 count

    readonly List<long> _open = [];

    /// <summary>Steps that were measured, of all heads.</summary>
    public long Steps { get; private set; }

    /// <summary>Mean time of scoring.</summary>
    public TimeSpan Score { get; private set; }

    /// <summary>Mean time of applying labels.</summary>
    public TimeSpan Apply { get; private set; }

    /// <summary>For how long all the other places waited for this one in a step, on average.</summary>
    public TimeSpan WaitedFor { get; private set; }

    /// <summary>How long the oldest call waits that has no answer yet; zero: there is none.</summary>
    public TimeSpan Silence => _open.Count == 0 ? TimeSpan.Zero : time.GetElapsedTime(_open.Min());

    /// <summary>Measures a call, which is heard of as <see cref="Silence"/> until it is answered.</summary>
    public async Task<(T Answer, TimeSpan Taken)> MeasureAsync<T>(Func<Task<T>> call)
    {
        var began = time.GetTimestamp();
        _open.Add(began);
        try
        {
            return (await call(), time.GetElapsedTime(began));
        }
        finally
        {
            _open.Remove(began);
        }
    }

    /// <summary>A call that is no part of the mean times, but of <see cref="Silence"/>.</summary>
    public async Task<T> WatchAsync<T>(Func<Task<T>> call) => (await MeasureAsync(call)).Answer;

    /// <inheritdoc cref="WatchAsync{T}"/>
    public Task WatchAsync(Func<Task> call) =>
        WatchAsync(async () =>
        {
            await call();
            return true;
        });

    /// <summary>A step of one head is over.</summary>
    /// <param name="score">How long this place took for scoring.</param>
    /// <param name="apply">How long it took for applying labels.</param>
    /// <param name="waitedFor">For how long all the others waited for it.</param>
    public void Add(TimeSpan score, TimeSpan apply, TimeSpan waitedFor)
    {
        var weight = Math.Max(Weight, 1.0 / ++Steps);
        Score += weight * (score - Score);
        Apply += weight * (apply - Apply);
        WaitedFor += weight * (waitedFor - WaitedFor);
    }

    /// <summary>For how long the slowest keeps the others waiting.</summary>
    /// <param name="taken">What each has taken.</param>
    /// <param name="slowest">Which is the slowest.</param>
    public static TimeSpan Wait(ReadOnlySpan<TimeSpan> taken, out int slowest)
    {
        slowest = 0;
        var next = TimeSpan.MinValue;
        for (var i = 1; i < taken.Length; i++)
        {
            if (taken[i] > taken[slowest])
                (slowest, next) = (i, taken[slowest]);
            else if (taken[i] > next)
                next = taken[i];
        }

        return taken.Length < 2 ? TimeSpan.Zero : taken[slowest] - next;
    }
}
