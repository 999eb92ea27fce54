using CoKe.Errors;
using CoKe.Learning.Encoders;
using CoKe.Learning.Optimizers;
using CoKe.Learning.Training;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Runs;

/// <summary>What a recipe can choose, through the whole of a run: silo, session, training, saves.</summary>
public sealed class RecipeRunTests : IDisposable
{
    const int StageTwoAfter = 1,
        Epochs = 4;

    readonly SmallDemo _demo = new();

    public void Dispose() => _demo.Dispose();

    [Fact]
    public async Task Run_StageTwo_LearnsFromAveragedLabelsOneEpochLater()
    {
        var summary = await _demo.RunAsync(Options(StageTwoAfter));

        var plain = await _demo.RunAsync(Options(stageTwoAfter: null) with { Start = RunStart.Forced });
        // Epoch T' + 1 is the first that averages; what it learns from is still of epoch T'.
        Assert.Equal(plain.LossTrace.Take(StageTwoAfter + 1), summary.LossTrace.Take(StageTwoAfter + 1));
        Assert.NotEqual(plain.LossTrace[StageTwoAfter + 1], summary.LossTrace[StageTwoAfter + 1]);
        Assert.All(summary.LossTrace, loss => Assert.True(double.IsFinite(loss)));
    }

    [Fact]
    public async Task Resume_KilledInStageTwo_EndsTheSame()
    {
        var whole = SmallDemo.Result(await _demo.RunAsync(Options(StageTwoAfter)));
        var options = Options(StageTwoAfter) with { Start = RunStart.Forced };
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                options,
                new Strike
                {
                    Stepped = done =>
                    {
                        if (done == Epochs * SmallDemo.StepsPerEpoch + 1)
                            throw new Killed();
                    },
                }
            )
        );

        Assert.Equal(whole, SmallDemo.Result(await _demo.RunAsync(options with { Start = RunStart.Resumed })));
    }

    [Fact]
    public async Task Run_MiniBatchesOfOneImage_AreRefusedBeforeAnythingIsWritten()
    {
        // Two at most: of 331 images one is left alone, and has no batch statistics with one view.
        var options = _demo.Options();
        options = options with
        {
            Images = 331,
            Recipe = options.Recipe with
            {
                Schedule = options.Recipe.Schedule with { BatchSize = 2, Epochs = 1 },
                Views = options.Recipe.Views with { LargeViews = 1 },
            },
        };

        var refused = await Assert.ThrowsAsync<InvalidOptionsException>(() => _demo.RunAsync(options));

        Assert.Equal(nameof(ScheduleOptions.BatchSize), refused.Field);
        Assert.False(Directory.Exists(_demo.Out));
    }

    [Fact]
    public async Task Run_MoreStepsThanCanBeCounted_IsRefused()
    {
        var options = _demo.Options();

        var refused = await Assert.ThrowsAsync<InvalidOptionsException>(() =>
            _demo.RunAsync(
                options with
                {
                    Recipe = options.Recipe with { Schedule = options.Recipe.Schedule with { Epochs = int.MaxValue } },
                },
                new Strike { Stepped = _ => throw new Killed() }
            )
        );

        Assert.Equal(nameof(ScheduleOptions.Epochs), refused.Field);
    }

    [Theory]
    [InlineData(TargetEpoch.Last)]
    [InlineData(TargetEpoch.Current)]
    public async Task Run_ARateThatDiverges_SaysSo(TargetEpoch labels)
    {
        var options = _demo.Options();

        var diverged = await Assert.ThrowsAnyAsync<CokeException>(() =>
            _demo.RunAsync(
                options with
                {
                    Recipe = options.Recipe with
                    {
                        Schedule = options.Recipe.Schedule with { LearningRate = 1e30 },
                        Clustering = options.Recipe.Clustering with { Labels = labels },
                    },
                }
            )
        );

        Assert.Equal("schedule.learning-rate", diverged.Field);
    }

    [Fact]
    public async Task Run_ResNetWithPredictionAndLars_TrainsAndIsResumed()
    {
        var options = _demo.Options();
        options = options with
        {
            Recipe = options.Recipe with
            {
                Schedule = options.Recipe.Schedule with { Epochs = 2, LearningRate = 1 },
                Views = options.Recipe.Views with { LargeViews = 1 },
                Encoder = options.Recipe.Encoder with
                {
                    Backbone = BackboneKind.ResNet18,
                    Stem = Stem.Cifar,
                    Width = 2,
                    ProjectionLayers = 3,
                    Prediction = true,
                },
                Optimizer = options.Recipe.Optimizer with { Kind = OptimizerKind.Lars },
            },
        };
        var whole = SmallDemo.Result(await _demo.RunAsync(options));
        options = options with { Start = RunStart.Forced };
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                options,
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

        Assert.Equal(whole, SmallDemo.Result(await _demo.RunAsync(options with { Start = RunStart.Resumed })));
    }

    [Fact]
    public async Task Run_MultiCropOfOtherSizesThanTheImages_TrainsAndIsResumed()
    {
        var options = _demo.Options();
        options = options with
        {
            Recipe = options.Recipe with
            {
                Schedule = options.Recipe.Schedule with { Epochs = 2 },
                Encoder = options.Recipe.Encoder with { Backbone = BackboneKind.ResNet18, Stem = Stem.Cifar, Width = 2 },
                Views = options.Recipe.Views with { ViewPreset = "coke-multi", LargeViewSize = 16, SmallViewSize = 8, SmallViews = 2 },
            },
        };
        var summary = await _demo.RunAsync(options);
        options = options with { Start = RunStart.Forced };
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                options,
                new Strike
                {
                    Stepped = done =>
                    {
                        if (done == 2 * SmallDemo.StepsPerEpoch + 1)
                            throw new Killed();
                    },
                }
            )
        );

        Assert.Equal(SmallDemo.Result(summary), SmallDemo.Result(await _demo.RunAsync(options with { Start = RunStart.Resumed })));
        var resolved = summary.Options.Recipe;
        Assert.Equal((2, 2, true), (resolved.Views.LargeViews, resolved.Views.SmallViews, resolved.Views.Flip));
    }

    [Fact]
    public async Task Run_SmallNetOnSmallerViews_IsEvaluatedOnWholeImagesOfThatSize()
    {
        var options = _demo.Options();

        var summary = await _demo.RunAsync(
            options with
            {
                Recipe = options.Recipe with
                {
                    Schedule = options.Recipe.Schedule with { Epochs = 1 },
                    Views = options.Recipe.Views with { LargeViewSize = 20 },
                },
            }
        );

        Assert.InRange(summary.Knn!.Value, 0.3, 1); // a tenth of the images are of each class
    }

    [Fact]
    public async Task Run_RecipeThatSuitsNoImage_IsRefusedByNameBeforeAnythingIsThere()
    {
        var options = _demo.Options();

        var refused = await Assert.ThrowsAsync<InvalidOptionsException>(() =>
            _demo.RunAsync(
                options with
                {
                    Recipe = options.Recipe with { Views = options.Recipe.Views with { ViewPreset = "coke-multi" } },
                }
            )
        );

        Assert.Equal("SmallViews", refused.Field);
        Assert.False(Directory.Exists(_demo.Out));
    }

    RunOptions Options(int? stageTwoAfter)
    {
        var options = _demo.Options();
        return options with
        {
            Recipe = options.Recipe with
            {
                Schedule = options.Recipe.Schedule with { Epochs = Epochs },
                Clustering = options.Recipe.Clustering with { StageTwoAfterEpoch = stageTwoAfter },
            },
        };
    }
}
