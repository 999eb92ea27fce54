namespace CoKe.Grains.Sequencing;

/// <summary>Lets many wait for the next change of something that counts its changes. Used inside one grain only, so it needs no
/// lock.</summary>
sealed class ChangeSignal
{
    // More than a run has trainers and readers: whoever asks for more gets his answer at once.
    const int MostWaiting = 8_192;

    readonly LinkedList<TaskCompletionSource> _waiting = new();

    /// <summary>Counts the changes.</summary>
    public long Stamp { get; private set; } = 1;

    public void Raise()
    {
        Stamp++;
        foreach (var waiter in _waiting)
            waiter.TrySetResult();
        _waiting.Clear();
    }

    /// <summary>Completes at once when <paramref name="seen"/> is old, else at the next change or after
    /// <paramref name="patience"/>.</summary>
    public async Task WaitBeyond(long seen, TimeSpan patience, TimeProvider time)
    {
        if (seen != Stamp || _waiting.Count >= MostWaiting)
            return;
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var place = _waiting.AddLast(waiter);
        await using var timer = time.CreateTimer(
            static state => ((TaskCompletionSource)state!).TrySetResult(),
            waiter,
            patience,
            Timeout.InfiniteTimeSpan
        );
        await waiter.Task;
        if (place.List is not null)
            _waiting.Remove(place);
    }
}
