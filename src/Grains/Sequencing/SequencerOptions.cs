using CoKe.Abstractions;
using CoKe.Errors;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>How a sequencer paces a run; the same on every silo of a cluster. No result depends on it.</summary>
public sealed class SequencerOptions
{
    /// <summary>Steps that heads may run ahead of the slowest one, 1 or more.</summary>
    public int Lead { get; set; } = 4;

    /// <summary>M: steps between two checkpoints, 1 or more. After a fault at most twice as many are computed again.</summary>
    public int CheckpointInterval { get; set; } = 80;

    /// <summary>Without a new step for this long, what is not durable is checkpointed.</summary>
    public TimeSpan QuietTime { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a poll waits for news: above zero, and below the 3 s after which a poll counts as lost.</summary>
    public TimeSpan PollPatience { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a start waits for the run to be live before it says that it is still recovering.</summary>
    public TimeSpan StartPatience { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest pause between two tries to recover.</summary>
    public TimeSpan RecoveryPause { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the silos must have been the same before a run spreads over one that joined. It moves at once off one that
    /// leaves.</summary>
    public TimeSpan SettleTime { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>A trainer that has said nothing for so long counts as silent: longer than its poll waits, and than one that is lost
    /// takes.</summary>
    public TimeSpan SilentAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>What a session must be able to keep (rule 7): twice the checkpoint interval and what is in flight.</summary>
    internal int LeastWindow => (2 * CheckpointInterval) + Lead + 1;

    internal void Validate()
    {
        if (Lead < 1)
            throw new InvalidOptionsException(nameof(Lead), $"{Lead}", $"Lead {Lead} would never start a step: use 1 or more.");
        if (CheckpointInterval < 1 || LeastWindow > ISequencerGrain.ReorderCapacity)
            throw new InvalidOptionsException(
                nameof(CheckpointInterval),
                $"{CheckpointInterval}",
                $"CheckpointInterval {CheckpointInterval} is out of range: "
                    + $"with a lead of {Lead} use 1 to {(ISequencerGrain.ReorderCapacity - Lead - 1) / 2}."
            );
        if (PollPatience <= TimeSpan.Zero || PollPatience > TimeSpan.FromSeconds(2))
            throw new InvalidOptionsException(
                nameof(PollPatience),
                $"{PollPatience}",
                $"PollPatience {PollPatience} is out of range: use a time above zero, at most 2 s."
            );
        Ranges.Positive(nameof(QuietTime), QuietTime);
        Ranges.Positive(nameof(StartPatience), StartPatience);
        Ranges.Positive(nameof(RecoveryPause), RecoveryPause);
        Ranges.Positive(nameof(SettleTime), SettleTime);
        if (SilentAfter <= PollPatience)
            throw new InvalidOptionsException(
                nameof(SilentAfter),
                $"{SilentAfter}",
                $"SilentAfter {SilentAfter} is out of range: use more than PollPatience, {PollPatience}."
            );
    }
}
