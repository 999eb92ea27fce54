using CoKe.ConstrainedKMeans;
using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using CoKe.Learning.Training;
using CoKe.Trainer.Recipes;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Training;

/// <summary>Learners of small images, and steps of them.</summary>
public abstract class SmallLearners
{
    private protected const int Images = 50,
        Side = 12;

    private protected static readonly Recipe Small = RecipeDefaults.Recipe with
    {
        Schedule = RecipeDefaults.Recipe.Schedule with { BatchSize = 16 },
        Heads = [3, 5],
        Encoder = RecipeDefaults.Recipe.Encoder with { Dimension = 8, Width = 4, HiddenSize = 16 },
    };

    private protected static readonly Recipe MultiCrop = Small with
    {
        Encoder = Small.Encoder with { Backbone = BackboneKind.ResNet18, Stem = Stem.Cifar },
        Views = Small.Views with { ViewPreset = "coke-multi", SmallViews = 3 },
    };

    private protected static Learner NewLearner(int seed) => Small.NewLearner(Data(), seed);

    private protected static float[] Train(Learner learner, int epochs)
    {
        using var targets = Targets();
        var embeddings = new List<float>();
        for (var epoch = 0; epoch < epochs; epoch++)
            embeddings.AddRange(Steps(learner, learner.NextEpoch(epoch), targets).SelectMany(step => step.Embeddings));
        return [.. embeddings];
    }

    private protected static List<LearnedBatch> Steps(Learner learner, int[][] batches, EpochTargets targets)
    {
        var steps = new List<LearnedBatch>();
        learner.Train(batches, targets, () => 0.05, steps.Add);
        return steps;
    }

    private protected static EpochTargets Targets()
    {
        var random = new SeededRandom(8);
        return new EpochTargets(
            [.. Small.Heads.Select(k => Enumerable.Range(0, Images).Select(i => i % k).ToArray())],
            [
                .. Small.Heads.Select(k =>
                    Enumerable.Range(0, k * Small.Encoder.Dimension).Select(_ => (float)random.NextNormal() / 3).ToArray()
                ),
            ],
            Small.Encoder.Dimension,
            CPU
        );
    }

    private protected static float[] State(Learner learner)
    {
        using var scope = NewDisposeScope();
        return [.. learner.Encoder.state_dict().Values.SelectMany(t => t.to_type(ScalarType.Float32).data<float>().ToArray())];
    }

    private protected static ImageSet Data()
    {
        var random = new SeededRandom(2);
        return new ImageSet([.. Enumerable.Range(0, Images * Side * Side).Select(_ => (byte)random.NextInt32(256))], 1, Side, Side);
    }

    /// <summary>Images in memory, some of which cannot be read.</summary>
    private protected sealed class Unreadable(ImageSet images, int[] bad) : IImageSource
    {
        readonly MemoryImages _all = new(images);

        public int Count => _all.Count;

        public int Channels => _all.Channels;

        public byte Largest => _all.Largest;

        public IEnumerable<ReadBatch> Read(IEnumerable<int[]> batches, CancellationToken cancellation = default) =>
            _all.Read(batches.Select(ids => ids.Except(bad).ToArray()), cancellation);
    }
}
