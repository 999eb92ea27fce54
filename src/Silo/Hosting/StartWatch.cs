using CoKe.Access;

namespace CoKe.Silo.Hosting;

/// <summary>What is known of the start under way.</summary>
sealed class StartWatch
{
    readonly TaskCompletionSource<AccessRefusedException> _keptOut = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile AccessRefusedException? _last;

    /// <summary>The silo is not ready yet. What fails now is thrown, and said in one line; Orleans need not log it too.</summary>
    public bool IsUnderWay { get; private set; } = true;

    /// <summary>Completes when another silo says that this one does not belong to it, or is found not to.</summary>
    public Task<AccessRefusedException> KeptOut => _keptOut.Task;

    /// <summary>Why no other silo could be reached, as far as it is known; null: it never came to that.</summary>
    public AccessRefusedException? LastRefusal => _last;

    public void See(AccessRefusedException refusal)
    {
        _last = refusal;
        if (refusal.Refusal != AccessRefusal.Silent)
            _keptOut.TrySetResult(refusal); // the silent may only be slow
    }

    public void End() => IsUnderWay = false;
}
