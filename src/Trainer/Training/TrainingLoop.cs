using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Session;
using CoKe.Trainer.Evaluation;
using static TorchSharp.torch;

namespace CoKe.Trainer.Training;

/// <summary>
/// Trains a learner against the clustering of a session. An epoch learns from the labels and centers that the epoch before committed, so a step never waits for the
/// clustering of its own embeddings: it hands them over and goes on.
/// </summary>
/// <remarks>Runs on the thread that calls it, from beginning to end, and blocks where the session makes it wait: dispose scopes belong to a thread.</remarks>
sealed class TrainingLoop(Recipe recipe, Learner learner, TrainerSession session, int imageCount, Device device)
{
    readonly int[] everyImage = [.. Enumerable.Range(0, imageCount)];
    TimeSpan waited;

    /// <summary>Called after every step with the steps done and the steps of the whole run.</summary>
    public Action<int, int> OnStep { get; init; } = (_, _) => { };

    /// <summary>Called after every epoch.</summary>
    public Action<EpochRecord> OnEpoch { get; init; } = _ => { };

    /// <summary>Scans once, then trains every epoch of the recipe.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signaled; the step under way is finished first.</exception>
    public TrainingResult Run(CancellationToken cancellation)
    {
        var smallest = recipe.Heads.Index().MinBy(head => head.Item).Index;
        var stepsPerEpoch = Learner.StepsPerEpoch(recipe, imageCount);
        var schedule = new LearningRateSchedule(recipe.LearningRate, (int)(recipe.WarmUpEpochs * stepsPerEpoch), recipe.Epochs * stepsPerEpoch);
        var totalSteps = (recipe.Epochs + 1) * stepsPerEpoch;
        var history = new List<EpochRecord>();
        IReadOnlyList<int[]>? labels = null;
        IReadOnlyList<float[]>? centers = null;
        var step = 0;
        for (var epoch = 0; epoch <= recipe.Epochs; epoch++)
        {
            var (began, waitedBefore, loss) = (Stopwatch.GetTimestamp(), waited, 0.0);
            void Push(int[] ids, float[] embeddings)
            {
                Wait(() => session.PushAsync(ids, embeddings).AsTask());
                OnStep(++step, totalSteps);
                cancellation.ThrowIfCancellationRequested();
            }
            if (labels is null || centers is null)
                learner.Scan(learner.NextEpoch(), Push);
            else
            {
                using var targets = new EpochTargets(labels, centers, recipe.Dimension, device);
                foreach (var ids in learner.NextEpoch())
                {
                    var (value, embeddings) = learner.Step(ids, targets, schedule.At(step - stepsPerEpoch));
                    loss += value / stepsPerEpoch;
                    Push(ids, embeddings);
                }
            }
            var report = Wait(session.EndEpochAsync);
            var before = labels;
            labels = Wait(() => session.GetLabelsAsync(everyImage)).Labels;
            centers = Wait(session.GetCentersAsync);
            history.Add(new EpochRecord(
                epoch, epoch == 0 ? null : loss,
                before is null ? null : new Agreement(before[smallest], labels[smallest]).NormalizedMutualInformation(),
                Stopwatch.GetElapsedTime(began).TotalSeconds, (waited - waitedBefore).TotalSeconds, smallest, report));
            OnEpoch(history[^1]);
        }
        return new TrainingResult(history, labels!, centers!, smallest);
    }

    T Wait<T>(Func<Task<T>> call)
    {
        var began = Stopwatch.GetTimestamp();
        var result = call().GetAwaiter().GetResult();
        waited += Stopwatch.GetElapsedTime(began);
        return result;
    }

    void Wait(Func<Task> call) => Wait(async () =>
    {
        await call();
        return true;
    });
}

/// <summary>What a training run leaves behind, all of it label-free.</summary>
/// <param name="History">Every epoch, the scan first.</param>
/// <param name="Labels">Final pseudo-labels: Labels[head][image].</param>
/// <param name="Centers">Final centers of every head, K x d values.</param>
/// <param name="SmallestHead">The head with the fewest clusters.</param>
sealed record TrainingResult(IReadOnlyList<EpochRecord> History, IReadOnlyList<int[]> Labels, IReadOnlyList<float[]> Centers, int SmallestHead)
{
    /// <summary>Seconds of all epochs, the scan included.</summary>
    public double Seconds => History.Sum(e => e.Seconds);

    /// <summary>The share of those that were spent waiting for the clustering.</summary>
    public double WaitFraction => History.Sum(e => e.SecondsWaited) / Seconds;

    /// <summary>Images per second while training, each counted once whatever its views.</summary>
    public double ImagesPerSecond => History.Skip(1).Sum(e => e.Clustering.Rows) / History.Skip(1).Sum(e => e.Seconds);
}
