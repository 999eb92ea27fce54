using CoKe.Learning.Resume;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Evaluation;

/// <summary>Looking at a run while it trains changes nothing in it, and survives a kill.</summary>
public sealed class EpochEvaluationTests : IDisposable
{
    readonly SmallDemo _demo = new();

    public void Dispose() => _demo.Dispose();

    [Fact]
    public async Task Run_WithAndWithoutEvaluation_IsTheSameToTheBit()
    {
        var without = SmallDemo.Result(await _demo.RunAsync());
        var (weights, report) = (Learner(), File.ReadAllText(RunFolder.ReportOf(_demo.Out)));
        Assert.DoesNotContain("What the classes said", report);

        var with = SmallDemo.Result(await _demo.RunAsync(Evaluated(RunStart.Fresh)));

        Assert.Equal(without, with);
        var again = Learner();
        Assert.Equal((weights.Order, weights.Views), (again.Order, again.Views)); // the streams of random numbers
        Assert.All(weights.Tensors.Zip(again.Tensors), pair =>
            Assert.True(pair.First.Values.AsSpan().SequenceEqual(pair.Second.Values), pair.First.Name)
        );
        Assert.Contains("What the classes said", File.ReadAllText(RunFolder.ReportOf(_demo.Out)));
        Assert.Contains("classes: ACC", _demo.Output.ToString());
    }

    [Fact]
    public async Task Resume_KilledAfterACommit_HasEveryEventOnceWithTheSameScores()
    {
        await _demo.RunAsync(Evaluated(RunStart.Fresh));
        var whole = Events();
        Assert.Equal(SmallDemo.Epochs + 2, whole.Length); // the scan, the epochs, and the end
        Assert.Equal(SmallDemo.Epochs + 1, whole.Count(e => e.Contains("classes_accuracy/head_0_of_10")));

        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                Evaluated(RunStart.Fresh),
                new Strike
                {
                    Committed = epoch =>
                    {
                        if (epoch == 1)
                            throw new Killed();
                    },
                }
            )
        );
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                Evaluated(RunStart.Resumed),
                new Strike
                {
                    Stepped = done =>
                    {
                        if (done == 3 * SmallDemo.StepsPerEpoch + 1)
                            throw new Killed();
                    },
                }
            )
        );
        await _demo.RunAsync(Evaluated(RunStart.Resumed));

        Assert.Equal(whole, Events());
    }

    RunOptions Evaluated(RunStart start)
    {
        var options = _demo.Options(start);
        return options with { Recipe = options.Recipe with { Evaluation = options.Recipe.Evaluation with { EvaluateEvery = 1 } } };
    }

    LearnerState Learner() => new Saves(RunFolder.StateOf(_demo.Out)).Read(SmallDemo.Epochs, RunFolder.Find(_demo.Out)!.RunId!).Learner;

    /// <summary>Steps and values, without what depends on the clock.</summary>
    string[] Events() =>
        [
            .. TensorBoardFile
                .Read(RunFolder.EventsOf(_demo.Out))
                .Where(e => e.Version is null)
                .Select(e =>
                    $"{e.Step}: "
                    + string.Join(' ', e.Values.Where(v => v.Key != "train/images_per_second").Select(v => $"{v.Key}={v.Value:R}"))
                ),
        ];
}
