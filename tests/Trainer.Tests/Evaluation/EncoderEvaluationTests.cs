using System.CommandLine;
using System.Text.Json;
using CoKe.Learning.Encoders;
using CoKe.Learning.Tensors;
using CoKe.Learning.Weights;
using CoKe.Trainer.Commands;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Data;
using CoKe.Trainer.Tests.Data.ImageFolders;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Evaluation;

/// <summary>The evaluate command: of runs, finished and stopped, of weights, and of what it must refuse.</summary>
public sealed class EncoderEvaluationTests : EvaluatedRuns
{
    [Fact]
    public async Task Evaluate_FinishedRun_AgreesWithItsSummary()
    {
        var options = _demo.Options() with
        {
            Recipe = _demo.Options().Recipe with
            {
                Heads = [10, 12],
                Evaluation = _demo.Options().Recipe.Evaluation with { EvaluateEvery = 1 },
            },
        };
        var summary = await _demo.RunAsync(options);
        var state = State();

        var scores = await EvaluateAsync(_demo.Out);

        Assert.Equal((SmallDemo.Epochs, 330, 60), (scores.Epoch!.Value, scores.TrainImages, scores.TestImages));
        Assert.Equal([10, 12], scores.Heads.Select(head => head.K).ToArray());
        Assert.Equal(
            (summary.Acc, summary.Nmi, summary.Ari),
            (scores.Heads[0].Test.Acc, scores.Heads[0].Test.Nmi, scores.Heads[0].Test.Ari)
        );
        Assert.Equal((summary.Probe, summary.Knn), (scores.ProbeLbfgs, scores.Knn20));
        // The labels of the last epoch, as the run itself saw them then.
        var last = TensorBoardFile.Read(RunFolder.EventsOf(_demo.Out)).Last(e => e.Values.ContainsKey("classes_nmi/head_1_of_12"));
        Assert.Equal(last.Values["classes_nmi/head_1_of_12"], (float)scores.Heads[1].Train!.Nmi);
        Assert.InRange(scores.ProbeSgd, 0.5, 1);
        Assert.Equal(state, State());
        Assert.Empty(scores.Alarms);
        Assert.InRange(scores.Spread, 0.01, 1);
        var json = JsonDocument.Parse(scores.ToJson()).RootElement;
        Assert.Equal(scores.Knn200, json.GetProperty("knn_200").GetDouble());
        Assert.Equal(scores.Heads[1].Test.Ari, json.GetProperty("heads")[1].GetProperty("test").GetProperty("ari").GetDouble());
    }

    [Fact]
    public async Task Evaluate_StoppedRun_IsOfItsLastBoundaryAndChangesNothing()
    {
        var whole = SmallDemo.Result(await _demo.RunAsync());
        await Assert.ThrowsAsync<Killed>(() => _demo.RunAsync(strike: Kill(2 * SmallDemo.StepsPerEpoch + 2)));

        Assert.Equal(1, (await EvaluateAsync(_demo.Out)).Epoch);

        Assert.Equal(whole, SmallDemo.Result(await _demo.RunAsync(RunStart.Resumed)));
    }

    [Fact]
    public async Task Evaluate_OtherImagesOfTheSameSize_KnowsNoTrainingLabels()
    {
        await _demo.RunAsync();
        _folder.WritePair("train", 40, 28);
        _folder.WritePair("t10k", 20, 28);

        var scores = await EvaluateAsync($"{_demo.Out} --data {_folder.Path}");

        Assert.Equal((40, 20), (scores.TrainImages, scores.TestImages));
        Assert.All(scores.Heads, head => Assert.Null(head.Train));
    }

    [Fact]
    public async Task Evaluate_WeightsOfAnEncoder_AreScoredWithoutClusters()
    {
        var file = _folder.File("encoder.safetensors");
        var data = _demo.Options().Data;
        using (
            var encoder = new Encoder(
                new EncoderOptions
                {
                    Backbone = BackboneKind.SmallNet,
                    BaseWidth = 8,
                    Dimension = 32,
                    HiddenSize = 32,
                    Channels = 1,
                    ImageHeight = 28,
                    ImageWidth = 28,
                },
                7
            )
        )
        {
            EncoderWeights.Write(encoder, file, EncoderPart.Whole);
            EncoderWeights.Write(encoder, _folder.File("backbone.safetensors"), EncoderPart.Backbone);
        }
        const string encoderOptions =
            "--encoder fashion-mnist --set encoder.width=8 --set encoder.dimension=32 --set encoder.hidden-size=32";

        var whole = await EvaluateAsync($"--weights {file} {encoderOptions} --data {data}");
        var backbone = await EvaluateAsync($"--weights {_folder.File("backbone.safetensors")} {encoderOptions} --data {data}");

        Assert.Empty(whole.Heads);
        Assert.Null(whole.Epoch);
        Assert.Equal(
            (whole.ProbeSgd, whole.ProbeLbfgs, whole.Knn20, whole.Knn200),
            (backbone.ProbeSgd, backbone.ProbeLbfgs, backbone.Knn20, backbone.Knn200)
        );
        await RefusedAsync($"--weights {file} --encoder fashion-mnist --data {data}", "holds another shape of");
    }

    [Fact]
    public async Task Program_EvaluateWeightsThatSeeNothing_SaysSoAndExitsByOption()
    {
        var file = _folder.File("blind.safetensors");
        using (
            var encoder = new Encoder(
                new EncoderOptions
                {
                    Backbone = BackboneKind.SmallNet,
                    BaseWidth = 8,
                    Dimension = 32,
                    HiddenSize = 32,
                    Channels = 1,
                    ImageHeight = 28,
                    ImageWidth = 28,
                },
                7
            )
        )
        {
            // Nothing of an image gets through; what is left is the same for all.
            using var frozen = TorchSharp.torch.no_grad();
            foreach (var (_, parameter) in encoder.named_parameters())
                if (parameter.dim() > 1)
                    parameter.zero_();
                else
                    parameter.fill_(TorchScalars.One);
            EncoderWeights.Write(encoder, file, EncoderPart.Whole);
        }
        string[] line =
        [
            "evaluate",
            "--weights",
            file,
            "--encoder",
            "fashion-mnist",
            "--set",
            "encoder.width=8",
            "--set",
            "encoder.dimension=32",
            "--set",
            "encoder.hidden-size=32",
            "--data",
            _demo.Options().Data!,
        ];

        var (exit, output, error) = await DemoCommandLine.RunProgramAsync([.. line, "--json", "--fail-on-alarm"]);
        Assert.True(exit == ExitCode.AlarmStands, $"{exit} {error}");
        Assert.Equal(
            ["identical-embeddings", "features-at-chance"],
            JsonDocument
                .Parse(output)
                .RootElement.GetProperty("alarms")
                .EnumerateArray()
                .Select(alarm => alarm.GetProperty("kind").GetString())
        );

        (exit, output, _) = await DemoCommandLine.RunProgramAsync(line);
        Assert.Equal(ExitCode.Done, exit);
        Assert.Contains("Alarm: All embeddings are nearly the same", output);
    }

    [Fact]
    public async Task Evaluate_WhatCannotBe_IsRefusedByName()
    {
        await RefusedAsync(_folder.Path, $"{_folder.Path} holds no run");
        await RefusedAsync("", "There is nothing to evaluate");
        await RefusedAsync($"{_demo.Out} --weights a.safetensors", "not both");
        await RefusedAsync("--weights a.safetensors", "--weights needs --encoder");
        await RefusedAsync($"{_demo.Out} --encoder fashion-mnist", "--encoder, --set and --prefix belong to --weights");
        await RefusedAsync("--weights a.safetensors --encoder fashion-mnist --gateway localhost:1", "--gateway belongs to a run");
        await RefusedAsync(
            $"--weights {_folder.File("none.safetensors")} --encoder fashion-mnist --data {_demo.Options().Data}",
            "none.safetensors cannot be read"
        );
        Assert.False(Directory.Exists(_demo.Out));

        await Assert.ThrowsAsync<Killed>(() => _demo.RunAsync(strike: Kill(1)));
        await RefusedAsync(_demo.Out, "has not ended an epoch yet");

        await _demo.RunAsync(RunStart.Resumed);
        _folder.WritePair("train", 40, 16);
        _folder.WritePair("t10k", 20, 16);
        await RefusedAsync(
            $"{_demo.Out} --data {_folder.Path}",
            $"The images in {_folder.Path} are 16x16x1, and the run was trained on 28x28x1"
        );
        await RefusedAsync($"{_demo.Out} --gateway localhost:1", "--gateway localhost:1 contradicts the run");
        using (RunFolder.Take(_demo.Out))
            await RefusedAsync(_demo.Out, "Another process works on the run");

        var database = Path.Combine(RunFolder.StateOf(_demo.Out), RunFolder.DatabaseName);
        File.Delete(database);
        await RefusedAsync(_demo.Out, $"{database} lacks the run 'demo'");
        Assert.False(File.Exists(database));
    }

    [Fact]
    public async Task Evaluate_ImagesWithoutClassesOrTest_AreRefused()
    {
        using var tree = new ImageTree();
        for (var i = 0; i < 8; i++)
            tree.Write($"bare/{i}.png", ImageTree.Png(32, 32, i));
        for (var i = 0; i < 8; i++)
            tree.Write($"classes/train/{i % 2}/{i}.png", ImageTree.Png(32, 32, i));
        const string weights = "--weights a.safetensors --encoder cifar-10-small --set data.format=folders --data";

        await RefusedAsync($"{weights} {tree.File("bare")}", "has no classes");
        await RefusedAsync($"{weights} {tree.File("classes")}", "has no test images with classes");
    }

    [Fact]
    public async Task Program_Evaluate_PrintsOneObjectOrTheReason()
    {
        await _demo.RunAsync();

        var (exit, output, _) = await DemoCommandLine.RunProgramAsync("evaluate", _demo.Out, "--json");
        Assert.Equal(0, exit);
        Assert.Equal(10, JsonDocument.Parse(output).RootElement.GetProperty("heads")[0].GetProperty("k").GetInt32());

        var (refused, nothing, error) = await DemoCommandLine.RunProgramAsync("evaluate", _folder.Path);
        Assert.Equal((1, ""), (refused, nothing));
        Assert.Equal($"{_folder.Path} holds no run: give the folder that a run was begun with by --out.", error.Trim());
    }
}
