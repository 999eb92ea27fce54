using CoKe.Abstractions;
using CoKe.Alarms;
using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.Distributed;
using CoKe.Learning.Encoders;
using CoKe.Learning.Evaluation;
using CoKe.Learning.Tensors;
using CoKe.Learning.Training;
using CoKe.Learning.Weights;
using CoKe.Settings;
using CoKe.Trainer.Report;
using CoKe.Trainer.Runs;
using TorchSharp;

namespace CoKe.Trainer.Commands;

/// <summary>
/// Evaluates the encoder of a run, as it was at the last boundary that the clustering committed, against the centers and labels of that
/// boundary; or weights of a file. The clustering is only read: nobody takes part in the run, which can go on afterwards as if nothing had
/// been.
/// </summary>
sealed class EncoderEvaluation(EvaluateOptions options)
{
    /// <summary>Loads and measures.</summary>
    /// <exception cref="CokeException">There is nothing to evaluate, or the images do not suit it.</exception>
    public Task<EncoderScores> RunAsync(CancellationToken cancellation) =>
        options.Run is { } folder ? OfRunAsync(folder, cancellation) : OfWeightsAsync(options.Weights!, cancellation);

    async Task<EncoderScores> OfRunAsync(string path, CancellationToken cancellation)
    {
        var run = RunFolder.RunIn(path);
        var source = options.Data ?? run.Data ?? BundledImages.Folder;
        var data = RunImages.Open(source, run.Recipe.Data, run.Recipe.Evaluation.Classes, run.Images);
        Refuse(source, data, run);
        var labeled = LabeledImages.Of(data, source);
        var device = TrainingDevice.Of(options.Device ?? run.Device);

        using var folder = RunFolder.Take(path);
        var clusters = await ReadClustersAsync(folder, run, isOfRun: data.Fingerprint() == run.Fingerprint, cancellation);
        var save = folder.Saves.Read(clusters.Epoch, run.RunId!);
        var scores = await TrainingThread.RunAsync(() =>
        {
            torch.set_num_threads(options.Threads ?? run.Threads);
            using var learner = new Learner(
                run.Recipe.LearnerOf(data.Channels, data.Size),
                data.Train.Images,
                data.NormalizationOn(device),
                run.Seed,
                device,
                TrainerGroup.Alone
            );
            learner.Return(save.Learner);
            return EncoderScores.Of(
                new Subject(path, learner.Encoder, learner.Normalization, clusters),
                labeled,
                run.Recipe.Evaluation.EvaluationImages,
                device,
                cancellation
            ) with
            {
                NotEvaluated = data.NotEvaluated,
            };
        });
        var alarms = new RunAlarms(run.Recipe, clusters.ImageCount, run.Seed, path);
        return scores with { Alarms = [.. alarms.Of(clusters.Reports), .. alarms.Of(scores.Signs, clusters.Epoch)] };
    }

    async Task<EncoderScores> OfWeightsAsync(string file, CancellationToken cancellation)
    {
        var recipe = options.Recipe!;
        var source = options.Data ?? recipe.Folder ?? BundledImages.Folder;
        var data = RunImages.Open(source, recipe.Recipe.Data, recipe.Recipe.Evaluation.Classes, recipe.Images);
        var labeled = LabeledImages.Of(data, source);
        var device = TrainingDevice.Of(options.Device ?? recipe.Device);
        var step = recipe.Recipe.LearnerOf(data.Channels, data.Size).Step;
        var scores = await TrainingThread.RunAsync(() =>
        {
            torch.set_num_threads(options.Threads ?? recipe.Threads);
            using var encoder = new Encoder(step.Encoder, recipe.Seed);
            var passedOver = EncoderWeights.Read(encoder, file, prefix: options.Prefix);
            encoder.to(device);
            using var normalization = data.NormalizationOn(device);
            return EncoderScores.Of(
                new Subject(file, encoder, normalization, null),
                labeled,
                recipe.Recipe.Evaluation.EvaluationImages,
                device,
                cancellation
            ) with
            {
                NotEvaluated = data.NotEvaluated,
                PassedOver = passedOver,
            };
        });
        return scores with { Alarms = AlarmJudge.Of(scores.Signs, 0, recipe.Recipe.Alarms, new WeightsRemedies()) };
    }

    /// <summary>Reads the last boundary, from the silos that have the run or from a silo over its database.</summary>
    async Task<CommittedClusters> ReadClustersAsync(RunFolder folder, RunRecord run, bool isOfRun, CancellationToken cancellation)
    {
        if (options.Silos.FirstOrDefault() is { Key: not null } silo && run.Silos.Count == 0)
            throw new InvalidOptionsException(
                silo.Key,
                silo.Value,
                $"--{silo.Key} {silo.Value} contradicts the run, whose clusters are in {options.Run}: leave it out."
            );
        // A silo would make a new database.
        var database = RunFolder.DatabaseOf(options.Run!, run.Database);
        if (run.Silos.Count == 0 && !File.Exists(database))
            throw Gone(database, run);
        await using var silos =
            run.Silos.Count == 0
                ? await RunSilos.EmbedAsync(database, RunFolder.StateOf(options.Run!), _ => { }, cancellation)
                : await RunSilos.ConnectAsync(
                    GatewaySettings.Read(
                        options.Silos.Concat(run.Silos).DistinctBy(setting => setting.Key).ToDictionary(),
                        Environment.GetEnvironmentVariable
                    ),
                    cancellation
                );
        var status = await StatusAsync(silos, run);
        if (status.Epoch == 0)
            throw new InvalidOptionsException(
                "OUT",
                options.Run!,
                $"The run in {options.Run} has not ended an epoch yet: let it go on by 'coke-train train --resume {options.Run}'."
            );
        var centers = await silos.Client.ReadCentersAsync(run.Name, status.Epoch - 1, cancellation);
        var labels = isOfRun
            ? (
                await silos.Client.ReadLabelsAsync(
                    run.Name,
                    Enumerable.Range(0, status.Specification.Clustering.ImageCount).ToArray(),
                    centers.Epoch,
                    cancellation
                )
            ).Labels
            : null;
        var reports = await Task.WhenAll(
            Enumerable
                .Range(Math.Max(0, centers.Epoch - 1), Math.Min(2, centers.Epoch + 1))
                .Select(epoch => silos.Client.GetEpochReportAsync(run.Name, epoch))
        );
        return new CommittedClusters(centers.Epoch, centers.Centers, labels, reports)
        {
            ImageCount = status.Specification.Clustering.ImageCount,
        };
    }

    async Task<RunStatus> StatusAsync(RunSilos silos, RunRecord run)
    {
        try
        {
            return await silos.Client.GetStatusAsync(run.Name) is var status && status.RunId == run.RunId
                ? status
                : throw Gone("The clustering", run);
        }
        catch (UnknownRunException)
        {
            throw Gone("The clustering", run);
        }
    }

    InvalidOptionsException Gone(string place, RunRecord run) =>
        new(
            "OUT",
            options.Run!,
            $"{place} lacks the run '{run.Name}' that was begun in {options.Run}: "
                + $"{(run.Silos.Count == 0 ? "restore its state from a copy" : "name the silos that have it by --gateway")}."
        );

    /// <summary>The encoder takes images as those that it was trained on. Where all are cut to one size, only channels matter.</summary>
    static void Refuse(string source, RunImages data, RunRecord run)
    {
        if (run.Shape is { } shape && (data.Channels != shape.Channels || run.Recipe.Views.LargeViewSize is null && data.Shape != shape))
            throw new InvalidOptionsException(
                "data",
                source,
                $"The images in {source} are {data.Shape}, and the run was trained on {shape}: give images of that size by --data."
            );
    }
}
