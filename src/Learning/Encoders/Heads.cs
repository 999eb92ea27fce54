using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoKe.Learning.Encoders;

/// <summary>The layers on top of the backbone.</summary>
static class Heads
{
    /// <summary>features - hidden - d, or features - hidden - hidden - d: linear, batch normalization, and rectifier between them. The last
    /// normalization gives float32.</summary>
    public static Sequential Projection(EncoderOptions options, Backbone backbone, Norms norms)
    {
        var (precision, hidden) = (options.Precision, Hidden(options, backbone));
        List<Module<Tensor, Tensor>> layers = [];
        if (backbone.MapHeight * backbone.MapWidth == 1)
            layers.AddRange([Flatten(), new Dense(backbone.Channels, hidden, precision)]);
        else
            // A convolution as large as the map is a linear layer on all of it, a third faster here than the matrix product.
            layers.AddRange([
                new Convolution(
                    backbone.Channels,
                    hidden,
                    (backbone.MapHeight, backbone.MapWidth),
                    stride: 1,
                    padding: 0,
                    withBias: true,
                    precision
                ),
                Flatten(),
            ]);
        layers.AddRange([norms.Of1d(hidden), ReLU(inplace: true)]);
        if (options.ProjectionLayers == 3)
            layers.AddRange([new Dense(hidden, hidden, precision), norms.Of1d(hidden), ReLU(inplace: true)]);
        layers.AddRange([new Dense(hidden, options.Dimension, precision, givesSingle: true), norms.Of1d(options.Dimension)]);
        return Sequential(layers);
    }

    /// <summary>d - hidden - d on the projection before it gets unit length; the last layer has no batch normalization, as in the paper's
    /// code.</summary>
    public static Sequential Prediction(EncoderOptions options, Backbone backbone, Norms norms)
    {
        var hidden = Hidden(options, backbone);
        return Sequential(
            new Dense(options.Dimension, hidden, options.Precision),
            norms.Of1d(hidden),
            ReLU(inplace: true),
            new Dense(hidden, options.Dimension, options.Precision, givesSingle: true)
        );
    }

    static int Hidden(EncoderOptions options, Backbone backbone) => Math.Min(backbone.FeatureSize, options.HiddenSize);
}
