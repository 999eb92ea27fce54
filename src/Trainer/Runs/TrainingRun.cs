using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.Evaluation;
using CoKe.Learning.Resume;
using CoKe.Learning.Tensors;
using CoKe.Learning.Training;
using CoKe.Settings;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Report;
using CoKe.Trainer.TensorBoard;
using TorchSharp;

namespace CoKe.Trainer.Runs;

/// <summary>A run from beginning to end: silos, a run on them, a trainer that feeds it, and what came out. With several trainers this is
/// the first, and tells the others what to do.</summary>
/// <param name="options">What was asked for.</param>
/// <param name="screen">Where it shows.</param>
/// <param name="leader">The other trainers; null: there are none.</param>
sealed class TrainingRun(RunOptions options, RunScreen screen, RunLeader? leader = null)
{
    const int ExemplarsPerCenter = 16;
    readonly RunCost _cost = new();

    /// <summary>Further settings of the silo in this process.</summary>
    public Action<ISiloBuilder> ConfigureSilo { get; init; } = _ => { };

    /// <summary>Runs, prints, and writes report.html, summary.json and recipe.yaml.</summary>
    /// <exception cref="CokeException">Files or options that cannot be used.</exception>
    public async Task<Summary> RunAsync(CancellationToken cancellation)
    {
        var device = TrainingDevice.Of(options.Device, leader?.Job.LocalRank);
        var data = RunImages.Open(options.Folder, options.Recipe.Data, options.Recipe.Evaluation.Classes, options.Images);
        // Everything refuses before anything is replaced.
        leader?.CheckReach(silosRunElsewhere: options.Silos.Count > 0);
        var (recipe, specification) = Checked(data);
        // What was fitted to the images says how they are read, from the first step on as after a run goes on.
        if (recipe.Data.ShorterSide != options.Recipe.Data.ShorterSide)
            data = RunImages.Open(options.Folder, recipe.Data, recipe.Evaluation.Classes, options.Images);

        using var folder = RunFolder.Take(options.Out);
        RunOutputs.Check(options.Out, recipe.Report.WritesLabels);
        var run = options.Start == RunStart.Resumed ? Resumed(data, recipe) : Begun(data, recipe);
        if (options.Start == RunStart.Fresh)
            folder.RefuseOther();
        screen.Opening(data, recipe, options with { What = run.What, Source = run.Source });
        // A database that is replaced must go before a silo opens it; while other silos may refuse the run, the folder stays as it is.
        var embedded = options.Silos.Count == 0;
        var database = RunFolder.DatabaseOf(options.Out, run.Database);
        var discarded = options.Start == RunStart.Forced ? RunFolder.Replaced(options.Out)?.RunId : null;
        if (options.Start != RunStart.Resumed && embedded)
            folder.Begin(run);
        // A silo would make a new one.
        if (embedded && run.RunId is not null && !File.Exists(database))
            throw RunSilos.Lacks(database, isDatabase: true);
        await using var silos = embedded
            ? await RunSilos.EmbedAsync(database, RunFolder.StateOf(options.Out), ConfigureSilo, cancellation)
            : await RunSilos.ConnectAsync(GatewaySettings.Read(options.Silos, Environment.GetEnvironmentVariable), cancellation);
        var status = await silos.ClaimAsync(specification, run.RunId, discarded);
        screen.Reached(options.RunName, silos.ReachedBy);
        screen.Warnings(KeyWords.In(status.Warnings, recipe, RecipeFit.Fitted(options.Recipe, options.Asked?.Given.Keys ?? [])));
        if (options.Start != RunStart.Resumed && !embedded)
            folder.Begin(run);
        folder.Write(run = run with { RunId = status.RunId });
        var resolved = options with { Recipe = recipe, What = run.What, Source = run.Source };
        var recipeText = RecipeWriter.Write(resolved.ToRecipeFile());
        RunOutputs.WriteRecipe(options.Out, recipeText);
        await using var session = await silos.Client.OpenSessionAsync(options.RunName, cancellation: cancellation);
        leader?.Tell(
            new RunOrder(
                Path.GetFullPath(options.Folder),
                run.Fingerprint,
                options.Seed,
                options.Images,
                options.Threads,
                options.Device,
                recipe,
                options.RunName,
                silos.ReachedBy ?? options.Silos,
                embedded,
                Path.GetFullPath(RunFolder.StateOf(options.Out))
            )
        );

        var outcome = await screen.WhileTrainingAsync(recipe.Schedule.Epochs, () =>
            TrainingThread.RunAsync(() => Train(data, recipe, session, folder.Saves, device, cancellation))
        );

        if (outcome.Scores is { } scores)
            new EventsLog(RunFolder.EventsOf(options.Out), TimeProvider.System).Finished(recipe.Schedule.Epochs, scores);
        var summary = Summary.Of(outcome, data, resolved, _cost.Now);
        var page = RunFolder.ReportOf(options.Out);
        try
        {
            RunOutputs.Write(options.Out, ReportPage.Of(data, outcome, summary, resolved, recipeText), summary.ToJson(), outcome.Labels);
            folder.Write(run with { Finished = true });
        }
        finally
        {
            // What a file did not take is said here all the same.
            screen.Closing(summary, page, outcome.Labels is null ? null : RunFolder.LabelsOf(options.Out));
        }
        return summary;
    }

    (Recipe Recipe, RunSpecification Specification) Checked(RunImages data) => RecipeReader.Explained(options.Asked, () =>
        {
            var fitted = RecipeFit.Of(options.Recipe, data, options.Asked?.Given.Keys ?? []);
            var recipe = RecipeViews.Resolved(
                fitted with
                {
                    Schedule = fitted.Schedule with { BatchSize = Math.Min(fitted.Schedule.BatchSize, data.Train.Images.Count) },
                },
                data.Channels,
                data.Size
            );
            var specification = new RunSpecification(
                options.RunName,
                recipe.ClusteringOf(data.Train.Images.Count, options.Seed),
                options.World
            );
            specification.Validate();
            recipe.LearnerOf(data.Channels, data.Size).CheckSteps(data.Train.Images.Count);
            EpochEvaluation.Of(recipe.Evaluation.EvaluateEvery, data, torch.CPU);
            EpochBatches.CheckWorld(data.Train.Images.Count, recipe.Schedule.BatchSize, options.World);
            return (recipe, specification);
        });

    RunRecord Begun(RunImages data, Recipe recipe) =>
        WithSilos(
            new RunRecord(
                RunRecord.CurrentFormat,
                options.Data is null ? null : Path.GetFullPath(options.Data),
                data.Fingerprint(),
                options.Seed,
                options.Images,
                options.Threads,
                options.Device,
                recipe,
                Versions.Present
            )
            {
                What = options.What,
                Source = options.Source,
                Asked = options.Recipe,
                Shape = data.Shape,
                World = options.World,
            }
        );

    RunRecord Resumed(RunImages data, Recipe recipe)
    {
        var run = RunFolder.Find(options.Out)
            ?? throw new ResumeRefusedException("resume", options.Out, $"{options.Out} holds no run: begin one with --out {options.Out}.");
        if (RunImages.IsOfOlderProgram(run.Fingerprint))
            throw new ResumeRefusedException(
                "run.json",
                options.Out,
                $"The run in {options.Out} was begun by an older version of this program, which compared images in another way: "
                    + "finish it with that version, or begin anew with --force."
            );
        if (run.Fingerprint != data.Fingerprint())
            throw new ResumeRefusedException(
                "data",
                options.Folder,
                $"The images in {options.Folder} are not those that the run in {options.Out} was begun with: "
                    + "give their folder with --data, or begin anew with --force."
            );
        if (run.Versions != Versions.Present)
            screen.Warnings([$"the run was begun with {run.Versions}, this is {Versions.Present}: numbers may differ in their last bits."]);
        return WithSilos(run) with { Recipe = recipe };
    }

    RunRecord WithSilos(RunRecord run) => run with { Name = options.RunName, Silos = options.Silos, Database = options.Database };

    RunOutcome Train(
        RunImages data,
        Recipe recipe,
        TrainerSession session,
        Saves saves,
        torch.Device device,
        CancellationToken cancellation
    )
    {
        var events = new AllEvents(new EventsLog(RunFolder.EventsOf(options.Out), TimeProvider.System), screen);
        using var trainer = new RunTrainer(
            recipe,
            data,
            options.Seed,
            options.Threads,
            session,
            saves,
            _cost,
            device,
            leader?.Job,
            events,
            evaluates: true
        );
        TrainingResult training;
        try
        {
            training = trainer.Train(cancellation);
        }
        catch (Exception e) when (leader is not null)
        {
            leader.Failure = e; // at once: another trainer that fails too has this process ended before the silo is down
            throw;
        }
        leader?.Job.Dispose(); // the others are done, and need not wait for the evaluation
        // From here on classes are read, and nothing is chosen any more.
        var centers = training.Centers[training.SmallestHead];
        var (scores, exemplars) = Evaluator.Evaluate(
            trainer.Learner.Encoder,
            trainer.Learner.Normalization,
            recipe.Evaluation.EvaluationImages,
            data,
            centers,
            ExemplarsPerCenter,
            device,
            cancellation
        );
        var trained = data.Train.Classes is not { } classes
            ? null
            : data.Gaps.Measure(
                "What labels and classes of the training images have in common",
                () => LabelScores.Of(classes.Classes, training.Labels[training.SmallestHead]),
                cancellation
            );
        var labels = recipe.Report.WritesLabels
            ? data.Gaps.Measure(
                "The table of labels",
                () => LabelsFile.Of(trainer.Learner, data, training, device, cancellation),
                cancellation
            )
            : null;
        return new RunOutcome(training, scores, trained, exemplars, trainer.Learner.Encoder.ParameterCount, labels);
    }
}
