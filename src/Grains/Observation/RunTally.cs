using System.Collections.Concurrent;
using CoKe.Abstractions;

namespace CoKe.Grains.Observation;

/// <summary>What is counted of a run.</summary>
enum RunCount
{
    /// <summary>Mini-batches that steps were made of, of all ranks.</summary>
    Batches,

    /// <summary>Rows of these.</summary>
    Rows,

    /// <summary>Steps that every head has applied and whose labels are written.</summary>
    Steps,

    /// <summary>Messages without effect: they came again, too late, or so early that there was no room.</summary>
    Dropped,

    /// <summary>Times the run came to be live, the first included.</summary>
    Recoveries,

    /// <summary>Live runs that ended by a failure, and recoveries that failed.</summary>
    Failures,

    /// <summary>Steps that a recovery took back, to be computed again.</summary>
    Replayed,

    /// <summary>Checkpoints that are durable.</summary>
    Checkpoints,

    /// <summary>Epochs that were closed and committed.</summary>
    Boundaries,
}

/// <summary>A part of a step.</summary>
enum Phase
{
    /// <summary>Embeddings go to every scorer.</summary>
    Load,

    /// <summary>Of one head: every scorer finds the best of its clusters.</summary>
    Score,

    /// <summary>Of one head: every cluster takes its share.</summary>
    Apply,

    /// <summary>Labels of all heads go to the shards.</summary>
    Labels,
}

/// <summary>
/// Counts of one run on one silo, or of all runs that are too many for a label each. They are added to on the schedulers of sequencers and
/// read from wherever somebody collects.
/// </summary>
sealed class RunTally
{
    readonly long[] _counts = new long[Enum.GetValues<RunCount>().Length];
    readonly long[] _refusals = new long[Enum.GetValues<RefusalKind>().Length];
    readonly long[] _phases = new long[Enum.GetValues<Phase>().Length]; // ticks
    readonly ConcurrentDictionary<int, TrainerFigures> _trainers = new();
    long _steps; // ticks

    /// <summary>What the run is at the moment; null: nothing is known, or several runs are counted here.</summary>
    public volatile RunState? State;

    /// <summary>Time of all steps, from their begin to their end; those under way at once count side by side.</summary>
    public TimeSpan StepTime => new(Interlocked.Read(ref _steps));

    /// <summary>What trainers tell of themselves, by rank.</summary>
    public IEnumerable<KeyValuePair<int, TrainerFigures>> Trainers => _trainers;

    public long Of(RunCount what) => Interlocked.Read(ref _counts[(int)what]);

    public long Of(RefusalKind why) => Interlocked.Read(ref _refusals[(int)why]);

    /// <summary>Time of one phase in all steps; for what each head does, summed over the heads.</summary>
    public TimeSpan Of(Phase phase) => new(Interlocked.Read(ref _phases[(int)phase]));

    public void Add(RunCount what, long more) => Interlocked.Add(ref _counts[(int)what], more);

    public void Add(RefusalKind why, long more) => Interlocked.Add(ref _refusals[(int)why], more);

    public void Add(Phase phase, TimeSpan more) => Interlocked.Add(ref _phases[(int)phase], more.Ticks);

    /// <summary>A trainer tells of itself.</summary>
    public void Hear(int rank, TrainerFigures told) => _trainers[rank] = told;

    public void AddStep(TimeSpan more) => Interlocked.Add(ref _steps, more.Ticks);

    /// <summary>What a trainer tells of itself; what is null was not told.</summary>
    /// <param name="Loss">Of its last step.</param>
    /// <param name="ImagesPerSecond">That it hands over.</param>
    public readonly record struct TrainerFigures(double? Loss, double? ImagesPerSecond);

    /// <summary>A run that is live, as it was when it last changed.</summary>
    /// <param name="Epoch">The open epoch.</param>
    /// <param name="Window">Mini-batches of all ranks that are taken and not durable: what their sessions keep.</param>
    /// <param name="WaitingBytes">Of messages before their turn, of all ranks.</param>
    /// <param name="DurableAt">Timestamp of the last checkpoint, boundary or recovery.</param>
    /// <param name="LastEpoch">The last committed epoch; null: none is.</param>
    public sealed record RunState(int Epoch, long Window, long WaitingBytes, long DurableAt, EpochReport? LastEpoch);
}
