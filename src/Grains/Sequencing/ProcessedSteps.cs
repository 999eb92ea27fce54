using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>What an incarnation has processed, durable or not; a checkpoint makes a <see cref="RunMark"/> of it.</summary>
sealed class ProcessedSteps(RunMark from)
{
    readonly long[] _watermarks = [.. from.Watermarks];

    /// <summary>Steps of the whole run, epoch ends included.</summary>
    public long Step { get; private set; } = from.Step;

    public long StepsInEpoch { get; private set; } = from.StepsInEpoch;

    public long RowsInEpoch { get; private set; } = from.RowsInEpoch;

    /// <summary>Rows of the whole run.</summary>
    public long RowsAccepted { get; private set; } = from.RowsAccepted;

    /// <summary>A rank's sequences below this one are processed: its watermark, once that is durable.</summary>
    public long Watermark(int rank) => _watermarks[rank];

    public void Add(StepParts step, int rows)
    {
        Step++;
        StepsInEpoch++;
        RowsInEpoch += rows;
        RowsAccepted += rows;
        step.Watermarks.CopyTo(_watermarks, 0);
    }

    /// <summary>As it is to be stored with what was copied now.</summary>
    public RunMark Mark(CheckpointNames captured) =>
        new(captured.Step, RowsAccepted, RowsInEpoch, StepsInEpoch, [.. _watermarks], captured.SimilaritySums);

    /// <summary>As the next epoch begins when this one is closed with what was copied now.</summary>
    public RunMark MarkOfNextEpoch(CheckpointNames captured, int heads) =>
        new(captured.Step, RowsAccepted, 0, 0, new long[_watermarks.Length], new double[heads]);

    /// <summary>The next epoch is open.</summary>
    public void OpenEpoch(long step)
    {
        (Step, RowsInEpoch, StepsInEpoch) = (step, 0, 0);
        Array.Clear(_watermarks);
    }
}
