using CoKe.Errors;

namespace CoKe.Streams;

/// <summary>The times of queues, which hang together.</summary>
static class QueueTimes
{
    /// <summary>
    /// After this a call of a queue counts as lost. Nobody tells a client that the silo it waits for is dead: so long it hangs on one.
    /// </summary>
    public const string Answer = "00:00:03";

    /// <summary>A queue answers at the latest after this that there is nothing: far below <see cref="Answer"/>, or every quiet call would
    /// count as lost, and long against the cost of asking again.</summary>
    public static TimeSpan Wait { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Between two looks of a queue at where it should live: above the time in which silos hear of each other, and short against
    /// the life of a run.</summary>
    public static TimeSpan Look { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Between two reads of a queue: below the shortest step, so that none waits for its messages.</summary>
    public static TimeSpan Read { get; } = TimeSpan.FromMilliseconds(20);

    /// <summary>After a read that failed. Above <see cref="Read"/>, and at most as long as a quiet queue lets its reader wait: whoever
    /// comes back is found as soon as what is new.</summary>
    public static Retry Reading { get; } = Retry.WithPauses(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
}
