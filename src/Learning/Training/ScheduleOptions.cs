using CoKe.Learning.Data;

namespace CoKe.Learning.Training;

/// <summary>How long training takes, in what steps, and at what learning rate.</summary>
public sealed record ScheduleOptions
{
    /// <summary>Epochs of training; epoch 0 before them only scans.</summary>
    public int Epochs { get; init; }

    /// <summary>Mini-batch size b. Epochs are cut into equal parts of at most this many images, so none is left out.</summary>
    public int BatchSize { get; init; }

    /// <summary>The learning rate after warm-up.</summary>
    public double LearningRate { get; init; }

    /// <summary>Epochs over which the learning rate rises from 0; a cosine falls to 0 over the rest.</summary>
    public double WarmUpEpochs { get; init; }

    /// <summary>Mini-batches of one epoch over <paramref name="imageCount"/> images.</summary>
    public int StepsPerEpoch(int imageCount) => EpochBatches.Count(imageCount, BatchSize);

    /// <summary>The learning rate of every step of training over <paramref name="imageCount"/> images.</summary>
    internal LearningRateSchedule Rates(int imageCount) =>
        new(LearningRate, (int)(WarmUpEpochs * StepsPerEpoch(imageCount)), Epochs * StepsPerEpoch(imageCount));
}

/// <summary>Of which epoch the targets of a mini-batch are (Table 2). The default is CoKe: a step waits for nothing.</summary>
/// <param name="Labels">Whose labels an image is classified by.</param>
/// <param name="Centers">Whose centers an image is classified with.</param>
public readonly record struct TargetOptions(TargetEpoch Labels, TargetEpoch Centers)
{
    /// <summary>Whether all targets are committed, so that no step waits for the clustering of its own mini-batch.</summary>
    public bool AreCommitted => this is { Labels: TargetEpoch.Last, Centers: TargetEpoch.Last };
}
