using CoKe.ConstrainedKMeans;
using CoKe.Learning.Distributed;
using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using CoKe.Learning.Training;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Tests.Training;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Distributed;

/// <summary>Steps of several trainers against those of one that has the whole mini-batch: losses, embeddings and weights.</summary>
public sealed class SharedLearnerTests
{
    static readonly Lock _making = new();
    const int Images = 46,
        Side = 12,
        K = 4;
    static readonly Recipe Small = RecipeDefaults.Recipe with
    {
        Heads = [K],
        Encoder = RecipeDefaults.Recipe.Encoder with { Dimension = 8, Width = 4, HiddenSize = 16 },
        Schedule = RecipeDefaults.Recipe.Schedule with { BatchSize = 16 },
        Views = RecipeDefaults.Recipe.Views with { LargeViews = 2, SmallestArea = 0.7, Blur = 0 },
    };

    /// <summary>How far numbers may be apart before the first step, and after three. What differs is only how sums are rounded; steps
    /// amplify that, most in a deep net of few values. Bfloat16 rounds weights' gradients to 8 bits; an activation that falls on the other
    /// side of a half moves embeddings by 3e-4, which with these views none does before a step.</summary>
    public static TheoryData<string, int, double, double> Cases =>
        new()
        {
            { "two views", 2, 5e-6, 5e-5 },
            { "two views", 3, 5e-6, 5e-5 },
            { "one view", 2, 5e-6, 5e-5 },
            { "multi-crop", 2, 5e-5, 2e-3 },
            { "bf16", 1, 1e-6, 1e-5 },
            { "bf16", 2, 1e-6, 0.15 },
        };

    /// <summary>46 images in 3 mini-batches of 15 or 16: parts of 7 and 8.</summary>
    [OneDnnTheory]
    [MemberData(nameof(Cases))]
    public void Train_InParts_IsTheTrainingOfTheWhole(string kind, int world, double before, double after)
    {
        var recipe = kind switch
        {
            "one view" => Small with { Views = Small.Views with { LargeViews = 1 } },
            "multi-crop" => Small with
            {
                Encoder = Small.Encoder with { Backbone = BackboneKind.ResNet18, Stem = Stem.Cifar, Width = 8, Prediction = true },
                Views = Small.Views with { ViewPreset = "coke-multi", SmallViews = 3, SmallViewSize = 8, SmallestArea = null, Blur = null },
            },
            "bf16" => Small with { Encoder = Small.Encoder with { Precision = Precision.Bf16 } },
            _ => Small,
        };
        var one = Trained(recipe, TrainerGroup.Alone);

        var several = TrainerThreads.Run(world, (rank, threads) => Trained(recipe, threads.Shared(rank)));

        foreach (var trainer in several)
        {
            Assert.Equal(several[0].Weights, trainer.Weights); // to the bit
            Assert.Equal(several[0].Losses, trainer.Losses);
            Assert.Equal((one.Order, one.Views), (trainer.Order, trainer.Views));
        }
        AssertClose(one.Losses[..1], several[0].Losses[..1], before);
        AssertClose(one.Losses, several[0].Losses, after);
        Assert.InRange(
            Math.Sqrt(one.Weights.Zip(several[0].Weights, (a, b) => Math.Pow(a - b, 2)).Sum() / one.Weights.Sum(w => w * w)),
            0,
            after
        );
        for (var step = 0; step < one.Embeddings.Count; step++)
        {
            Assert.Equal(one.Ids[step], several.SelectMany(trainer => trainer.Ids[step]));
            AssertClose(
                one.Embeddings[step],
                [.. several.SelectMany(trainer => trainer.Embeddings[step])],
                step <= one.Embeddings.Count / 2 ? before : after
            );
        }
    }

    static void AssertClose(IReadOnlyList<float> expected, IReadOnlyList<float> actual, double tolerance)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.InRange(expected.Zip(actual).Max(pair => Math.Abs(pair.First - pair.Second)), 0, tolerance);
    }

    /// <summary>A scan and one epoch against made-up targets.</summary>
    static Trace Trained(Recipe recipe, TrainerGroup shared)
    {
        var random = new SeededRandom(8);
        var images = new ImageSet(
            [.. Enumerable.Range(0, Images * Side * Side).Select(_ => (byte)(256 * random.NextUniform()))],
            1,
            Side,
            Side
        );
        using var learner = Made(recipe, images, shared);
        var trace = new Trace();
        learner.Scan(learner.NextEpoch(0), trace.Add);
        using var targets = new EpochTargets(
            [
                [.. Enumerable.Range(0, Images).Select(i => i % K)],
            ],
            [
                [.. Enumerable.Range(0, K * recipe.Encoder.Dimension).Select(_ => (float)random.NextNormal() / 3)],
            ],
            recipe.Encoder.Dimension,
            CPU
        );
        learner.Train(
            learner.NextEpoch(1),
            targets,
            () => recipe.Views.SmallViews > 0 ? 0.002 : 0.05,
            batch =>
            {
                trace.Losses.Add((float)batch.Loss);
                trace.Add(batch.Ids, batch.Embeddings);
            }
        );
        var state = learner.Copy();
        trace.Weights.AddRange(state.Tensors.SelectMany(t => t.Values));
        return trace with { Order = state.Order, Views = state.Views };
    }

    /// <summary>One after the other: initial weights come from the one generator of the process.</summary>
    static Learner Made(Recipe recipe, ImageSet images, TrainerGroup shared)
    {
        lock (_making)
            return recipe.NewLearner(images, seed: 5, shared);
    }

    sealed record Trace
    {
        public List<int[]> Ids { get; } = [];

        public List<float[]> Embeddings { get; } = [];

        public List<float> Losses { get; } = [];

        public List<float> Weights { get; } = [];

        public SeededRandomState Order { get; init; }

        public SeededRandomState Views { get; init; }

        public void Add(int[] ids, float[] embeddings)
        {
            Ids.Add(ids);
            Embeddings.Add(embeddings);
        }
    }
}
