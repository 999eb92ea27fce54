using static TorchSharp.torch;

namespace CoKe.Learning.Encoders;

/// <summary>What turns images [b, c, h, w] into a map [b, <see cref="Channels"/>, <see cref="MapHeight"/>, <see cref="MapWidth"/>], which,
/// flattened, is the features.</summary>
public abstract class Backbone(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>Channels of the map.</summary>
    public abstract int Channels { get; }

    /// <summary>Rows of the map, 1 after pooling.</summary>
    public virtual int MapHeight => 1;

    /// <summary>Columns of the map, 1 after pooling.</summary>
    public virtual int MapWidth => 1;

    /// <summary>Values per image.</summary>
    public int FeatureSize => Channels * MapHeight * MapWidth;

    /// <summary>With initial weights from libtorch's global generator.</summary>
    internal static Backbone Of(EncoderOptions options, Norms norms) =>
        options.Backbone == BackboneKind.SmallNet ? new SmallNet(options, norms) : new ResNet(options, norms);
}
