using System.Runtime.InteropServices;
using CoKe.Trainer.Data;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoKe.Trainer.Training;

/// <summary>
/// The encoder and its optimizer: turns image ids into embeddings and, given the targets of the epoch before, learns from them. It knows nothing of how clusters
/// come about. Dispose scopes belong to a thread, so one thread uses it from the constructor to the end.
/// </summary>
sealed class Learner : IDisposable
{
    readonly Recipe recipe;
    readonly Device device;
    readonly Tensor images; // [n, c, h, w], bytes
    readonly Augmentation augmentation;
    readonly Normalization normalization;
    readonly SGD optimizer;
    readonly CokeLoss loss;
    readonly Generator generator, orderGenerator;

    public Learner(Recipe recipe, ImageSet images, int seed, Device device)
    {
        (this.recipe, this.device) = (recipe, device);
        manual_seed(seed); // the encoder's initial weights
        this.images = tensor(images.Pixels, ScalarType.Byte).view(images.Count, images.Channels, images.Height, images.Width).to(device);
        normalization = Normalization.Of(images, device);
        generator = new Generator((ulong)seed, device);
        orderGenerator = new Generator((ulong)seed + 1, CPU);
        augmentation = new Augmentation(recipe.Augmentation, normalization, generator);
        Encoder = new Encoder(recipe, images.Channels, images.Height, images.Width);
        Encoder.to(device);
        optimizer = optim.SGD(Encoder.parameters(), learningRate: 0, recipe.Momentum, weight_decay: recipe.WeightDecay);
        loss = new CokeLoss(recipe.Temperature, recipe.LabelWeight);
    }

    public Encoder Encoder { get; }

    /// <summary>How pixels are normalized, measured on the training images.</summary>
    public Normalization Normalization => normalization;

    /// <summary>The images of an epoch in a new random order, cut into equal mini-batches of at most b: none is left out.</summary>
    public int[][] NextEpoch()
    {
        using var scope = NewDisposeScope();
        var order = MemoryMarshal.Cast<byte, int>(randperm(images.shape[0], ScalarType.Int32, generator: orderGenerator).bytes).ToArray();
        var steps = StepsPerEpoch(recipe, order.Length);
        return [.. Enumerable.Range(0, steps).Select(s => order[(int)((long)order.Length * s / steps)..(int)((long)order.Length * (s + 1) / steps)])];
    }

    /// <summary>Mini-batches of one epoch over <paramref name="imageCount"/> images.</summary>
    public static int StepsPerEpoch(Recipe recipe, int imageCount) => (imageCount + recipe.BatchSize - 1) / recipe.BatchSize;

    /// <summary>Epoch 0: embeds every mini-batch as a training step would, but learns nothing; optimizer and running statistics are as before afterwards.</summary>
    public void Scan(IEnumerable<int[]> batches, Action<int[], float[]> onEmbeddings) => Encoder.WithoutMovingStatistics(() =>
    {
        Encoder.train();
        using var _ = no_grad();
        foreach (var ids in batches)
        {
            using var scope = NewDisposeScope();
            onEmbeddings(ids, ViewMean(Encoder.call(Views(ids)).Embeddings, ids.Length));
        }
    });

    /// <summary>One step of training.</summary>
    /// <returns>The loss before the step and the embeddings that it was computed from, b x d, averaged over views and not renormalized (eqn 17).</returns>
    public (double Loss, float[] Embeddings) Step(int[] ids, EpochTargets targets, double learningRate)
    {
        using var scope = NewDisposeScope();
        Encoder.train();
        foreach (var group in optimizer.ParamGroups)
            group.LearningRate = learningRate;
        var embeddings = Encoder.call(Views(ids)).Embeddings;
        var value = loss.Of(embeddings, recipe.Views, targets.Centers, targets.ClusterCounts, targets.Labels.index_select(1, Ids(ids)));
        optimizer.zero_grad();
        value.backward();
        optimizer.step();
        return (value.item<float>(), ViewMean(embeddings.detach(), ids.Length));
    }

    public void Dispose()
    {
        optimizer.Dispose();
        Encoder.Dispose();
        normalization.Dispose();
        images.Dispose();
        generator.Dispose();
        orderGenerator.Dispose();
    }

    Tensor Ids(int[] ids) => tensor(ids, ScalarType.Int64).to(device);

    /// <summary>[views x b, c, h, w]: all images of view 0, then all of view 1.</summary>
    Tensor Views(int[] ids)
    {
        using var _ = no_grad();
        var batch = normalization.ToUnitRange(images.index_select(0, Ids(ids)));
        return augmentation.View(recipe.Views == 1 ? batch : batch.repeat(recipe.Views, 1, 1, 1));
    }

    float[] ViewMean(Tensor embeddings, int rows)
    {
        var mean = (recipe.Views == 1 ? embeddings : embeddings.view(recipe.Views, rows, -1).mean([0])).cpu().contiguous();
        var values = new float[mean.numel()];
        mean.bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
