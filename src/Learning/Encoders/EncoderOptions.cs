using System.Text.Json.Serialization;
using CoKe.Errors;
using static CoKe.Learning.Requirement;

namespace CoKe.Learning.Encoders;

/// <summary>What turns an image into features.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BackboneKind>))]
public enum BackboneKind
{
    /// <summary>Four small convolutions, flattened without pooling: for small images on a CPU.</summary>
    SmallNet,

    /// <summary>Eight basic blocks.</summary>
    ResNet18,

    /// <summary>Sixteen bottlenecks, stride in the 3x3 convolution (v1.5), as torchvision's.</summary>
    ResNet50,
}

/// <summary>How a ResNet begins.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Stem>))]
public enum Stem
{
    /// <summary>7x7 convolution of stride 2 and max pooling: an image of 224 becomes a map of 56.</summary>
    ImageNet,

    /// <summary>3x3 convolution of stride 1 and no pooling, for images of about 32.</summary>
    Cifar,
}

/// <summary>In what numbers convolutions and linear layers compute. Parameters, gradients, running statistics and embeddings are float32
/// either way.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
public enum Precision
{
    /// <summary>float32.</summary>
    Fp32,

    /// <summary>bfloat16: see <see cref="MixedPrecision"/>.</summary>
    Bf16,
}

/// <summary>An encoder: backbone, projection and, optionally, prediction.</summary>
public sealed record EncoderOptions
{
    /// <summary>What turns an image into features.</summary>
    public required BackboneKind Backbone { get; init; }

    /// <summary>Channels of the first layer; the others are multiples. A ResNet's is 64, 16 to 32 for small images; the small net's
    /// 16.</summary>
    public int BaseWidth { get; init; } = 64;

    /// <summary>How a ResNet begins; the small net has none.</summary>
    public Stem? Stem { get; init; }

    /// <summary>Start every residual block as the identity: the weight of its last batch normalization begins at 0, not 1
    /// (ResNets).</summary>
    public bool ZeroInitializedResidual { get; init; }

    /// <summary>Linear layers of the projection, 2 or 3, each followed by batch normalization, also the last. The paper's ablations have 2,
    /// its best results 3.</summary>
    public int ProjectionLayers { get; init; } = 2;

    /// <summary>Largest hidden layer of projection and prediction; none is larger than the features. The paper's code: 2048, the features
    /// of a ResNet-50.</summary>
    public int HiddenSize { get; init; } = 2048;

    /// <summary>Two more linear layers on top of the projection (B.2.4).</summary>
    public bool Prediction { get; init; }

    /// <summary>d: the dimension of an embedding.</summary>
    public int Dimension { get; init; } = 128;

    /// <summary>Channels of an image.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Rows of an image. A ResNet pools, so it takes images of other sizes too, the small net does not.</summary>
    public required int ImageHeight { get; init; }

    /// <summary>Columns of an image.</summary>
    public required int ImageWidth { get; init; }

    /// <summary>Keep the channels of a pixel together in memory: the same function, rounded otherwise. It pays on a CPU and on tensor cores
    /// (docs: benchmarks/Training).</summary>
    public bool ChannelsLast { get; init; } = true;

    /// <summary>In what numbers convolutions and linear layers compute.</summary>
    public Precision Precision { get; init; }

    /// <summary>Refuses what makes no encoder.</summary>
    /// <exception cref="InvalidOptionsException">Names the option, its value and the remedy.</exception>
    public void Validate()
    {
        Require(Enum.IsDefined(Backbone), nameof(Backbone), Backbone, "must be small-net, resnet-18 or resnet-50");
        Require(BaseWidth is >= 1 and <= 1024, nameof(BaseWidth), BaseWidth, "must be 1 to 1024 channels");
        Require(ProjectionLayers is 2 or 3, nameof(ProjectionLayers), ProjectionLayers, "must be 2 or 3");
        Require(HiddenSize is >= 1 and <= 65_536, nameof(HiddenSize), HiddenSize, "must be 1 to 65536");
        Require(Dimension is >= 2 and <= 65_536, nameof(Dimension), Dimension, "must be 2 to 65536");
        Require(Channels is >= 1 and <= 1024, nameof(Channels), Channels, "must be 1 to 1024");
        Require(ImageHeight is >= 1 and <= 16_384, nameof(ImageHeight), ImageHeight, "must be 1 to 16384 rows");
        Require(ImageWidth is >= 1 and <= 16_384, nameof(ImageWidth), ImageWidth, "must be 1 to 16384 columns");
        Require(Enum.IsDefined(Precision), nameof(Precision), Precision, "must be fp32 or bf16");
        if (Backbone == BackboneKind.SmallNet)
        {
            Require(Stem is null, nameof(Stem), Stem, "belongs to a ResNet: leave it out with the small net");
            Require(
                !ZeroInitializedResidual,
                nameof(ZeroInitializedResidual),
                ZeroInitializedResidual,
                "belongs to a ResNet: the small net has no residual blocks"
            );
            return;
        }
        Require(Stem is { } stem && Enum.IsDefined(stem), nameof(Stem), Stem, "must be imagenet, or cifar for images of about 32 pixels");
        // Its strides multiply to 32.
        Require(
            Stem == Encoders.Stem.Cifar || Math.Min(ImageHeight, ImageWidth) >= 32,
            nameof(Stem),
            Stem,
            $"leaves nothing of images of {ImageHeight} x {ImageWidth}: take cifar, or images of 32 x 32 or more"
        );
    }
}
