using CoKe.Errors;
using CoKe.Learning.Resume;
using CoKe.Learning.Weights;
using CoKe.Trainer.Commands;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Evaluation;

/// <summary>Weights in a file of their own, and what they score.</summary>
public sealed class WeightsEvaluationTests : EvaluatedRuns
{
    [Fact]
    public async Task Weights_OfAFinishedRun_AreScoredAsTheRun()
    {
        await Assert.ThrowsAsync<Killed>(() => _demo.RunAsync(strike: Kill(2 * SmallDemo.StepsPerEpoch + 2)));
        Assert.Contains(
            "is not finished",
            Assert
                .Throws<InvalidOptionsException>(() => RunWeights.Write(_demo.Out, _folder.File("early.safetensors"), EncoderPart.Whole))
                .Message
        );
        Assert.Contains(
            "holds no run",
            Assert
                .Throws<InvalidOptionsException>(() => RunWeights.Write(_folder.Path, _folder.File("none.safetensors"), EncoderPart.Whole))
                .Message
        );
        var summary = await _demo.RunAsync(RunStart.Resumed);
        foreach (var hold in Directory.GetFiles(RunFolder.StateOf(_demo.Out), "*.lock"))
            File.Delete(hold); // as in an archive
        var state = State();

        foreach (var part in Enum.GetValues<EncoderPart>())
        {
            var file = _folder.File($"{part}.safetensors");
            RunWeights.Write(_demo.Out, file, part);
            // The run's normalization is measured on its images, and so is that of an evaluation of as many.
            var scores = await EvaluateAsync($"--weights {file} --encoder {RunFolder.RecipeOf(_demo.Out)}");
            Assert.Equal((summary.Probe, summary.Knn), (scores.ProbeLbfgs, scores.Knn20));
        }
        Assert.Equal(state, State());
        Assert.Empty(Directory.GetFiles(RunFolder.StateOf(_demo.Out), "*.lock"));
        Assert.False(File.Exists(_folder.File("early.safetensors")));
    }

    [Fact]
    public async Task Weights_OfWhatCannotBe_AreRefusedByName()
    {
        await _demo.RunAsync();
        var file = _folder.File("none.safetensors");
        var run = RunFolder.Find(_demo.Out)!;
        // Saves of fewer layers and of other shapes.
        foreach (
            var recipe in (Recipe[])
                [
                    run.Recipe with
                    {
                        Encoder = run.Recipe.Encoder with { ProjectionLayers = 3 },
                    },
                    run.Recipe with
                    {
                        Encoder = run.Recipe.Encoder with { HiddenSize = 16 },
                    },
                ]
        )
        {
            using (var taken = RunFolder.Take(_demo.Out))
            {
                taken.Write(run with { Recipe = recipe });
                Assert.Contains(
                    "Another process works on the run",
                    Assert.Throws<ResumeRefusedException>(() => RunWeights.Write(_demo.Out, file, EncoderPart.Whole)).Message
                );
            }
            Assert.Equal(
                "encoder",
                Assert.Throws<ResumeRefusedException>(() => RunWeights.Write(_demo.Out, file, EncoderPart.Whole)).Field
            );
        }
        Assert.False(File.Exists(file));
    }
}
