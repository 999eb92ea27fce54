using CoKe.Abstractions;
using CoKe.Alarms;
using CoKe.Learning.Evaluation;
using CoKe.Learning.Resume;

namespace CoKe.Learning.Training;

/// <summary>What can be said of an epoch, all but <see cref="Scores"/> without any true class.</summary>
/// <param name="Trace">What the trainer noted.</param>
/// <param name="SmallestHead">The head with the fewest clusters, which is evaluated.</param>
/// <param name="Clustering">The committed report of every head.</param>
public sealed record EpochRecord(EpochTrace Trace, int SmallestHead, EpochReport Clustering)
{
    /// <summary>0 is the scan.</summary>
    public int Epoch => Trace.Epoch;

    /// <summary>Mean loss of the steps; null in the scan.</summary>
    public double? Loss => Trace.Loss;

    /// <summary>NMI between this epoch's labels and those of the epoch before, in the smallest head: the earliest sign of a healthy run.
    /// Null in the scan.</summary>
    public double? LabelAgreement => Trace.LabelAgreement;

    /// <summary>Time it took, boundary included; without it where another process went on from there.</summary>
    public double Seconds => Trace.Seconds;

    /// <summary>The part of it that was spent waiting for the clustering.</summary>
    public double SecondsWaited => Trace.SecondsWaited;

    /// <summary>Learning rate of its last step; null in the scan.</summary>
    public double? LearningRate => Trace.LearningRate;

    /// <summary>What the true classes say; null where nobody asked. Nothing that trains reads it.</summary>
    public EpochScores? Scores => Trace.Scores;

    /// <summary>Images per second, each counted once whatever its views.</summary>
    public double ImagesPerSecond => Clustering.Rows / Seconds;

    /// <summary>The report of the head that is evaluated.</summary>
    public HeadReport Smallest => Clustering.Heads[SmallestHead];

    /// <summary>The share of images of the smallest head that moved to another cluster; null in the scan.</summary>
    public double? ChangedShare => Smallest.ChangedLabels is { } changed && Clustering.Rows > 0 ? (double)changed / Clustering.Rows : null;

    /// <summary>By what the epoch is judged, over all heads.</summary>
    public EpochSigns Signs => new(Clustering, Trace.HeadLosses, Trace.Spread);
}
