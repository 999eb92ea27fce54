using CoKe.Learning.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoKe.Learning.Encoders;

/// <summary>Turns images into unit embeddings: a backbone, a projection that ends in batch normalization, and a prediction on top of it
/// where the options ask for one.</summary>
public sealed class Encoder : Module<Tensor, Tensor>
{
    readonly Backbone backbone;
    readonly Sequential projection;
    readonly Sequential? prediction;
    readonly Norms _norms;

    /// <summary>The encoder of a trainer without others.</summary>
    /// <inheritdoc cref="Encoder(EncoderOptions, int, SumOverTrainers)"/>
    public Encoder(EncoderOptions options, int seed)
        : this(options, seed, SumOfOne.Sum) { }

    /// <param name="options">What to build.</param>
    /// <param name="seed">Of the initial weights; libtorch's global generator goes on from there.</param>
    /// <param name="sum">Over the trainers that share the encoder, whose mini-batches batch normalization then sees as one.</param>
    /// <exception cref="CoKe.Errors.InvalidOptionsException">The options make no encoder.</exception>
    public Encoder(EncoderOptions options, int seed, SumOverTrainers sum)
        : base(nameof(Encoder))
    {
        options.Validate();
        Options = options;
        _norms = new Norms(sum);
        manual_seed(seed);
        backbone = Encoders.Backbone.Of(options, _norms);
        projection = Heads.Projection(options, backbone, _norms);
        prediction = options.Prediction ? Heads.Prediction(options, backbone, _norms) : null;
        RegisterComponents();
        if (options.ChannelsLast)
            StoreChannelsLast();
    }

    /// <summary>What it was built from.</summary>
    public EncoderOptions Options { get; }

    /// <summary>The part that outlives pre-training, with torchvision's names where it is a ResNet.</summary>
    public Backbone Backbone => backbone;

    /// <summary>Values per image before the projection; the linear probe and the nearest neighbors use them.</summary>
    public int FeatureSize => backbone.FeatureSize;

    /// <summary>Number of trained values.</summary>
    public long ParameterCount => parameters().Sum(p => p.numel());

    /// <param name="images">[b, c, h, w], normalized, float32.</param>
    /// <returns>Unit embeddings [b, d], float32.</returns>
    public override Tensor forward(Tensor images) => Unit(projection.call(Map(images)));

    /// <summary>Features [b, <see cref="FeatureSize"/>], before the projection, and unit embeddings [b, d]; both float32.</summary>
    public (Tensor Features, Tensor Embeddings) WithFeatures(Tensor images)
    {
        var map = Map(images);
        return (map.flatten(1).InSingle(), Unit(projection.call(map)));
    }

    /// <summary>Unit embeddings [b, d] of the projection, which are clustered, and of the prediction on top of it (B.2.4).</summary>
    /// <exception cref="InvalidOperationException">The options ask for no prediction.</exception>
    public (Tensor Projected, Tensor Predicted) WithPrediction(Tensor images)
    {
        if (prediction is null)
            throw new InvalidOperationException("This encoder has no prediction: build it with EncoderOptions.Prediction.");
        var projected = projection.call(Map(images));
        return (Unit(projected), Unit(prediction.call(projected)));
    }

    /// <summary>Keeps the running statistics: whatever moves them until the result is disposed of, they are then as they are now. Epoch 0
    /// looks at the data this way.</summary>
    public IDisposable KeepStatistics() => new KeptStatistics(this);

    /// <summary>Call it after every backward of an encoder that trainers share: what failed between them could not pass through
    /// libtorch.</summary>
    public void EndBackward() => _norms.EndBackward();

    sealed class KeptStatistics(Encoder encoder) : IDisposable
    {
        readonly Tensor[] _before = [.. encoder.buffers().Select(buffer => buffer.clone().DetachFromDisposeScope())];

        public void Dispose()
        {
            using var _ = no_grad();
            foreach (var (buffer, value) in encoder.buffers().Zip(_before))
            {
                buffer.copy_(value);
                value.Dispose();
            }
        }
    }

    Tensor Map(Tensor images) => backbone.call(images);

    static Tensor Unit(Tensor values) => functional.normalize(values, p: 2, dim: 1);

    /// <summary>Weights stored channels last make everything between two convolutions so too, which is a fifth faster on a CPU.</summary>
    void StoreChannelsLast()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        foreach (var weight in parameters().Where(p => p.dim() == 4))
            weight.set_(weight.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2));
    }
}
