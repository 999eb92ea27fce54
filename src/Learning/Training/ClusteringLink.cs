using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Learning.Distributed;

namespace CoKe.Learning.Training;

/// <summary>A session for the training thread, which it blocks where the clustering makes it wait, and counts how long.</summary>
/// <param name="session">The trainer's.</param>
/// <param name="group">The trainers of the model.</param>
/// <param name="cancellation">Ends every wait. What it gives up of an epoch's end, the run goes on from when it is resumed.</param>
public sealed class ClusteringLink(TrainerSession session, TrainerGroup group, CancellationToken cancellation)
{
    readonly int[] _everyImage = [.. Enumerable.Range(0, session.Specification.Clustering.ImageCount)];

    /// <summary>How long the thread has waited in all.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>Hands a mini-batch over to be clustered; waits only where the window of unconfirmed ones is full.</summary>
    /// <param name="ids">Images.</param>
    /// <param name="embeddings">b x d, row after row.</param>
    /// <returns>False: the clustering was rolled back, and all trainers turn back together, at the next step's beginning.</returns>
    /// <exception cref="RolledBackException">It was rolled back, and this trainer is alone.</exception>
    public bool Push(int[] ids, float[] embeddings)
    {
        try
        {
            Wait(() => session.PushAsync(ids, embeddings, cancellation).AsTask());
            return true;
        }
        catch (RolledBackException rolledBack)
        {
            group.Hear(rolledBack); // of several, the others may be in the next step already
            return false;
        }
    }

    /// <summary>What the mini-batch that was pushed last has got, uncommitted as it is; waits for the clustering.</summary>
    /// <returns>Null: it was rolled back, see <see cref="Push"/>.</returns>
    public UncommittedState? ReadUncommitted(int[] ids)
    {
        try
        {
            return Wait(() => session.ReadUncommittedAsync(ids, cancellation));
        }
        catch (RolledBackException rolledBack)
        {
            group.Hear(rolledBack);
            return null;
        }
    }

    /// <summary>Ends the epoch, and waits until its boundary is committed.</summary>
    public EpochReport EndEpoch() => Wait(() => session.EndEpochAsync(cancellation));

    /// <summary>Says that this trainer is done.</summary>
    public void Finish() => Wait(() => session.FinishAsync(cancellation));

    /// <summary>The report of an epoch that is committed.</summary>
    public EpochReport ReportOf(int epoch) => Wait(() => session.GetEpochReportAsync(epoch, cancellation));

    /// <summary>Labels and centers of the last committed epoch.</summary>
    public Boundary ReadBoundary()
    {
        var read = Wait(() => session.GetLabelsAsync(_everyImage, cancellation));
        return new Boundary(read.Labels, read.SoftLabels, Wait(() => session.GetCentersAsync(cancellation)));
    }

    T Wait<T>(Func<Task<T>> call)
    {
        var began = Stopwatch.GetTimestamp();
        var result = call().GetAwaiter().GetResult();
        Waited += Stopwatch.GetElapsedTime(began);
        return result;
    }

    void Wait(Func<Task> call)
    {
        var began = Stopwatch.GetTimestamp();
        call().GetAwaiter().GetResult();
        Waited += Stopwatch.GetElapsedTime(began);
    }
}

/// <summary>What an epoch left behind, and the next one trains against.</summary>
/// <param name="Labels">y: Labels[head][image]; -1: never clustered.</param>
/// <param name="SoftLabels">Of stage two: SoftLabels[head][image]; null before it.</param>
/// <param name="Centers">C of every head, K x d values.</param>
public sealed record Boundary(IReadOnlyList<int[]> Labels, SoftLabelEntry[][][]? SoftLabels, IReadOnlyList<float[]> Centers);
