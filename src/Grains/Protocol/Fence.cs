using CoKe.Abstractions;

namespace CoKe.Grains.Protocol;

/// <summary>
/// The rules by which a grain accepts a call (design, section 4, rule 3): a lower incarnation is refused, a higher one comes only with a
/// restore, and a call that expects another version than the grain's own is stale or repeated and has no effect.
/// </summary>
internal struct Fence(string grain)
{
    /// <summary>The incarnation this grain obeys; 0 before the first restore.</summary>
    public int Incarnation { get; private set; }

    /// <summary>The step that last changed this grain.</summary>
    public long Version { get; private set; }

    /// <summary>Accepts a restore; false when it repeats one already confirmed, which is then only confirmed again.</summary>
    /// <exception cref="StaleCallException">The incarnation is lower than the grain's own.</exception>
    public bool Restore(int incarnation, long version)
    {
        if (incarnation < Incarnation) throw new StaleCallException(grain, "incarnation", incarnation, Incarnation);
        if (incarnation == Incarnation) return false;
        (Incarnation, Version) = (incarnation, version);
        return true;
    }

    /// <summary>Refuses every call that is not the next one of the current incarnation.</summary>
    /// <exception cref="StaleCallException">Another incarnation or version.</exception>
    public readonly void Check(in CallFence call)
    {
        CheckIncarnation(call.Incarnation);
        if (call.ExpectedVersion != Version) throw new StaleCallException(grain, "expected version", call.ExpectedVersion, Version);
    }

    /// <summary>Refuses another incarnation; also used again after every await.</summary>
    /// <exception cref="StaleCallException">Another incarnation.</exception>
    public readonly void CheckIncarnation(int incarnation)
    {
        if (incarnation != Incarnation) throw new StaleCallException(grain, "incarnation", incarnation, Incarnation);
    }

    /// <summary>Records the step that changed this grain.</summary>
    public void Advance(long step) => Version = step;
}
