using CoKe.Client;
using CoKe.Learning.Data;
using CoKe.Learning.Distributed;
using CoKe.Learning.Evaluation;
using CoKe.Learning.ImageFolders;
using CoKe.Learning.Resume;
using CoKe.Learning.Tensors;
using CoKe.Learning.Training;
using CoKe.Trainer.Recipes;
using static TorchSharp.torch;

namespace CoKe.Trainer.Runs;

/// <summary>One trainer of a run, alone or among several: the learner, and the loop that feeds its session. Made and used on the training
/// thread.</summary>
sealed class RunTrainer : IDisposable
{
    readonly AllReduce? _allReduce;
    readonly TrainerGroup _group = TrainerGroup.Alone;
    readonly TrainingLoop _loop;

    /// <param name="recipe">With nothing left open.</param>
    /// <param name="data">The images.</param>
    /// <param name="seed">Of weights, order and views.</param>
    /// <param name="threads">Of libtorch.</param>
    /// <param name="session">The trainer's.</param>
    /// <param name="saves">The trainer's.</param>
    /// <param name="cost">Of the run.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="job">The other trainers; null: there are none.</param>
    /// <param name="events">Who is told.</param>
    /// <param name="evaluates">Whether this trainer asks the classes where the recipe says so; one of several does.</param>
    public RunTrainer(
        Recipe recipe,
        RunImages data,
        int seed,
        int threads,
        TrainerSession session,
        Saves saves,
        RunCost cost,
        Device device,
        TrainerJob? job,
        TrainingEvents events,
        bool evaluates
    )
    {
        NativeMemory.KeepFreedPages();
        set_num_threads(threads);
        if (job is not null)
        {
            _allReduce = AllReduce.Of(job, device);
            _group = new SharedTraining(session.Specification.Name, job.Part, _allReduce.Sum, job.Gather, data.Train.Images as FolderImages)
            {
                Session = session,
            };
            // All have their sessions by now, and each new one rolled the run back: whoever began before would do so in vain.
            job.Meet();
        }
        Learner = new Learner(
            recipe.LearnerOf(data.Channels, data.Size),
            data.Train.Images,
            data.NormalizationOn(device),
            seed,
            device,
            _group
        );
        _loop = new TrainingLoop(recipe.Schedule, recipe.Clustering.Targets, Learner, session, saves, cost, _group, device)
        {
            Events = events,
            Evaluation = evaluates ? EpochEvaluation.Of(recipe.Evaluation.EvaluateEvery, data, device) : EpochEvaluation.Never,
        };
    }

    /// <summary>What is trained.</summary>
    public Learner Learner { get; }

    /// <inheritdoc cref="TrainerGroup.EndsAll"/>
    public bool EndsAll => _group.EndsAll;

    /// <inheritdoc cref="TrainingLoop.Run"/>
    public TrainingResult Train(CancellationToken cancellation) => _loop.Run(cancellation);

    public void Dispose()
    {
        Learner.Dispose();
        _allReduce?.Dispose();
    }
}
