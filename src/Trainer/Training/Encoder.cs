using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoKe.Trainer.Training;

/// <summary>
/// A small convolutional net for images of any size and number of channels. It is flattened without pooling: where something is in the image stays visible, which
/// small images need. The projection ends in batch normalization and unit length.
/// </summary>
sealed class Encoder : Module<Tensor, Tensor>
{
    readonly Sequential body, projection;

    public Encoder(Recipe recipe, int channels, int height, int width) : base(nameof(Encoder))
    {
        var w = recipe.Width;
        // Two convolutions of stride 2 leave ceil(ceil(s / 2) / 2) of a side s.
        var (mapHeight, mapWidth) = ((height + 3) / 4, (width + 3) / 4);
        FeatureSize = 2 * w * mapHeight * mapWidth;
        var hidden = Math.Min(FeatureSize, recipe.HiddenSize);
        body = Sequential(
        [
            .. Convolution(channels, w, size: 3, stride: 2),
            .. Convolution(w, 2 * w, size: 3, stride: 2),
            .. Convolution(2 * w, 4 * w, size: 3, stride: 1),
            .. Convolution(4 * w, 2 * w, size: 1, stride: 1),
        ]);
        // A convolution as large as the map is a linear layer on all of it, a third faster here than the matrix product.
        projection = Sequential(
            Conv2d(2 * w, hidden, kernel_size: (mapHeight, mapWidth)), Flatten(), WithoutCounter(BatchNorm1d(hidden)), ReLU(inplace: true),
            Linear(hidden, recipe.Dimension), WithoutCounter(BatchNorm1d(recipe.Dimension)));
        RegisterComponents();
        StoreChannelsLast();
    }

    /// <summary>Values per image before the projection; the linear probe and the nearest neighbors use them.</summary>
    public int FeatureSize { get; }

    /// <summary>Number of trained values.</summary>
    public long ParameterCount => parameters().Sum(p => p.numel());

    /// <param name="images">[b, c, h, w], normalized.</param>
    /// <returns>Unit embeddings [b, d].</returns>
    public override Tensor forward(Tensor images) => Project(body.call(images));

    /// <summary>Features [b, <see cref="FeatureSize"/>], before the projection, and unit embeddings [b, d].</summary>
    public (Tensor Features, Tensor Embeddings) WithFeatures(Tensor images)
    {
        var map = body.call(images);
        return (map.flatten(1), Project(map));
    }

    /// <summary>Runs <paramref name="action"/> with batch statistics and puts the running statistics back as they were: how epoch 0 looks at the data.</summary>
    public void WithoutMovingStatistics(Action action)
    {
        using var scope = NewDisposeScope();
        var buffers = this.buffers().ToArray();
        Tensor[] before = [.. buffers.Select(b => b.clone())];
        try
        {
            action();
        }
        finally
        {
            using var _ = no_grad();
            foreach (var (buffer, value) in buffers.Zip(before))
                buffer.copy_(value);
        }
    }

    Tensor Project(Tensor map) => functional.normalize(projection.call(map), p: 2, dim: 1);

    /// <summary>Weights stored channels last make everything between two convolutions so too, which is a fifth faster on a CPU.</summary>
    void StoreChannelsLast()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        foreach (var weight in parameters().Where(p => p.dim() == 4))
            weight.set_(weight.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2));
    }

    /// <summary>The counter of batches serves only averages without momentum, and adding to it takes a temporary scalar (see <see cref="Held"/>).</summary>
    static BatchNorm WithoutCounter(BatchNorm norm)
    {
        norm.num_batches_tracked = null;
        return norm;
    }

    static IEnumerable<Module<Tensor, Tensor>> Convolution(int from, int to, int size, int stride) =>
        [Conv2d(from, to, kernel_size: size, stride: stride, padding: size / 2, bias: false), WithoutCounter(BatchNorm2d(to)), ReLU(inplace: true)];
}
