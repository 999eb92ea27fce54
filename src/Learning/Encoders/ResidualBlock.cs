using CoKe.Learning.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoKe.Learning.Encoders;

/// <summary>relu(residual(x) + x), where x goes through a 1x1 convolution when sizes change.</summary>
abstract class ResidualBlock(string name) : Module<Tensor, Tensor>(name)
{
    /// <summary>Channels that come out.</summary>
    public abstract int Channels { get; }

    /// <summary>The last batch normalization of the residual.</summary>
    public abstract BatchNorm LastNorm { get; }

    public override Tensor forward(Tensor input)
    {
        // What autograd needs it holds itself; the rest goes here, so that an evaluation does not pile up the maps of all blocks.
        using var scope = NewDisposeScope();
        return Relu(Residual(input).add_(Shortcut?.call(input) ?? input, TorchScalars.One)).MoveToOuterDisposeScope();
    }

    protected abstract Tensor Residual(Tensor input);

    /// <summary>Null where x is added as it is.</summary>
    protected abstract Sequential? Shortcut { get; }

    protected static Sequential? ShortcutOf(int from, int to, int stride, Precision precision, Norms norms) =>
        stride == 1 && from == to ? null : Sequential(new Convolution(from, to, size: 1, stride, precision), norms.Of2d(to));

    protected static Tensor Relu(Tensor values) => functional.relu(values, inplace: true);
}

/// <summary>Two 3x3 convolutions: ResNet-18.</summary>
sealed class BasicBlock : ResidualBlock
{
    readonly Convolution conv1,
        conv2;
    readonly BatchNorm bn1,
        bn2;
    readonly Sequential? downsample;

    public BasicBlock(int from, int width, int stride, Precision precision, Norms norms)
        : base(nameof(BasicBlock))
    {
        conv1 = new Convolution(from, width, size: 3, stride, precision);
        bn1 = norms.Of2d(width);
        conv2 = new Convolution(width, width, size: 3, stride: 1, precision);
        bn2 = norms.Of2d(width);
        downsample = ShortcutOf(from, width, stride, precision, norms);
        Channels = width;
        RegisterComponents();
    }

    public override int Channels { get; }

    public override BatchNorm LastNorm => bn2;

    protected override Sequential? Shortcut => downsample;

    protected override Tensor Residual(Tensor input) => bn2.call(conv2.call(Relu(bn1.call(conv1.call(input)))));
}

/// <summary>1x1, 3x3 and 1x1, the last four times as wide: ResNet-50. The 3x3 one carries the stride.</summary>
sealed class Bottleneck : ResidualBlock
{
    const int Expansion = 4;

    readonly Convolution conv1,
        conv2,
        conv3;
    readonly BatchNorm bn1,
        bn2,
        bn3;
    readonly Sequential? downsample;

    public Bottleneck(int from, int width, int stride, Precision precision, Norms norms)
        : base(nameof(Bottleneck))
    {
        Channels = Expansion * width;
        conv1 = new Convolution(from, width, size: 1, stride: 1, precision);
        bn1 = norms.Of2d(width);
        conv2 = new Convolution(width, width, size: 3, stride, precision);
        bn2 = norms.Of2d(width);
        conv3 = new Convolution(width, Channels, size: 1, stride: 1, precision);
        bn3 = norms.Of2d(Channels);
        downsample = ShortcutOf(from, Channels, stride, precision, norms);
        RegisterComponents();
    }

    public override int Channels { get; }

    public override BatchNorm LastNorm => bn3;

    protected override Sequential? Shortcut => downsample;

    protected override Tensor Residual(Tensor input) => bn3.call(conv3.call(Relu(bn2.call(conv2.call(Relu(bn1.call(conv1.call(input))))))));
}
