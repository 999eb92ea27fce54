namespace CoKe.Grains.Protocol;

/// <summary>
/// A look at many grains that anybody may ask for: all who ask share one, and behind it there is a pause that is many times as long, so
/// that asking in a loop costs a run next to nothing. Used on one scheduler.
/// </summary>
/// <param name="look">Looks.</param>
/// <param name="time">Measures looks and pauses.</param>
sealed class SharedLook<T>(Func<Task<T>> look, TimeProvider time)
{
    // A look at thousands of clusters takes some tenths of a second; looks may have a thirtieth of the time.
    const int PausePerLook = 30;

    Task _last = Task.CompletedTask;
    Task<T>? _next;
    TimeSpan _pause;
    long _ended;

    /// <summary>The shortest pause: whoever waits for what follows from a look does not notice it.</summary>
    public TimeSpan ShortestPause { get; init; } = GrainTimes.ShortestLookPause;

    /// <summary>What a look tells that begins after this call.</summary>
    public Task<T> Look() => _next ??= LookNext();

    async Task<T> LookNext()
    {
        await Task.Yield(); // whoever calls has to note this one before it begins
        await _last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (_pause > TimeSpan.Zero && _pause - time.GetElapsedTime(_ended) is { Ticks: > 0 } left)
            await Task.Delay(left, time);
        var now = LookNow();
        (_last, _next) = (now, null);
        return await now;
    }

    async Task<T> LookNow()
    {
        var began = time.GetTimestamp();
        try
        {
            return await look();
        }
        finally
        {
            _ended = time.GetTimestamp();
            var pause = PausePerLook * time.GetElapsedTime(began, _ended);
            _pause =
                pause < ShortestPause ? ShortestPause
                : pause > GrainTimes.LongestLookPause ? GrainTimes.LongestLookPause
                : pause;
        }
    }
}
