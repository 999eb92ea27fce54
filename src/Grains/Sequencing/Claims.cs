namespace CoKe.Grains.Sequencing;

/// <summary>
/// Looks at what anybody may claim of a run, before anything is done about it: one look at a time, and a pause behind it, so that claims made in
/// a loop cost the run next to nothing. Used on one scheduler.
/// </summary>
/// <param name="look">Looks whether it is true, and does what follows.</param>
/// <param name="time">Measures the pause.</param>
internal sealed class Claims(Func<Task> look, TimeProvider time)
{
    // Against the milliseconds of a look; whoever waits for what follows from one that is true does not notice.
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    Task _last = Task.CompletedTask;
    Task? _next;
    long? _ended;

    /// <summary>Has a look begin after this call; all who call before it begins share it.</summary>
    public Task Look() => _next ??= LookNext();

    async Task LookNext()
    {
        await Task.Yield(); // whoever calls has to note this one before it begins
        await _last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (_ended is { } ended && Pause - time.GetElapsedTime(ended) is { Ticks: > 0 } left) await Task.Delay(left, time);
        (_last, _next) = (LookNow(), null);
        await _last;
    }

    async Task LookNow()
    {
        try
        {
            await look();
        }
        finally
        {
            _ended = time.GetTimestamp();
        }
    }
}
