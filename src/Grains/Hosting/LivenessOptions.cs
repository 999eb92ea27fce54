using CoKe.Grains.Protocol;
using Orleans.Configuration;

namespace CoKe.Grains.Hosting;

/// <summary>
/// How soon silos find a dead one; the same on every silo of a cluster. A run stands still that long, so the defaults are far below
/// Orleans' own (three probes of 5 s, two votes), and above what a busy silo needs to answer a probe. A silo held for dead ends itself.
/// </summary>
public sealed class LivenessOptions
{
    /// <summary>Between two probes of a silo, and how long each may take: above zero.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>So many probes in a row missed: the silo is suspected. 1 or more.</summary>
    public int MissedProbes { get; set; } = 2;

    /// <summary>So many silos suspect it: it is dead. One, because of two silos only one is left to vote.</summary>
    public int Votes { get; set; } = 1;

    /// <summary>Between two looks at the membership table and two signs of life in it: above zero. Changes are gossiped besides.</summary>
    public TimeSpan TableRefresh { get; set; } = TimeSpan.FromSeconds(5);

    internal void Validate()
    {
        Ranges.Positive(nameof(ProbeTimeout), ProbeTimeout);
        Ranges.Positive(nameof(TableRefresh), TableRefresh);
        Ranges.AtLeastOne(nameof(MissedProbes), MissedProbes);
        Ranges.AtLeastOne(nameof(Votes), Votes);
    }

    internal void Apply(ClusterMembershipOptions membership)
    {
        (membership.ProbeTimeout, membership.NumMissedProbesLimit, membership.NumVotesForDeathDeclaration) = (
            ProbeTimeout,
            MissedProbes,
            Votes
        );
        (membership.TableRefreshTimeout, membership.IAmAliveTablePublishTimeout) = (TableRefresh, TableRefresh);
    }

    /// <summary>
    /// Orleans keeps the grains of a silo that was declared dead from being made elsewhere until 30 s after it was last heard, lest it
    /// still works. It may: its incarnation is over, and what it writes is refused (docs/protocol.md, rules 2 and 3).
    /// </summary>
    internal static void Apply(GrainDirectoryOptions directory) => directory.RangeLeaseDuration = TimeSpan.Zero;
}
