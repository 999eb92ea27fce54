namespace CoKe.Grains.Protocol;

/// <summary>Counts what is under way, for whoever must wait until nothing is. Used inside one grain only, so it needs no lock.</summary>
sealed class InFlight
{
    int _count;
    TaskCompletionSource? _none;

    /// <summary>Something begins; it is over when the result is disposed.</summary>
    public Part Begin()
    {
        _count++;
        return new Part(this);
    }

    /// <summary>Completes when nothing is under way.</summary>
    public Task WhenNoneAsync() =>
        _count == 0 ? Task.CompletedTask : (_none ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    void End()
    {
        if (--_count > 0)
            return;
        _none?.SetResult();
        _none = null;
    }

    internal readonly struct Part(InFlight all) : IDisposable
    {
        public void Dispose() => all.End();
    }
}
