using CoKe.Errors;

namespace CoKe.Grains.Protocol;

/// <summary>
/// How long the grains of a run wait for each other. No result depends on it, but the times depend on each other, on
/// <see cref="CoKe.Abstractions.CallTimeouts"/> and on the options of a silo: a test holds them together.
/// </summary>
static class GrainTimes
{
    /// <summary>
    /// Of a turn that never runs, because the scheduler of its cluster is stuck or gone. Below the 30 s after which Orleans holds a step's
    /// call for lost, so that the block says what was wrong.
    /// </summary>
    public static TimeSpan StuckTurn { get; } = TimeSpan.FromSeconds(20);

    /// <summary>The shortest pause between two looks at many grains: whoever polls does not notice it.</summary>
    public static TimeSpan ShortestLookPause { get; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest one: a look that hung is no reason never to look again.</summary>
    public static TimeSpan LongestLookPause { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two looks at the silos: several in the time for which they must have been the same, or a silo that came and went
    /// between two looks would count as one that stayed.</summary>
    public static TimeSpan SiloGlance { get; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Of recoveries; the longest is an option. Far below a poll's patience: most recoveries need no second.</summary>
    public static TimeSpan FirstRecoveryPause { get; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Of what a recovery restores. A grain that was slow or lost its answer only confirms when it is asked again; a silo that is gone
    /// needs another one to be chosen. All tries together are over long before the call of a start is.
    /// </summary>
    public static Retry Restore { get; } = Retry.AtOnce(3);

    /// <summary>Of what is asked of a run by its name, which may be leaving just then.</summary>
    public static Retry RunQuestion { get; } = new(6, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(200));

    /// <summary>Of the record of a run, which a few trainers change at once.</summary>
    public static Retry RunChange { get; } = Retry.AtOnce(6);

    /// <summary>Of the table of sizes, which nobody waits for.</summary>
    public static Retry SizeTable { get; } = Retry.WithPauses(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    /// <summary>After this a run that is fed is looked for again, beside its messages: one that was deleted is known for little
    /// longer.</summary>
    public static TimeSpan RunLookedForAfter { get; } = TimeSpan.FromSeconds(10);

    /// <summary>After this it is looked for before its next message is let in: several looks beside the messages may have failed by
    /// then.</summary>
    public static TimeSpan RunKnownFor { get; } = TimeSpan.FromMinutes(1);
}
