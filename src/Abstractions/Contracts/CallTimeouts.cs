namespace CoKe.Abstractions;

/// <summary>
/// How long calls may take that Orleans would otherwise give up after 30 s. They depend on each other, on the times of grains and on
/// options of a silo: a test holds them together.
/// </summary>
public static class CallTimeouts
{
    /// <summary>Of the calls that start a run: it activates every cluster, some 10,000 a second.</summary>
    public const string Start = "00:10:00";

    /// <summary>
    /// Of the restores inside a start. They are repeated, and what is complete only confirms, so a run that is slow gets on; a lost message
    /// must not hold a run for as long as a whole start may take: all tries together are shorter than <see cref="Start"/>.
    /// </summary>
    public const string Restore = "00:02:00";

    /// <summary>Of saves: a boundary writes every block and shard of a run, and what a slow disk has begun must not be begun anew for
    /// ever.</summary>
    public const string Save = "00:02:00";

    /// <summary>
    /// Of calls that trainers repeat and that answer within about a second. Nobody tells a client that the silo it waits for is dead, so
    /// this is how long it hangs on one, and little of it may be left when the cluster has found it dead. Longer than a poll waits for
    /// news.
    /// </summary>
    public const string Repeated = "00:00:03";

    /// <summary>Of a move off a silo that leaves: a checkpoint and a recovery, within what a host waits for a stop, and not below what the
    /// silo takes for handing over.</summary>
    public const string Move = "00:00:20";
}
