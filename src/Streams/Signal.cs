namespace CoKe.Streams;

/// <summary>Wakes everybody who waits now. For one grain: not thread-safe.</summary>
sealed class Signal
{
    TaskCompletionSource _next = New();

    /// <summary>Ends all waits that have begun.</summary>
    public void Fire()
    {
        var fired = _next;
        _next = New();
        fired.SetResult();
    }

    /// <summary>Returns when fired, after a time, or when <paramref name="stop"/> is set; the caller looks for itself.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken stop) =>
        await _next
            .Task.WaitAsync(atMost, stop)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
