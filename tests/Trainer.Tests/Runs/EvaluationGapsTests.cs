using System.CommandLine.Parsing;
using System.Text.Json;
using System.Text.RegularExpressions;
using CoKe.Errors;
using CoKe.Learning.Resume;
using CoKe.Trainer.Commands;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Data;
using CoKe.Trainer.Tests.Data.ImageFolders;
using CoKe.Trainer.Tests.Recipes;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Runs;

/// <summary>Whatever is wrong with what is only evaluated, a run trains to its end, writes everything, and says what was not
/// measured.</summary>
public sealed class EvaluationGapsTests : IDisposable
{
    const int PerClass = 30;

    readonly SmallDemo _demo = new(); // its output, and how it is run
    readonly ImageTree _tree = new();

    public void Dispose()
    {
        _demo.Dispose();
        _tree.Dispose();
    }

    [Theory]
    [InlineData("some-empty", "val/b/0.png is empty")]
    [InlineData("some-damaged", "val/b/0.png ")]
    [InlineData("all-empty", "val/a/0.png is empty")]
    [InlineData("flat", "without the folders of classes")]
    [InlineData("in-one-folder", "without the folders of classes")]
    [InlineData("other-classes", "without the folders of classes")]
    [InlineData("one-class-too-many", "val/z")]
    [InlineData("no-images", "val holds no ")]
    [InlineData("too-deep", "folders deep")]
    public async Task Run_ValThatCannotBeEvaluated_TrainsToItsEndAndSaysWhy(string val, string problem)
    {
        WriteTraining();
        WriteVal(val);

        var summary = await _demo.RunAsync(Read($"{WriteRecipe()} --out {_demo.Out} --set evaluation.every=1"));

        Assert.Equal(2, summary.LossTrace.Count);
        AssertSaid(problem);
        Assert.Equal(val is "some-empty" or "some-damaged" or "one-class-too-many", summary.Acc is not null); // of those that can be
        Assert.InRange(
            Output.IndexOf(Unwrapped(problem), StringComparison.Ordinal),
            0,
            Output.IndexOf("scansimilarity", StringComparison.Ordinal)
        ); // before anything is learned
        Assert.NotNull(summary.TrainLabels);
        Assert.Contains("classes:ACC", Output); // of the training images, whose classes are known
    }

    [Theory]
    [InlineData("no-labels", "train-images-idx3-ubyte has no labels file")]
    [InlineData("no-test-labels", "test-images-idx3-ubyte has no labels file")]
    [InlineData("none-at-all", "train-images-idx3-ubyte has no labels file")]
    [InlineData("truncated-labels", "train-labels-idx1-ubyte is truncated")]
    [InlineData("too-few-labels", "for the 340 images of train-images-idx3-ubyte")]
    [InlineData("truncated-test", "test-images-idx3-ubyte is truncated")]
    [InlineData("test-of-another-size", "both must have one size")]
    [InlineData("one-pair-without-labels", "digits-images-idx3-ubyte has no labels file")]
    public async Task Run_IdxFilesThatCannotBeEvaluated_TrainsToItsEndAndSaysWhy(string fault, string problem)
    {
        var options = _demo.Options();
        Spoil(options.Data!, fault);

        var summary = await _demo.RunAsync(
            options with
            {
                Images = fault.StartsWith("one-pair", StringComparison.Ordinal) ? null : 330,
                Recipe = options.Recipe with
                {
                    Evaluation = options.Recipe.Evaluation with { EvaluateEvery = 1 },
                    Schedule = options.Recipe.Schedule with { Epochs = 1 },
                },
            }
        );

        Assert.Single(summary.LossTrace);
        AssertSaid(problem);
        // Test images and their classes are there.
        Assert.Equal(fault is "no-labels" or "truncated-labels" or "too-few-labels", summary.Acc is not null);
        Assert.Null(summary.Probe);
    }

    [Fact]
    public async Task Run_CifarWithADamagedTestFile_TrainsToItsEndAndSaysWhy()
    {
        _tree.Write(
            "cifar/data_batch_1.bin",
            [
                .. Enumerable
                    .Range(0, 60)
                    .SelectMany(i => (byte[])[(byte)(i % 10), .. Enumerable.Range(0, 3072).Select(v => (byte)(v * (i % 10)))]),
            ]
        );
        _tree.Write("cifar/test_batch.bin", new byte[1000]);
        WriteRecipe();

        var summary = await _demo.RunAsync(
            Read($"{WriteRecipe()} --out {_demo.Out} --data {_tree.File("cifar")} --set data.format=any --set evaluation.every=1")
        );

        Assert.Equal((60, 0), (summary.Options.TrainImages, summary.Options.TestImages));
        AssertSaid("test_batch.bin has 1000 bytes");
    }

    [Fact]
    public async Task Run_EvaluateEveryWithoutClasses_TrainsToItsEndAndSaysWhy()
    {
        for (var i = 0; i < 40; i++)
            _tree.Write($"images/{i:00}.png", ImageTree.Png(20, 24, i));

        await _demo.RunAsync(Read($"{WriteRecipe()} --out {_demo.Out} --set evaluation.every=1"));

        AssertSaid("evaluation.every = 1 needs classes, and images has none");
    }

    [Theory]
    [InlineData("some-empty", "whole")]
    [InlineData("whole", "flat")]
    [InlineData("flat", "gone")]
    [InlineData("whole", "all-empty")]
    public async Task Resume_ValThatChanged_EndsWithTheSameLosses(string before, string after)
    {
        WriteTraining();
        WriteVal(before);
        var line = $"{WriteRecipe()} --out {_demo.Out}";
        var whole = await _demo.RunAsync(Read(line));
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                Read($"{line} --force"),
                new Strike
                {
                    Saved = epoch =>
                    {
                        if (epoch == 1)
                            throw new Killed();
                    },
                }
            )
        );
        Directory.Delete(_tree.File("images/val"), recursive: true);
        WriteVal(after);

        var summary = await _demo.RunAsync(Read($"--resume {_demo.Out}"));

        Assert.Equal(whole.LossTrace, summary.LossTrace);
        Assert.Equal(whole.LabelHashes, summary.LabelHashes);
        Assert.Equal(after is "whole", summary.Acc is not null);
    }

    [Fact]
    public async Task Evaluate_AfterARunWithBrokenTestImages_MeasuresThoseThatCanBeReadAndAllOnceMended()
    {
        WriteTraining();
        WriteVal("some-empty");
        var summary = await _demo.RunAsync(Read($"{WriteRecipe()} --out {_demo.Out}"));

        var broken = await new EncoderEvaluation(new EvaluateOptions(null, null, null) { Run = _demo.Out }).RunAsync(
            CancellationToken.None
        );
        WriteVal("whole");
        var mended = await new EncoderEvaluation(new EvaluateOptions(null, null, null) { Run = _demo.Out }).RunAsync(
            CancellationToken.None
        );

        Assert.Equal((12, 24), (broken.TestImages, mended.TestImages));
        Assert.Contains("12 of the 24 test images cannot be read", Assert.Single(broken.NotEvaluated));
        Assert.Empty(mended.NotEvaluated);
        Assert.Equal(summary.Acc, broken.Heads[0].Test.Acc);
        Assert.Equal(summary.TrainLabels, mended.Heads[0].Train); // the run is known by what it learned from
    }

    [Fact]
    public async Task Evaluate_AfterARunWithoutLabels_MeasuresOnceTheyAreThere()
    {
        var labels = Path.Combine(_demo.Options().Data!, "train-labels-idx1-ubyte");
        var bytes = File.ReadAllBytes(labels);
        File.Delete(labels);
        await _demo.RunAsync();
        var evaluation = new EncoderEvaluation(new EvaluateOptions(null, null, null) { Run = _demo.Out });

        Assert.Contains(
            "has no labels file beside it",
            (await Assert.ThrowsAsync<InvalidOptionsException>(() => evaluation.RunAsync(CancellationToken.None))).Message
        );
        File.WriteAllBytes(labels, bytes); // the remedy

        Assert.NotNull((await evaluation.RunAsync(CancellationToken.None)).Heads[0].Train);
    }

    [Theory]
    [InlineData("no-labels")]
    [InlineData("truncated-test")]
    public async Task Resume_IdxClassesThatChanged_EndsWithTheSameLosses(string fault)
    {
        var whole = await _demo.RunAsync();
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                RunStart.Forced,
                new Strike
                {
                    Saved = epoch =>
                    {
                        if (epoch == 1)
                            throw new Killed();
                    },
                }
            )
        );
        Spoil(_demo.Options().Data!, fault);

        var summary = await _demo.RunAsync(RunStart.Resumed);

        Assert.Equal(whole.LossTrace.ToArray(), summary.LossTrace.ToArray());
    }

    [Fact]
    public async Task Resume_TrainingImagesThatChanged_IsStillRefused()
    {
        WriteTraining();
        var line = $"{WriteRecipe()} --out {_demo.Out}";
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                Read(line),
                new Strike
                {
                    Saved = epoch =>
                    {
                        if (epoch == 1)
                            throw new Killed();
                    },
                }
            )
        );
        _tree.Write("images/train/a/new.png", ImageTree.Png(20, 24, 5));

        Assert.Equal("data", (await Assert.ThrowsAsync<ResumeRefusedException>(() => _demo.RunAsync(Read($"--resume {_demo.Out}")))).Field);
    }

    [Fact]
    public async Task Resume_RunOfAnOlderProgram_SaysWhatToDo()
    {
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                strike: new Strike
                {
                    Saved = epoch =>
                    {
                        if (epoch == 1)
                            throw new Killed();
                    },
                }
            )
        );
        var record = Path.Combine(RunFolder.StateOf(_demo.Out), "run.json");
        var fingerprint = JsonDocument.Parse(File.ReadAllText(record)).RootElement.GetProperty("fingerprint").GetString()!;
        File.WriteAllText(record, File.ReadAllText(record).Replace(fingerprint, new string('a', 64)));

        var refused = await Assert.ThrowsAsync<ResumeRefusedException>(() => _demo.RunAsync(RunStart.Resumed));

        Assert.Contains("was begun by an older version of this program", refused.Message);
        Assert.Contains("--force", refused.Message);
        Assert.Equal(3, (await _demo.RunAsync(RunStart.Forced)).LossTrace.Count); // the remedy
    }

    /// <summary>What was shown, however wide the console is.</summary>
    string Output => Unwrapped(_demo.Output.ToString());

    static string Unwrapped(string text) => Regex.Replace(text, @"\e\[[0-9;]*m|\s", "");

    static RunOptions Read(string line) => TrainLine.Read([.. CommandLineParser.SplitCommandLine(line)]);

    /// <summary>In the output, in the report and in summary.json; and the run is finished.</summary>
    void AssertSaid(string problem)
    {
        var summary = JsonDocument.Parse(File.ReadAllText(RunFolder.SummaryOf(_demo.Out))).RootElement;
        Assert.Contains(summary.GetProperty("not_evaluated").EnumerateArray(), sentence => sentence.GetString()!.Contains(problem));
        Assert.Contains(Unwrapped(problem), Output);
        Assert.Contains(problem, File.ReadAllText(RunFolder.ReportOf(_demo.Out)));
        Assert.True(RunFolder.IsComplete(_demo.Out, RunFolder.Find(_demo.Out)!));
    }

    void WriteTraining()
    {
        foreach (var (number, name) in ((string[])["a", "b", "c"]).Index())
            for (var i = 0; i < PerClass; i++)
                _tree.Write($"images/train/{name}/{i}.png", ImageTree.Png(18 + i % 5, 24, 10 * number + i % 3));
    }

    void WriteVal(string kind)
    {
        void Images(string folder, int number)
        {
            for (var i = 0; i < 8; i++)
                _tree.Write($"images/val/{folder}{i}.png", ImageTree.Png(20, 24, 10 * number + i));
        }
        if (kind is "some-empty" or "some-damaged" or "all-empty" or "one-class-too-many" or "whole")
            foreach (var (number, name) in ((string[])["a", "b", "c"]).Index())
                Images($"{name}/", number);
        switch (kind)
        {
            case "some-empty":
                for (var i = 0; i < 6; i++)
                {
                    _tree.Write($"images/val/b/{i}.png", []);
                    _tree.Write($"images/val/c/{i}.png", []);
                }
                break;
            case "some-damaged":
                for (var i = 0; i < 6; i++)
                {
                    _tree.Write($"images/val/b/{i}.png", "<html>"u8.ToArray());
                    _tree.Write($"images/val/c/{i}.png", ImageTree.Png(20, 24, 1)[..20]);
                }
                break;
            case "all-empty":
                foreach (var file in Directory.GetFiles(_tree.File("images/val"), "*", SearchOption.AllDirectories))
                    File.WriteAllBytes(file, []);
                break;
            case "flat":
                Images("", 0);
                break;
            case "in-one-folder":
                Images("images/", 0);
                _tree.Write("images/val/val_annotations.txt", [1]);
                break;
            case "other-classes":
                Images("x/", 0);
                Images("y/", 1);
                break;
            case "one-class-too-many":
                Images("z/", 4);
                break;
            case "no-images":
                _tree.Write("images/val/notes.txt", [1]);
                break;
            case "too-deep":
                Images(string.Concat(Enumerable.Repeat("d/", 40)), 0);
                break;
        }
    }

    static void Spoil(string data, string fault)
    {
        string File(string name) => Path.Combine(data, name);
        void Cut(string name) => System.IO.File.WriteAllBytes(File(name), System.IO.File.ReadAllBytes(File(name))[..^5]);
        switch (fault)
        {
            case "no-labels":
                System.IO.File.Delete(File("train-labels-idx1-ubyte"));
                break;
            case "no-test-labels":
                System.IO.File.Delete(File("test-labels-idx1-ubyte"));
                break;
            case "none-at-all":
                System.IO.File.Delete(File("train-labels-idx1-ubyte"));
                System.IO.File.Delete(File("test-labels-idx1-ubyte"));
                break;
            case "truncated-labels":
                Cut("train-labels-idx1-ubyte");
                break;
            case "too-few-labels":
                System.IO.File.WriteAllBytes(File("train-labels-idx1-ubyte"), TemporaryFolder.Idx([9], 9));
                break;
            case "truncated-test":
                Cut("test-images-idx3-ubyte");
                break;
            case "test-of-another-size":
                System.IO.File.WriteAllBytes(File("test-images-idx3-ubyte"), TemporaryFolder.Idx([60, 9, 9], 60 * 81));
                break;
            case "one-pair-without-labels":
                foreach (var name in (string[])["train-labels-idx1-ubyte", "test-labels-idx1-ubyte", "test-images-idx3-ubyte"])
                    System.IO.File.Delete(File(name));
                System.IO.File.Move(File("train-images-idx3-ubyte"), File("digits-images-idx3-ubyte"));
                break;
        }
    }

    string WriteRecipe() =>
        _tree.Write(
            "small.yaml",
            System.Text.Encoding.UTF8.GetBytes(
                $"""
                about: {"{"}what: small, source: a test{"}"}
                data: {"{"}format: any, folder: {_tree.File("images")}{"}"}
                views: {"{"}preset: small-color, large-size: 16{"}"}
                encoder: {"{"}backbone: small-net, width: 4, hidden-size: 16, dimension: 8{"}"}
                heads: [3]
                schedule: {"{"}epochs: 2, batch-size: 30{"}"}
                """
            )
        );
}
