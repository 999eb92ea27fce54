using CoKe.Grains.Protocol;

namespace CoKe.Grains.Sequencing;

/// <summary>What an incarnation has processed, durable or not; a checkpoint makes a <see cref="RunMark"/> of it.</summary>
/// <param name="from">Where it goes on.</param>
/// <param name="scans">The open epoch is the scan.</param>
/// <param name="time">Says when, for people: nothing that is computed depends on it.</param>
sealed class ProcessedSteps(RunMark from, bool scans, TimeProvider time)
{
    readonly long[] _watermarks = [.. from.Watermarks];
    readonly long _began = time.GetTimestamp();

    /// <summary>How fast they come; its times are those of <see cref="Elapsed"/>.</summary>
    public RunPace Pace { get; } = new(scans);

    /// <summary>Since this incarnation began.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_began);

    /// <summary>When the last step was processed, or the last epoch closed; null: it is not known.</summary>
    public DateTimeOffset? Updated { get; private set; } = from.Updated;

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
        Updated = time.GetUtcNow();
        Pace.Add(Elapsed, RowsAccepted);
    }

    /// <summary>As it is to be stored with what was copied now.</summary>
    public RunMark Mark(CheckpointNames captured) =>
        new(captured.Step, RowsAccepted, RowsInEpoch, StepsInEpoch, [.. _watermarks], captured.SimilaritySums) { Updated = Updated };

    /// <summary>As the next epoch begins when this one is closed with what was copied now.</summary>
    public RunMark MarkOfNextEpoch(CheckpointNames captured, int heads) =>
        new(captured.Step, RowsAccepted, 0, 0, new long[_watermarks.Length], new double[heads]) { Updated = time.GetUtcNow() };

    /// <summary>The next epoch is open.</summary>
    public void OpenEpoch(long step)
    {
        (Step, RowsInEpoch, StepsInEpoch) = (step, 0, 0);
        Updated = time.GetUtcNow();
        Pace.OpenEpoch(Elapsed, RowsAccepted);
        Array.Clear(_watermarks);
    }
}
