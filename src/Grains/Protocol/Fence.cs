using CoKe.Abstractions;

namespace CoKe.Grains.Protocol;

/// <summary>
/// The rules by which a grain accepts a call (docs/protocol.md, rule 3): a lower incarnation is refused, a higher one comes only with a
/// restore, and a call that expects another version than the grain's own is stale or repeated and has no effect.
/// </summary>
sealed class Fence(string grain)
{
    bool _restored;

    /// <summary>The incarnation this grain obeys; 0 before the first restore.</summary>
    public int Incarnation { get; private set; }

    /// <summary>Nothing was ever restored here, and nothing is being restored: whoever asks has taken this grain for another, or its run is
    /// gone.</summary>
    public bool IsUntouched => Incarnation == 0;

    /// <summary>The step that last changed this grain.</summary>
    public long Version { get; private set; }

    /// <summary>
    /// How every part of a run is restored, scorer, block, cluster or shard (rules 2, 3 and 10): it obeys the new incarnation from now
    /// on, goes home if it must, loads, and takes what it has loaded, unless a later incarnation came meanwhile or a repetition of this
    /// call was faster.
    /// </summary>
    /// <param name="incarnation">The new one.</param>
    /// <param name="version">What it is restored to.</param>
    /// <param name="isAway">It should live elsewhere, and may leave.</param>
    /// <param name="leave">Ends this activation; its successor is made at its home.</param>
    /// <param name="load">Loads, perhaps beside a repetition of itself; what it gives takes what was loaded, without waiting.</param>
    /// <param name="answer">What the restored part answers, now and to whoever repeats the call.</param>
    /// <returns>Null: it has left for its home.</returns>
    /// <exception cref="StaleCallException">A higher incarnation came before or meanwhile.</exception>
    public async Task<T?> RestoreAsync<T>(int incarnation, long version, bool isAway, Action leave, Func<Task<Action>> load, Func<T> answer)
        where T : class
    {
        if (!BeginRestore(incarnation))
            return answer();
        if (isAway)
        {
            leave();
            return null;
        }

        var take = await load();
        ThrowIfSuperseded(incarnation);
        if (!IsRestored(incarnation))
        {
            take();
            CompleteRestore(incarnation, version);
        }

        return answer();
    }

    /// <summary>A restore begins: lower incarnations are refused from now on, and every call until the restore is complete.</summary>
    /// <returns>False when it repeats one that is complete, which is then only confirmed again.</returns>
    /// <exception cref="StaleCallException">The incarnation is lower than the grain's own.</exception>
    public bool BeginRestore(int incarnation)
    {
        if (incarnation < Incarnation)
            throw new StaleCallException(grain, "incarnation", incarnation, Incarnation);
        if (incarnation == Incarnation && _restored)
            return false;
        (Incarnation, _restored) = (incarnation, false);
        return true;
    }

    /// <summary>The run was deleted, or the activation has ended: nothing is accepted any more, and what is under way fails where it looks
    /// at the incarnation next.</summary>
    public void Close() => (Incarnation, _restored) = (int.MaxValue, false);

    /// <summary>
    /// The restore to this incarnation is complete. A repeated one that ran beside it must then change nothing: the grain may have moved
    /// on.
    /// </summary>
    public bool IsRestored(int incarnation) => incarnation == Incarnation && _restored;

    /// <summary>Refuses to go on with a restore that a higher incarnation has overtaken.</summary>
    /// <exception cref="StaleCallException">A higher incarnation came.</exception>
    public void ThrowIfSuperseded(int incarnation)
    {
        if (incarnation != Incarnation)
            throw new StaleCallException(grain, "incarnation", incarnation, Incarnation);
    }

    /// <summary>The restore is complete, unless a higher incarnation began another meanwhile.</summary>
    /// <exception cref="StaleCallException">A higher incarnation came.</exception>
    public void CompleteRestore(int incarnation, long version)
    {
        if (incarnation != Incarnation)
            throw new StaleCallException(grain, "incarnation", incarnation, Incarnation);
        (Version, _restored) = (version, true);
    }

    /// <summary>Refuses every call that is not the next one of the current incarnation.</summary>
    /// <exception cref="StaleCallException">Another incarnation or version, or not restored.</exception>
    public void Check(in CallFence call)
    {
        CheckIncarnation(call.Incarnation);
        if (call.ExpectedVersion != Version)
            throw new StaleCallException(grain, "expected version", call.ExpectedVersion, Version);
    }

    /// <summary>
    /// As <see cref="Check"/>, for a call that changes the grain: refuses also a step that has changed it already. A caller that failed
    /// halfway knows the new version of those that succeeded, so that its own call, repeated, would name the right one.
    /// </summary>
    /// <exception cref="StaleCallException">Another incarnation or version, a step of the past, or not restored.</exception>
    public void CheckChange(in CallFence call)
    {
        Check(call);
        if (call.Step <= Version)
            throw new StaleCallException(grain, "step", call.Step, Version);
    }

    /// <summary>Refuses another incarnation, and every call before the restore is complete; also used again after every await.</summary>
    /// <exception cref="StaleCallException">Another incarnation, or not restored.</exception>
    public void CheckIncarnation(int incarnation)
    {
        if (incarnation != Incarnation)
            throw new StaleCallException(grain, "incarnation", incarnation, Incarnation);
        if (!_restored)
            throw new StaleCallException(grain, "version", -1, -1);
    }

    /// <summary>Records the step that changed this grain.</summary>
    public void Advance(long step) => Version = step;
}
