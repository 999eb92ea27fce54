namespace CoKe.Grains.Sequencing;

/// <summary>Lets many wait for the next change of something that counts its changes. Used inside one grain only, so it needs no lock.</summary>
internal sealed class ChangeSignal
{
    TaskCompletionSource _next = New();

    /// <summary>Counts the changes.</summary>
    public long Stamp { get; private set; } = 1;

    public void Raise()
    {
        Stamp++;
        var raised = _next;
        _next = New();
        raised.SetResult();
    }

    /// <summary>Completes at once when <paramref name="seen"/> is old, else at the next change or after <paramref name="patience"/>.</summary>
    public async Task WaitBeyond(long seen, TimeSpan patience)
    {
        if (seen != Stamp) return;
        await _next.Task.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
