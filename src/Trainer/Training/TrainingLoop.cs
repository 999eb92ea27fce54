using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Trainer.Distributed;
using CoKe.Trainer.Evaluation;
using CoKe.Trainer.Losses;
using CoKe.Trainer.Resume;
using static TorchSharp.torch;

namespace CoKe.Trainer.Training;

/// <summary>
/// Trains a learner against the clustering of a session. An epoch learns from the labels and centers that the epoch before committed, so a
/// step never waits for the clustering of its own embeddings: it hands them over and goes on.
/// </summary>
/// <remarks>
/// Runs on the thread that calls it, from beginning to end, and blocks where the session makes it wait: dispose scopes belong to a thread.
/// Everything in it belongs to a boundary: it saves the learner before it ends an epoch, so whichever boundary the clustering goes back to,
/// the learner of that moment is there (docs/protocol.md, rule 9).
/// </remarks>
sealed class TrainingLoop(Recipe recipe, Learner learner, TrainerSession session, Saves saves, RunCost cost, int imageCount, Device device)
{
    readonly int[] everyImage = [.. Enumerable.Range(0, imageCount)];
    readonly int smallest = recipe.Heads.Index().MinBy(head => head.Item).Index;
    readonly int stepsPerEpoch = Learner.StepsPerEpoch(recipe, imageCount);
    readonly LearnerState beginning = learner.Copy();
    readonly List<EpochRecord> history = [];
    IReadOnlyList<int[]>? labels;
    SoftLabelEntry[][][]? softLabels; // of stage two
    IReadOnlyList<float[]>? centers;
    int step;
    TimeSpan waited;

    /// <summary>Who is told.</summary>
    public TrainingEvents Events { get; init; } = new();

    /// <summary>With the other trainers of the model; null: there is one. The learner has the same.</summary>
    public SharedTraining? Shared { get; init; }

    /// <summary>Looks at epochs by their classes; null: nobody does. It reads the learner between two epochs and changes nothing in
    /// it.</summary>
    public EpochEvaluation? Evaluation { get; init; }

    /// <summary>Scans once, then trains every epoch of the recipe, from wherever the clustering stands.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signaled; the step under way is finished
    /// first.</exception>
    /// <exception cref="ResumeRefusedException">The clustering stands at a boundary whose save is missing, damaged or another
    /// run's.</exception>
    public TrainingResult Run(CancellationToken cancellation)
    {
        if (ReturnToBoundary(cancellation) is { } save)
            cost.GoOnFrom(save.Spent);
        while (session.Epoch <= recipe.Epochs)
            try
            {
                RunEpoch(session.Epoch, cancellation);
            }
            catch (RolledBackException)
            {
                session.RestartEpoch();
                ReturnToBoundary(cancellation);
            }
        return new TrainingResult([.. history], labels!, centers!, smallest);
    }

    void RunEpoch(int epoch, CancellationToken cancellation)
    {
        var (began, waitedBefore, loss, rate) = (Stopwatch.GetTimestamp(), waited, 0.0, 0.0);
        step = epoch * stepsPerEpoch; // a mini-batch none of whose images could be read was no step
        var stepsBefore = step;
        var (spread, headLosses) = (new EmbeddingSpread(recipe.Dimension), new double[recipe.Heads.Count]);
        EpochTrace Trace(double? agreement) =>
            new(
                epoch,
                epoch == 0 ? null : loss,
                agreement,
                Stopwatch.GetElapsedTime(began).TotalSeconds,
                (waited - waitedBefore).TotalSeconds,
                epoch == 0 ? null : rate
            )
            {
                HeadLosses = epoch == 0 ? null : headLosses,
                Spread = spread.Value,
            };
        void Push(int[] ids, float[] embeddings)
        {
            spread.Add(embeddings); // of several trainers each sees its own part, which is like the others'
            try
            {
                Wait(() => session.PushAsync(ids, embeddings).AsTask(), cancellation);
            }
            catch (RolledBackException rolledBack) when (Shared is not null)
            {
                Shared.Hear(rolledBack); // the others may be in the next step already: all turn back at its beginning
            }
            Stepped();
        }
        void Note(LearnedBatch batch)
        {
            loss += batch.Loss;
            for (var head = 0; head < headLosses.Length; head++)
                headLosses[head] += batch.HeadLosses[head];
        }
        void Stepped()
        {
            Events.Stepped(++step, (recipe.Epochs + 1) * stepsPerEpoch);
            cancellation.ThrowIfCancellationRequested();
        }

        if (labels is null || centers is null)
            learner.Scan(learner.NextEpoch(epoch), Push);
        else
        {
            var schedule = new LearningRateSchedule(
                recipe.LearningRate,
                (int)(recipe.WarmUpEpochs * stepsPerEpoch),
                recipe.Epochs * stepsPerEpoch
            );
            using var targets = new EpochTargets(
                labels,
                centers,
                recipe.Dimension,
                device,
                softLabels,
                session.Specification.Clustering.LabelSharpening
            );
            double Rate() => rate = schedule.At(step - stepsPerEpoch);
            if (recipe.IsSynchronous)
                learner.Train(
                    learner.NextEpoch(epoch),
                    (ids, embeddings) => CurrentTargets(targets, ids, Learner.ToArray(embeddings), cancellation),
                    Rate,
                    batch =>
                    {
                        Note(batch);
                        spread.Add(batch.Embeddings);
                        Stepped();
                    }
                );
            else
                learner.Train(learner.NextEpoch(epoch), targets, Rate, batch =>
                {
                    Note(batch);
                    Push(batch.Ids, batch.Embeddings);
                });
            loss /= step - stepsBefore;
            for (var head = 0; head < headLosses.Length; head++)
                headLosses[head] /= step - stepsBefore;
        }

        var state = learner.Copy();
        Shared?.EndSteps(state.Digest());
        var before = labels?[smallest] ?? [];
        // First the save, then the end: a boundary without a save could not be gone back to.
        saves.Write(
            new TrainerSave(
                session.RunId,
                session.Generation,
                session.Attempt,
                epoch,
                step,
                [.. history.Select(e => e.Trace), Trace(agreement: null)],
                before,
                cost.Now,
                state
            )
        );
        Events.Saved(epoch);
        var report = Wait(() => session.EndEpochAsync(), cancellation);
        Events.Committed(epoch);
        ReadBoundary(cancellation);
        history.Add(new EpochRecord(Trace(Agreement(before)) with { Scores = Scores(epoch, cancellation) }, smallest, report));
        Events.Ended(history[^1]);
    }

    /// <summary>Brings everything here to the last boundary that the clustering committed, which is where a run, a resumed run and an epoch
    /// done again begin.</summary>
    /// <returns>What was loaded; null before the first boundary, where the seed is enough.</returns>
    TrainerSave? ReturnToBoundary(CancellationToken cancellation)
    {
        history.Clear();
        if (session.Epoch == 0)
        {
            learner.Return(beginning);
            (labels, softLabels, centers, step) = (null, null, null, 0);
            return null;
        }

        var save = saves.Read(session.Epoch - 1, session.RunId);
        learner.Return(save.Learner);
        step = save.Steps;
        ReadBoundary(cancellation);
        foreach (var trace in save.Trace)
            history.Add(new EpochRecord(trace, smallest, Wait(() => session.GetEpochReportAsync(trace.Epoch), cancellation)));
        // The save was written before the boundary, so its own epoch lacks what the boundary told.
        saves.CheckLabels(save, labels![smallest], history[^1].Smallest.ChangedLabels);
        history[^1] = history[^1] with
        {
            Trace = history[^1].Trace with { LabelAgreement = Agreement(save.LabelsBefore), Scores = Scores(save.Epoch, cancellation) },
        };
        Events.Returned(session.Epoch, step, [.. history]);
        return save;
    }

    /// <summary>Table 2's other settings: the mini-batch is clustered first, and then classified by what it got, uncommitted as that is. A
    /// roll-back takes the learner back too.</summary>
    BatchTargets CurrentTargets(EpochTargets last, int[] ids, float[] embeddings, CancellationToken cancellation)
    {
        // Here they leave before there is a loss. A trainer that has not diverged would wait in the clustering for one that has, so all
        // learn of it first.
        var worst = embeddings.FirstOrDefault(value => !float.IsFinite(value));
        if (Shared is null)
            TrainingDivergedException.Finite(worst);
        else
            Shared.CheckFinite(worst);
        var images = tensor(ids, ScalarType.Int64).to(device);
        try
        {
            Wait(() => session.PushAsync(ids, embeddings).AsTask(), cancellation);
            var current = Wait(() => session.ReadUncommittedAsync(ids), cancellation);
            return last.Of(
                images,
                recipe.Labels == TargetEpoch.Current ? current.Labels : null,
                recipe.Centers == TargetEpoch.Current ? current.Centers : null
            );
        }
        catch (RolledBackException rolledBack) when (Shared is not null)
        {
            Shared.Hear(rolledBack);
            return last.Of(images); // the others are in this step, which is done with them and then forgotten
        }
    }

    void ReadBoundary(CancellationToken cancellation)
    {
        var read = Wait(() => session.GetLabelsAsync(everyImage), cancellation);
        (labels, softLabels) = (read.Labels, read.SoftLabels);
        centers = Wait(() => session.GetCentersAsync(), cancellation);
    }

    double? Agreement(int[] before)
    {
        // An image that could not be read before has no label.
        (int Before, int Now)[] known = [.. before.Zip(labels![smallest]).Where(pair => pair is { First: >= 0, Second: >= 0 })];
        return known.Length == 0
            ? null
            : new Agreement(
                Array.ConvertAll(known, pair => pair.Before),
                Array.ConvertAll(known, pair => pair.Now)
            ).NormalizedMutualInformation();
    }

    EpochScores? Scores(int epoch, CancellationToken cancellation) => Evaluation?.Of(epoch, learner, labels!, cancellation);

    T Wait<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        var result = call().WaitAsync(cancellation).GetAwaiter().GetResult();
        waited += Stopwatch.GetElapsedTime(began);
        return result;
    }

    void Wait(Func<Task> call, CancellationToken cancellation) =>
        Wait(
            async () =>
            {
                await call();
                return true;
            },
            cancellation
        );
}
