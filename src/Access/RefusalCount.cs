using System.Numerics;

namespace CoKe.Access;

/// <summary>Counts what is refused, and says of which it is worth a line: the 1st, 2nd, 4th, 8th, ... Whoever tries often must not fill the log.</summary>
public sealed class RefusalCount
{
    long _count;

    /// <summary>Counts one more; safe from any thread.</summary>
    /// <param name="count">How many there were, with this one.</param>
    /// <returns>Whether it is to be logged.</returns>
    public bool IsWorthALine(out long count)
    {
        count = Interlocked.Increment(ref _count);
        return BitOperations.IsPow2(count);
    }
}
