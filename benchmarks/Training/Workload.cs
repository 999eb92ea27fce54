using CoKe.Trainer.Encoders;
using CoKe.Trainer.Optimizers;
using static TorchSharp.torch;

namespace CoKe.TrainingBenchmarks;

/// <summary>One encoder that trains on random images: forward, a plain loss, backward, optimizer.</summary>
internal sealed class Workload : IDisposable
{
    readonly Encoder encoder;
    readonly Optimizer optimizer;
    readonly Tensor images, direction;

    public Workload(EncoderOptions options, int batch, OptimizerKind kind = OptimizerKind.Sgd)
    {
        encoder = new Encoder(options, seed: 1);
        optimizer = new OptimizerOptions { Kind = kind, WeightDecay = 5e-4 }.Of(encoder.named_parameters());
        images = randn(batch, options.Channels, options.ImageHeight, options.ImageWidth);
        direction = randn(batch, options.Dimension);
        encoder.train();
    }

    /// <summary>The small net of the demo on 28 x 28 gray images.</summary>
    public static EncoderOptions SmallNet { get; } = EncoderOptions.Of(new Trainer.Recipe(), 1, 28, 28);

    /// <summary>ResNet-18 of width 16 on 32 x 32 color images.</summary>
    public static EncoderOptions ResNet18 { get; } =
        new() { Backbone = BackboneKind.ResNet18, Stem = Stem.Cifar, BaseWidth = 16, HiddenSize = 128, ImageHeight = 32, ImageWidth = 32 };

    public void Step()
    {
        using var scope = NewDisposeScope();
        encoder.call(images).mul(direction).sum().backward();
        optimizer.Step(0.01);
    }

    public void Dispose()
    {
        optimizer.Dispose();
        encoder.Dispose();
        images.Dispose();
        direction.Dispose();
    }
}
