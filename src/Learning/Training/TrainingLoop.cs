using System.Globalization;
using CoKe.Client;
using CoKe.Learning.Distributed;
using CoKe.Learning.Evaluation;
using CoKe.Learning.Losses;
using CoKe.Learning.Resume;
using CoKe.Learning.Tensors;
using static TorchSharp.torch;

namespace CoKe.Learning.Training;

/// <summary>
/// Algorithm 2: trains a learner against the clustering of a session. An epoch learns from the labels and centers that the epoch before
/// committed, so a step never waits for the clustering of its own embeddings: it hands them over and goes on.
/// </summary>
/// <remarks>
/// Runs on the thread that calls it, from beginning to end, and blocks where the session makes it wait: dispose scopes belong to a thread.
/// Everything in it belongs to a boundary: it saves the learner before it ends an epoch, so whichever boundary the clustering goes back to,
/// the learner of that moment is there (docs/protocol.md, rule 9).
/// </remarks>
/// <param name="schedule">Epochs, steps and learning rates.</param>
/// <param name="targets">Of which epoch the targets are (Table 2).</param>
/// <param name="learner">What is trained.</param>
/// <param name="session">The clustering.</param>
/// <param name="saves">Where the learner is kept at every boundary.</param>
/// <param name="cost">Of the run.</param>
/// <param name="group">The trainers of the model, the learner's.</param>
/// <param name="device">Where training happens.</param>
public sealed class TrainingLoop(
    ScheduleOptions schedule,
    TargetOptions targets,
    Learner learner,
    TrainerSession session,
    Saves saves,
    RunCost cost,
    TrainerGroup group,
    Device device
)
{
    readonly int _dimension = session.Specification.Clustering.Dimension;
    readonly int _heads = session.Specification.Clustering.Heads.Count;
    readonly int _smallest = session.Specification.Clustering.Heads.Index().MinBy(head => head.Item.ClusterCount).Index;
    readonly int _stepsPerEpoch = schedule.StepsPerEpoch(session.Specification.Clustering.ImageCount);
    readonly LearningRateSchedule _rates = schedule.Rates(session.Specification.Clustering.ImageCount);
    readonly LearnerState _beginning = learner.Copy();
    readonly List<EpochRecord> _history = [];
    int _step;

    /// <summary>Who is told.</summary>
    public TrainingEvents Events { get; init; } = new();

    /// <summary>Looks at epochs by their classes. It reads the learner between two epochs and changes nothing in it.</summary>
    public EpochEvaluation Evaluation { get; init; } = EpochEvaluation.Never;

    /// <summary>Scans once, then trains every epoch of the schedule, from wherever the clustering stands; then this trainer is
    /// done.</summary>
    /// <exception cref="TrainingDivergedException">The loss is no number any more.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signaled; the step under way is finished
    /// first.</exception>
    /// <exception cref="ResumeRefusedException">The clustering stands at a boundary whose save is missing, damaged or another
    /// run's.</exception>
    public TrainingResult Run(CancellationToken cancellation)
    {
        var clustering = new ClusteringLink(session, group, cancellation);
        var (boundary, spent) = ReturnToBoundary(clustering, cancellation);
        cost.GoOnFrom(spent);
        session.Report(lastEpoch: schedule.Epochs);
        while (session.Epoch <= schedule.Epochs)
            try
            {
                boundary = RunEpoch(session.Epoch, boundary, clustering, cancellation);
            }
            catch (RolledBackException)
            {
                session.RestartEpoch();
                (boundary, _) = ReturnToBoundary(clustering, cancellation);
            }
        clustering.Finish();
        return new TrainingResult([.. _history], boundary!.Labels, boundary.Centers, _smallest);
    }

    /// <summary>One epoch t.</summary>
    /// <param name="epoch">t; 0 is the scan.</param>
    /// <param name="last">Labels and centers of t - 1; null: there are none before the scan.</param>
    /// <param name="clustering">Takes the embeddings.</param>
    /// <param name="cancellation">Ends it between two steps.</param>
    /// <returns>Labels and centers of t.</returns>
    Boundary RunEpoch(int epoch, Boundary? last, ClusteringLink clustering, CancellationToken cancellation)
    {
        var notes = new EpochNotes(epoch, _dimension, _heads, clustering.Waited);
        _step = epoch * _stepsPerEpoch; // a mini-batch none of whose images could be read was no step
        if (last is null)
            Scan(clustering, notes, cancellation);
        else
            Train(epoch, last, clustering, notes, cancellation);

        // First the save, then the end: a boundary without a save could not be gone back to.
        var state = learner.Copy();
        group.EndSteps(state);
        var before = last?.Labels[_smallest] ?? [];
        Save(epoch, notes.Trace(clustering.Waited), before, state);
        var report = clustering.EndEpoch();
        Events.Committed(epoch);
        var boundary = clustering.ReadBoundary();

        var trace = notes.Trace(clustering.Waited) with
        {
            LabelAgreement = Agreement.OfKnown(before, boundary.Labels[_smallest]),
            Scores = Evaluation.Of(epoch, learner.Encoder, learner.Normalization, boundary.Labels, cancellation),
        };
        _history.Add(new EpochRecord(trace, _smallest, report));
        Events.Ended(_history[^1]);
        return boundary;
    }

    /// <summary>Epoch 0: every image is embedded and clustered once; nothing is learned.</summary>
    void Scan(ClusteringLink clustering, EpochNotes notes, CancellationToken cancellation)
    {
        using var statistics = learner.Encoder.KeepStatistics();
        foreach (var batch in learner.Read(learner.NextEpoch(0)))
        {
            var embeddings = learner.Embed(batch);
            notes.Add(embeddings);
            clustering.Push(batch.Ids, embeddings);
            Stepped(cancellation);
        }
    }

    /// <summary>The steps of epoch t.</summary>
    void Train(int epoch, Boundary last, ClusteringLink clustering, EpochNotes notes, CancellationToken cancellation)
    {
        using var ofLast = new EpochTargets(last, _dimension, device, session.Specification.Clustering.LabelSharpening);
        var source = targets.AreCommitted
            ? new CommittedTargets(ofLast, clustering, device)
            : new OpenEpochTargets(targets, ofLast, clustering, group, device);
        foreach (var batch in learner.Read(learner.NextEpoch(epoch)))
        {
            using var scope = NewDisposeScope();
            var rate = _rates.At(_step - _stepsPerEpoch);
            var views = learner.Draw(batch);
            var x = learner.Forward(views); // eqn 17: the mean over large views
            var y = source.Of(batch.Ids, x.Embeddings); // y^{t-1} and C^{t-1}, or Table 2's
            var learned = Learn(batch, x, y, rate); // eqns 14 and 15
            notes.Add(learned, rate);
            source.Push(learned); // Algorithm 1, on the silos
            Stepped(cancellation);
        }
    }

    /// <summary>Learns from a mini-batch, and says how that went to whoever looks at the run.</summary>
    LearnedBatch Learn(LearnerBatch batch, ForwardResult x, BatchTargets targets, double rate)
    {
        try
        {
            var learned = learner.Backward(batch, x, targets, rate);
            session.Report(learned.Loss, rate);
            return learned;
        }
        catch (TrainingDivergedException e)
        {
            session.Report(double.Parse(e.Value, CultureInfo.InvariantCulture), rate); // the last that is heard of this trainer
            throw;
        }
    }

    void Stepped(CancellationToken cancellation)
    {
        Events.Stepped(++_step, (schedule.Epochs + 1) * _stepsPerEpoch);
        cancellation.ThrowIfCancellationRequested();
    }

    void Save(int epoch, EpochTrace trace, int[] labelsBefore, LearnerState state)
    {
        EpochTrace[] traces = [.. _history.Select(e => e.Trace), trace];
        saves.Write(
            new TrainerSave(session.RunId, session.Generation, session.Attempt, epoch, _step, traces, labelsBefore, cost.Now, state)
        );
        Events.Saved(epoch);
    }

    /// <summary>Brings everything here to the last boundary that the clustering committed, which is where a run, a resumed run and an epoch
    /// done again begin.</summary>
    /// <returns>That boundary, null before the first one, where the seed is enough; and what the run had cost by then.</returns>
    (Boundary? Boundary, Cost Spent) ReturnToBoundary(ClusteringLink clustering, CancellationToken cancellation)
    {
        _history.Clear();
        _step = 0;
        if (session.Epoch == 0)
        {
            learner.Return(_beginning);
            return (null, default);
        }

        var save = saves.Read(session.Epoch - 1, session.RunId);
        learner.Return(save.Learner);
        _step = save.Steps;
        var boundary = clustering.ReadBoundary();
        foreach (var trace in save.Trace)
            _history.Add(new EpochRecord(trace, _smallest, clustering.ReportOf(trace.Epoch)));
        // The save was written before the boundary, so its own epoch lacks what the boundary told.
        saves.CheckLabels(save, boundary.Labels[_smallest], _history[^1].Smallest.ChangedLabels);
        _history[^1] = _history[^1] with
        {
            Trace = _history[^1].Trace with
            {
                LabelAgreement = Agreement.OfKnown(save.LabelsBefore, boundary.Labels[_smallest]),
                Scores = Evaluation.Of(save.Epoch, learner.Encoder, learner.Normalization, boundary.Labels, cancellation),
            },
        };
        Events.Returned(session.Epoch, _step, [.. _history]);
        return (boundary, save.Spent);
    }
}
