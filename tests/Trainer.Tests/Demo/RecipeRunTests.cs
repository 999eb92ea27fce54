using CoKe.Trainer.Demo;
using CoKe.Trainer.Encoders;
using CoKe.Trainer.Optimizers;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Demo;

/// <summary>What a recipe can choose, through the whole of a run: silo, session, training, saves.</summary>
public sealed class RecipeRunTests : IDisposable
{
    const int StageTwoAfter = 1, Epochs = 4;

    readonly SmallDemo demo = new();

    public void Dispose() => demo.Dispose();

    [Fact]
    public async Task Run_StageTwo_LearnsFromAveragedLabelsOneEpochLater()
    {
        var summary = await demo.RunAsync(Options(StageTwoAfter));

        var plain = await demo.RunAsync(Options(stageTwoAfter: null) with { Start = DemoStart.Forced });
        // Epoch T' + 1 is the first that averages; what it learns from is still of epoch T'.
        Assert.Equal(plain.LossTrace.Take(StageTwoAfter + 1), summary.LossTrace.Take(StageTwoAfter + 1));
        Assert.NotEqual(plain.LossTrace[StageTwoAfter + 1], summary.LossTrace[StageTwoAfter + 1]);
        Assert.All(summary.LossTrace, loss => Assert.True(double.IsFinite(loss)));
    }

    [Fact]
    public async Task Resume_KilledInStageTwo_EndsTheSame()
    {
        var whole = SmallDemo.Result(await demo.RunAsync(Options(StageTwoAfter)));
        var options = Options(StageTwoAfter) with { Start = DemoStart.Forced };
        await Assert.ThrowsAsync<Killed>(() => demo.RunAsync(options, new Strike { Stepped = done => { if (done == Epochs * SmallDemo.StepsPerEpoch + 1) throw new Killed(); } }));

        Assert.Equal(whole, SmallDemo.Result(await demo.RunAsync(options with { Start = DemoStart.Resumed })));
    }

    [Fact]
    public async Task Run_ResNetWithPredictionAndLars_TrainsAndIsResumed()
    {
        var options = demo.Options();
        options = options with
        {
            Recipe = options.Recipe with
            {
                Epochs = 2, Views = 1, Backbone = BackboneKind.ResNet18, Stem = Stem.Cifar, Width = 2, ProjectionLayers = 3, Prediction = true, Optimizer = OptimizerKind.Lars, LearningRate = 1,
            },
        };
        var whole = SmallDemo.Result(await demo.RunAsync(options));
        options = options with { Start = DemoStart.Forced };
        await Assert.ThrowsAsync<Killed>(() => demo.RunAsync(options, new Strike { Saved = epoch => { if (epoch == 1) throw new Killed(); } }));

        Assert.Equal(whole, SmallDemo.Result(await demo.RunAsync(options with { Start = DemoStart.Resumed })));
    }

    DemoOptions Options(int? stageTwoAfter)
    {
        var options = demo.Options();
        return options with { Recipe = options.Recipe with { Epochs = Epochs, StageTwoAfterEpoch = stageTwoAfter } };
    }
}
