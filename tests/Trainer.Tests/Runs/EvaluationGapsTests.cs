using CoKe.Errors;
using CoKe.Trainer.Commands;
using CoKe.Trainer.Tests.Data.ImageFolders;

namespace CoKe.Trainer.Tests.Runs;

/// <summary>Whatever is wrong with what is only evaluated, a run trains to its end, writes everything, and says what was not
/// measured.</summary>
public sealed class EvaluationGapsTests : EvaluationGapRuns
{
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
}
