using CoKe.Learning.Distributed;
using CoKe.Learning.Images;
using CoKe.Learning.Losses;
using CoKe.Learning.Training;
using CoKe.Learning.Views;
using CoKe.Trainer.Recipes;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Training;

/// <summary>Steps of a learner without a clustering.</summary>
static class LearnerSteps
{
    /// <summary>That of a trainer without others, of images in memory.</summary>
    public static Learner NewLearner(this Recipe recipe, ImageSet images, int seed, TrainerGroup? group = null) =>
        new(
            recipe.LearnerOf(images.Channels, new ImageSize(images.Height, images.Width)),
            new MemoryImages(images),
            Normalization.Of(images, CPU),
            seed,
            CPU,
            group ?? TrainerGroup.Alone
        );

    /// <summary>Epoch 0.</summary>
    public static void Scan(this Learner learner, IEnumerable<int[]> batches, Action<int[], float[]> onEmbeddings)
    {
        using var statistics = learner.Encoder.KeepStatistics();
        foreach (var batch in learner.Read(batches))
            onEmbeddings(batch.Ids, learner.Embed(batch));
    }

    /// <summary>One step for every mini-batch.</summary>
    public static void Train(
        this Learner learner,
        IEnumerable<int[]> batches,
        EpochTargets targets,
        Func<double> rate,
        Action<LearnedBatch> onStep
    ) => learner.Train(batches, (ids, _) => targets.Of(tensor(ids, ScalarType.Int64)), rate, onStep);

    /// <summary>The same with targets that depend on the embeddings.</summary>
    public static void Train(
        this Learner learner,
        IEnumerable<int[]> batches,
        Func<int[], Tensor, BatchTargets> targets,
        Func<double> rate,
        Action<LearnedBatch> onStep
    )
    {
        foreach (var batch in learner.Read(batches))
        {
            using var scope = NewDisposeScope();
            var x = learner.Forward(learner.Draw(batch));
            onStep(learner.Backward(batch, x, targets(batch.Ids, x.Embeddings), rate()));
        }
    }
}
