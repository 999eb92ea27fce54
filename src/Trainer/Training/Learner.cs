using System.Runtime.InteropServices;
using CoKe.ConstrainedKMeans;
using CoKe.Trainer.Data;
using CoKe.Trainer.Encoders;
using CoKe.Trainer.Resume;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Training;

/// <summary>
/// Images, their order and views, and the step that learns from them: turns image ids into embeddings, given the targets of the epoch before. It knows nothing of how
/// clusters come about. Dispose scopes belong to a thread, so one thread uses it from the constructor to the end.
/// </summary>
sealed class Learner : IDisposable
{
    readonly Recipe recipe;
    readonly Device device;
    readonly Tensor images; // [n, c, h, w], bytes
    readonly Augmentation augmentation;
    readonly Normalization normalization;
    readonly TrainingStep step;
    readonly SeededRandom order, views;

    public Learner(Recipe recipe, ImageSet images, int seed, Device device)
    {
        (this.recipe, this.device) = (recipe, device);
        this.images = tensor(images.Pixels, ScalarType.Byte).view(images.Count, images.Channels, images.Height, images.Width).to(device);
        normalization = Normalization.Of(images, device);
        order = new SeededRandom(seed, 0);
        views = new SeededRandom(seed, 1);
        augmentation = new Augmentation(recipe.Augmentation, normalization, views);
        step = new TrainingStep(StepOptions.Of(recipe, images.Channels, images.Height, images.Width), seed, device);
    }

    public Encoder Encoder => step.Encoder;

    /// <summary>How pixels are normalized, measured on the training images.</summary>
    public Normalization Normalization => normalization;

    /// <summary>Everything that later steps depend on, copied.</summary>
    public LearnerState Copy()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        return new LearnerState([.. step.State.Select(t => new NamedValues(t.Name, t.Values.shape, ToArray(t.Values)))], order.State, views.State);
    }

    /// <summary>Goes on from <paramref name="state"/>, bit for bit as the learner it was copied from.</summary>
    /// <exception cref="ResumeRefusedException">It is the state of another encoder; this one is as it was.</exception>
    public void Return(LearnerState state)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var tensors = step.State.ToArray();
        if (!tensors.Select(t => (t.Name, Shape(t.Values.shape))).SequenceEqual(state.Tensors.Select(t => (t.Name, Shape(t.Shape)))))
            throw new ResumeRefusedException("encoder", string.Join(", ", state.Tensors.Select(t => t.Name)),
                "The save is of an encoder with other layers than this program's: go on with the program that began the run, or begin anew with --force.");
        foreach (var ((name, values), saved) in tensors.Zip(state.Tensors))
            values.copy_(tensor(saved.Values).view(saved.Shape)); // keeps the layout in memory, on which the last bits depend
        (order.State, views.State) = (state.Order, state.Views);

        static string Shape(long[] sizes) => string.Join('x', sizes);
    }

    /// <summary>The images of an epoch in a new random order, cut into equal mini-batches of at most b: none is left out.</summary>
    public int[][] NextEpoch() => EpochBatches.Of(order.Permutation((int)images.shape[0]), recipe.BatchSize);

    /// <summary>Mini-batches of one epoch over <paramref name="imageCount"/> images.</summary>
    public static int StepsPerEpoch(Recipe recipe, int imageCount) => EpochBatches.Count(imageCount, recipe.BatchSize);

    /// <summary>Epoch 0: embeds every mini-batch as a training step would, but learns nothing; optimizer and running statistics are as before afterwards.</summary>
    public void Scan(IEnumerable<int[]> batches, Action<int[], float[]> onEmbeddings) => Encoder.WithoutMovingStatistics(() =>
    {
        foreach (var ids in batches)
        {
            using var scope = NewDisposeScope();
            onEmbeddings(ids, ToArray(step.Embed(Views(ids))));
        }
    });

    /// <summary>One step of training.</summary>
    /// <returns>The loss before the step and the embeddings that it was computed from, b x d, averaged over views and not renormalized (eqn 17).</returns>
    public (double Loss, float[] Embeddings) Step(int[] ids, EpochTargets targets, double learningRate)
    {
        using var scope = NewDisposeScope();
        var (value, embeddings) = step.Learn([Views(ids)], targets.Of(Ids(ids)), learningRate);
        return (value.item<float>(), ToArray(embeddings));
    }

    public void Dispose()
    {
        step.Dispose();
        normalization.Dispose();
        images.Dispose();
    }

    Tensor Ids(int[] ids) => tensor(ids, ScalarType.Int64).to(device);

    /// <summary>[views x b, c, h, w]: all images of view 0, then all of view 1.</summary>
    Tensor Views(int[] ids)
    {
        using var _ = no_grad();
        var batch = normalization.ToUnitRange(images.index_select(0, Ids(ids)));
        return augmentation.View(recipe.Views == 1 ? batch : batch.repeat(recipe.Views, 1, 1, 1));
    }

    static float[] ToArray(Tensor tensor)
    {
        var rows = tensor.cpu().contiguous();
        var values = new float[rows.numel()];
        rows.bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
