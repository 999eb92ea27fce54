namespace CoKe.Grains.Sequencing;

/// <summary>
/// Looks at what anybody may claim of a run, before anything is done about it: one look at a time, and a pause behind it that is many times as long,
/// so that claims made in a loop cost the run next to nothing. Used on one scheduler.
/// </summary>
/// <param name="look">Looks whether it is true, and does what follows.</param>
/// <param name="time">Measures the pause.</param>
internal sealed class Claims(Func<Task> look, TimeProvider time)
{
    // A look at thousands of clusters takes some tenths of a second; looks may have a thirtieth of the time.
    const int PausePerLook = 30;

    // Whoever waits for what follows from a claim that is true does not notice; and a look that hung is no reason never to look again.
    static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(250), LongestPause = TimeSpan.FromSeconds(10);

    Task _last = Task.CompletedTask;
    Task? _next;
    TimeSpan _pause;
    long _ended;

    /// <summary>Has a look begin after this call; all who call before it begins share it.</summary>
    public Task Look() => _next ??= LookNext();

    async Task LookNext()
    {
        await Task.Yield(); // whoever calls has to note this one before it begins
        await _last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (_pause > TimeSpan.Zero && _pause - time.GetElapsedTime(_ended) is { Ticks: > 0 } left) await Task.Delay(left, time);
        (_last, _next) = (LookNow(), null);
        await _last;
    }

    async Task LookNow()
    {
        var began = time.GetTimestamp();
        try
        {
            await look();
        }
        finally
        {
            _ended = time.GetTimestamp();
            var pause = PausePerLook * time.GetElapsedTime(began, _ended);
            _pause = pause < ShortestPause ? ShortestPause : pause > LongestPause ? LongestPause : pause;
        }
    }
}
