namespace CoKe.Abstractions;

/// <summary>How long calls may take that Orleans would otherwise give up after 30 s.</summary>
public static class Patience
{
    /// <summary>Of the calls that start a run: it activates every cluster, some 10,000 a second.</summary>
    public const string Start = "00:10:00";

    /// <summary>
    /// Of the restores inside a start. They are repeated, and what is complete only confirms, so a run that is slow gets on; a lost message
    /// must not hold a run for as long as a whole start may take.
    /// </summary>
    public const string Restore = "00:02:00";

    /// <summary>Of saves: a boundary writes every block and shard of a run, and what a slow disk has begun must not be begun anew for ever.</summary>
    public const string Save = "00:02:00";
}
