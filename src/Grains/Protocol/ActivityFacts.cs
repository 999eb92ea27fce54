using CoKe.Abstractions;

namespace CoKe.Grains.Protocol;

/// <summary>What decides what a run does, as people are told. Pure, and without a clock: a test can try every combination.</summary>
/// <param name="State">Whether it is at work.</param>
/// <param name="Epoch">The open epoch; 0 is the scan.</param>
/// <param name="IsGoingOn">Steps come, or something is under way.</param>
/// <param name="Ranks">Its ranks, in order.</param>
sealed record ActivityFacts(RunState State, int Epoch, bool IsGoingOn, IReadOnlyList<RankFacts> Ranks)
{
    /// <summary>What the run does. What needs a person comes first; a run that is done says so whether or not it is in memory.</summary>
    public RunActivity Activity =>
        State == RunState.Faulted ? RunActivity.Of(ActivityKind.Faulted)
        : Ranks.All(rank => rank.IsFinished) ? RunActivity.Of(ActivityKind.Finished)
        : State == RunState.Recovering ? RunActivity.Of(ActivityKind.Recovering)
        : State == RunState.Asleep ? RunActivity.Of(ActivityKind.Asleep)
        : Ranks.All(rank => !rank.HasCome) ? RunActivity.Of(ActivityKind.Created)
        : Waiting(WaitReason.NotCome, rank => !rank.HasCome)
            ?? Waiting(WaitReason.Silent, rank => rank.IsSilent)
            ?? Waiting(WaitReason.PartMissing, rank => rank.IsAwaited)
            ?? RunActivity.Of(
                !IsGoingOn ? ActivityKind.Idle
                : Epoch == 0 ? ActivityKind.Scanning
                : ActivityKind.Training
            );

    RunActivity? Waiting(WaitReason reason, Predicate<RankFacts> isMissed)
    {
        int[] missed = [.. Ranks.Index().Where(rank => isMissed(rank.Item)).Select(rank => rank.Index)];
        return missed.Length == 0
            ? null
            : new RunActivity(
                ActivityKind.Waiting,
                missed,
                reason,
                reason == WaitReason.Silent ? missed.Max(rank => Ranks[rank].Silence.TotalSeconds) : null
            );
    }
}

/// <summary>What of a rank decides.</summary>
/// <param name="HasCome">A trainer has taken it.</param>
/// <param name="IsFinished">That trainer is done.</param>
/// <param name="IsSilent">That trainer has said nothing for longer than a living one does.</param>
/// <param name="IsAwaited">No step begins for want of its part.</param>
/// <param name="Silence">How long its trainer has said nothing.</param>
readonly record struct RankFacts(bool HasCome, bool IsFinished, bool IsSilent, bool IsAwaited, TimeSpan Silence);
