namespace CoKe.Errors;

/// <summary>How often what failed only in passing is tried again, and after which pauses. Each pause is twice the one before; none is by
/// chance.</summary>
/// <param name="Tries">Calls in all, 1 or more.</param>
/// <param name="FirstPause">Zero: the next call follows at once.</param>
/// <param name="LongestPause">Pauses grow up to this one.</param>
public sealed record Retry(int Tries, TimeSpan FirstPause, TimeSpan LongestPause)
{
    const int MostDoublings = 20;

    /// <summary>So many calls, without pauses: of what another has only come before.</summary>
    public static Retry AtOnce(int tries) => new(tries, TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>For as long as the caller goes on.</summary>
    public static Retry WithPauses(TimeSpan first, TimeSpan longest) => new(int.MaxValue, first, longest);

    /// <summary>A pause.</summary>
    /// <param name="before">How many pauses there were before it, 0 or more.</param>
    public TimeSpan Pause(int before)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(before, MostDoublings));
        return pause < LongestPause ? pause : LongestPause;
    }

    /// <summary>Calls until a call succeeds; what fails last, or fails for good, is thrown.</summary>
    /// <param name="call">May be repeated.</param>
    /// <param name="isPassing">Whether another call may succeed.</param>
    /// <param name="time">Measures the pauses.</param>
    /// <param name="cancellation">Ends a pause, and keeps the next call from being made; the call itself is given none.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<T> CallAsync<T>(
        Func<Task<T>> call,
        Func<Exception, bool> isPassing,
        TimeProvider time,
        CancellationToken cancellation = default
    )
    {
        for (var failures = 1; ; failures++)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return await call();
            }
            catch (Exception e) when (failures < Tries && isPassing(e)) { }

            // Without one nothing else runs in between, also not on a scheduler of one's own.
            if (Pause(failures - 1) is { Ticks: > 0 } pause)
                await Task.Delay(pause, time, cancellation);
        }
    }
}
