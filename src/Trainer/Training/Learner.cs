using System.Runtime.InteropServices;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Trainer.Data;
using CoKe.Trainer.Distributed;
using CoKe.Trainer.Encoders;
using CoKe.Trainer.Losses;
using CoKe.Trainer.Resume;
using CoKe.Trainer.Views;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Training;

/// <summary>
/// Images, their order and views, and the step that learns from them: turns image ids into embeddings, given the targets of the epoch
/// before. It knows nothing of how clusters come about. Dispose scopes belong to a thread, so one thread uses it from the constructor to
/// the end.
/// </summary>
sealed class Learner : IDisposable
{
    readonly Recipe recipe;
    readonly Device device;
    readonly IImageSource images;
    readonly Normalization normalization;
    readonly TrainingStep step;
    readonly SeededRandom order,
        random;
    readonly ViewPipeline views,
        largeViews;
    readonly int fewestRows;
    readonly SharedTraining? shared;

    /// <param name="recipe">The recipe.</param>
    /// <param name="images">To train on.</param>
    /// <param name="seed">Of weights, order and views.</param>
    /// <param name="device">Where to train.</param>
    /// <exception cref="InvalidOptionsException">The recipe does not suit the images.</exception>
    public Learner(Recipe recipe, ImageSet images, int seed, Device device)
        : this(
            recipe,
            LearnerOptions.Of(recipe, images.Channels, new ImageSize(images.Height, images.Width)),
            new MemoryImages(images),
            Normalization.Of(images, device),
            seed,
            device
        )
    { }

    /// <param name="recipe">Batch size.</param>
    /// <param name="options">Views and step.</param>
    /// <param name="images">To train on.</param>
    /// <param name="normalization">Of their pixels, on <paramref name="device"/>; disposed with the learner.</param>
    /// <param name="seed">Of weights, order and views.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="shared">With the other trainers of the model; null: there is one.</param>
    public Learner(
        Recipe recipe,
        LearnerOptions options,
        IImageSource images,
        Normalization normalization,
        int seed,
        Device device,
        SharedTraining? shared = null
    )
    {
        (this.recipe, this.images, this.normalization, this.device, this.shared) = (recipe, images, normalization, device, shared);
        order = new SeededRandom(seed, 0);
        random = new SeededRandom(seed, 1);
        views = new ViewPipeline(options.Views, normalization, random, device);
        fewestRows = options.Views.Groups().Min(group => group.Views.Length);
        largeViews = new ViewPipeline(options.Views with { Views = options.Views.Large }, normalization, random, device);
        step = new TrainingStep(options.Step, seed, device, shared?.Sum);
    }

    public Encoder Encoder => step.Encoder;

    /// <summary>How pixels are normalized, measured on the training images.</summary>
    public Normalization Normalization => normalization;

    /// <summary>Everything that later steps depend on, copied.</summary>
    public LearnerState Copy()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        return new LearnerState(
            [.. step.State.Select(t => new NamedValues(t.Name, t.Values.shape, ToArray(t.Values)))],
            order.State,
            random.State
        );
    }

    /// <summary>Goes on from <paramref name="state"/>, bit for bit as the learner it was copied from.</summary>
    /// <exception cref="ResumeRefusedException">It is the state of another encoder; this one is as it was.</exception>
    public void Return(LearnerState state)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var tensors = step.State.ToArray();
        if (!tensors.Select(t => (t.Name, Shape(t.Values.shape))).SequenceEqual(state.Tensors.Select(t => (t.Name, Shape(t.Shape)))))
            throw new ResumeRefusedException(
                "encoder",
                string.Join(", ", state.Tensors.Select(t => t.Name)),
                "The save is of an encoder with other layers than this program's: go on with the program that began the run, "
                    + "or begin anew with --force."
            );
        foreach (var ((name, values), saved) in tensors.Zip(state.Tensors))
            values.copy_(tensor(saved.Values).view(saved.Shape)); // keeps the layout in memory, on which the last bits depend
        (order.State, random.State) = (state.Order, state.Views);

        static string Shape(long[] sizes) => string.Join('x', sizes);
    }

    /// <summary>
    /// Begins an epoch: its views from now on, and its images in a new random order, cut into equal mini-batches of at most b: none is left
    /// out. Of several trainers each gets its part of every mini-batch.
    /// </summary>
    /// <param name="epoch">0 (the scan) to the last one of the recipe.</param>
    public int[][] NextEpoch(int epoch)
    {
        views.MoveTo((double)epoch / recipe.Epochs); // large views alone are drawn in the scan only, where every pipeline begins
        return EpochBatches.Of(order.Permutation(images.Count), recipe.BatchSize, shared?.Part);
    }

    /// <summary>Mini-batches of one epoch over <paramref name="imageCount"/> images.</summary>
    public static int StepsPerEpoch(Recipe recipe, int imageCount) => EpochBatches.Count(imageCount, recipe.BatchSize);

    /// <summary>Epoch 0: embeds every mini-batch as a training step would, but learns nothing; optimizer and running statistics are as
    /// before afterwards.</summary>
    /// <param name="batches">Image ids.</param>
    /// <param name="onEmbeddings">Gets, after every mini-batch, the ids of the images that could be read and their embeddings.</param>
    public void Scan(IEnumerable<int[]> batches, Action<int[], float[]> onEmbeddings) =>
        Encoder.WithoutMovingStatistics(() =>
        {
            foreach (var (ids, pixels, whole) in Read(batches))
            {
                using var scope = NewDisposeScope();
                onEmbeddings(ids, ToArray(step.Embed(largeViews.Of(pixels, whole).Single().Images)));
            }
        });

    /// <summary>One step of training for every mini-batch.</summary>
    /// <param name="batches">Image ids.</param>
    /// <param name="targets">Of the epoch before.</param>
    /// <param name="learningRate">Asked before every step.</param>
    /// <param name="onStep">Told after every step.</param>
    public void Train(IEnumerable<int[]> batches, EpochTargets targets, Func<double> learningRate, Action<LearnedBatch> onStep) =>
        Train(batches, (ids, _) => targets.Of(tensor(ids, ScalarType.Int64).to(device)), learningRate, onStep);

    /// <summary>The same with targets that depend on the embeddings of the mini-batch itself.</summary>
    /// <param name="batches">Image ids.</param>
    /// <param name="targets">Asked between forward and loss, with the ids and the embeddings [b, d] of a mini-batch.</param>
    /// <param name="learningRate">Asked before every step.</param>
    /// <param name="onStep">Told after every step.</param>
    public void Train(
        IEnumerable<int[]> batches,
        Func<int[], Tensor, BatchTargets> targets,
        Func<double> learningRate,
        Action<LearnedBatch> onStep
    )
    {
        foreach (var (ids, pixels, whole) in Read(batches))
        {
            using var scope = NewDisposeScope();
            var learned = step.Learn(
                [.. views.Of(pixels, whole).Select(group => group.Images)],
                x => targets(ids, x),
                learningRate(),
                whole.Share
            );
            onStep(new LearnedBatch(ids, Finite(learned.Loss.item<float>()), ToArray(learned.HeadLosses), ToArray(learned.Embeddings)));
        }
    }

    public void Dispose()
    {
        step.Dispose();
        views.Dispose();
        largeViews.Dispose();
        normalization.Dispose();
    }

    /// <summary>The loss, which is that of all trainers.</summary>
    float Finite(float loss) =>
        shared is null ? TrainingDivergedException.Finite(loss) : shared.Alike(() => TrainingDivergedException.Finite(loss));

    IEnumerable<(int[] Ids, ImageBatch Pixels, GlobalBatch Whole)> Read(IEnumerable<int[]> batches)
    {
        foreach (var batch in images.Read(batches))
            using (batch)
                // A single row has no variance. Where unreadable files leave no more, the image keeps the label that it has.
                if (
                    (shared?.Begin(batch.Images.Sizes) ?? GlobalBatch.Of(batch.Images.Sizes)) is var whole
                    && whole.Sizes.Count * fewestRows > 1
                )
                    yield return (batch.Ids, batch.Images, whole);
    }

    /// <summary>Row after row.</summary>
    public static float[] ToArray(Tensor tensor)
    {
        var rows = tensor.cpu().contiguous();
        var values = new float[rows.numel()];
        rows.bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}

/// <summary>A step that was made.</summary>
/// <param name="Ids">Images.</param>
/// <param name="Loss">Before the step, of all trainers' images.</param>
/// <param name="HeadLosses">That of every head, likewise.</param>
/// <param name="Embeddings">That the loss was computed from, b x d: averaged over large views and not renormalized (eqn 17).</param>
readonly record struct LearnedBatch(int[] Ids, double Loss, float[] HeadLosses, float[] Embeddings);
