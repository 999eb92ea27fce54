using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Grains.Hosting;
using CoKe.Session;
using CoKe.Trainer.Data;
using CoKe.Trainer.Evaluation;
using CoKe.Trainer.Report;
using CoKe.Trainer.Training;
using TorchSharp;

namespace CoKe.Trainer.Demo;

/// <summary>The demo from beginning to end: a silo in this process, a run in it, a trainer that feeds it, and what came out.</summary>
sealed class DemoRun(DemoOptions options, DemoScreen screen)
{
    const string RunName = "demo";
    const int ExemplarsPerCenter = 16;

    /// <summary>Runs, prints, and writes report.html and summary.json.</summary>
    /// <exception cref="CoKe.ConstrainedKMeans.CokeException">Files or options that cannot be used.</exception>
    public async Task<Summary> RunAsync(CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        var data = Dataset.Load(options.Folder).Limit(options.Images ?? int.MaxValue);
        var recipe = options.Recipe with
        {
            BatchSize = Math.Min(options.Recipe.BatchSize, data.Train.Count),
            Augmentation = options.Recipe.Augmentation with { Flip = options.Flip ?? data.Train.Channels > 1 },
        };
        Directory.CreateDirectory(options.Out);
        screen.Opening(data, recipe, options);

        await using var silo = await EmbeddedSilo.StartAsync(cancellation: cancellation);
        await using var client = new CokeClient(silo.Client);
        var status = await client.CreateRunAsync(new RunSpecification(RunName, recipe.Clustering(data.Train.Count, options.Seed)));
        screen.Warnings(status.Warnings);
        await using var session = await client.OpenSessionAsync(RunName);

        var outcome = await screen.WhileTrainingAsync(recipe.Epochs, () => TrainingThread.RunAsync(() => Train(data, recipe, session, cancellation)));

        var summary = Summary.Of(outcome, data, options with { Recipe = recipe }, Stopwatch.GetElapsedTime(began), Environment.CpuUsage.TotalTime);
        var page = Path.Combine(options.Out, "report.html");
        await File.WriteAllTextAsync(page, ReportPage.Of(data, outcome, summary, recipe), cancellation);
        await File.WriteAllTextAsync(Path.Combine(options.Out, "summary.json"), summary.ToJson(), cancellation);
        screen.Closing(summary, page);
        return summary;
    }

    DemoOutcome Train(Dataset data, Recipe recipe, TrainerSession session, CancellationToken cancellation)
    {
        NativeMemory.KeepFreedPages();
        torch.set_num_threads(options.Threads);
        var device = torch.device(options.Device);
        using var learner = new Learner(recipe, data.Train, options.Seed, device);
        var training = new TrainingLoop(recipe, learner, session, data.Train.Count, device)
        {
            OnStep = screen.Step,
            OnEpoch = screen.Epoch,
        }.Run(cancellation);
        // From here on classes are read, and nothing is chosen any more.
        var centers = training.Centers[training.SmallestHead];
        return new DemoOutcome(
            training,
            Evaluator.Score(learner, data, centers, device),
            Evaluator.Exemplars(learner, data.Train, centers, ExemplarsPerCenter, device),
            learner.Encoder.ParameterCount);
    }
}

/// <summary>What the training thread hands over.</summary>
/// <param name="Training">The run itself.</param>
/// <param name="Scores">What the true classes say about it.</param>
/// <param name="Exemplars">The training images nearest to every center of the smallest head.</param>
/// <param name="ParameterCount">Trained values of the encoder.</param>
sealed record DemoOutcome(TrainingResult Training, TestScores Scores, int[][] Exemplars, long ParameterCount);
