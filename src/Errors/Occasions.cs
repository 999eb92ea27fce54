using System.Numerics;

namespace CoKe.Errors;

/// <summary>
/// Counts what a stranger or a broken peer can cause again and again, and has it told the first, second, fourth, eighth time and so on: the
/// log says that it goes on and how often, and is not filled by it. Thread safe.
/// </summary>
public sealed class Occasions
{
    long _count;

    /// <summary>It has happened once more.</summary>
    /// <param name="count">How often so far.</param>
    /// <returns>Whether it is to be told.</returns>
    public bool IsTold(out long count) => BitOperations.IsPow2(count = Interlocked.Increment(ref _count));
}
