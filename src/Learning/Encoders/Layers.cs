using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoKe.Learning.Encoders;

/// <summary>A convolution in a chosen precision; initial weights are PyTorch's, uniform within 1 / sqrt(fan in).</summary>
sealed class Convolution : Module<Tensor, Tensor>
{
    readonly Parameter weight;
    readonly Parameter? bias;
    readonly long[] _stride,
        _padding;
    readonly Precision _precision;

    public Convolution(int from, int to, (int Height, int Width) size, int stride, int padding, bool withBias, Precision precision)
        : base(nameof(Convolution))
    {
        (_stride, _padding, _precision) = ([stride, stride], [padding, padding], precision);
        weight = InitialWeights.Uniform(to, from, size.Height, size.Width);
        bias = withBias ? InitialWeights.Bias(weight) : null;
        RegisterComponents();
    }

    /// <summary>A square one without bias, as all before batch normalization.</summary>
    public Convolution(int from, int to, int size, int stride, Precision precision)
        : this(from, to, (size, size), stride, size / 2, withBias: false, precision) { }

    public override Tensor forward(Tensor input) =>
        functional.conv2d(input.In(_precision), weight.In(_precision), bias?.In(_precision), _stride, _padding);
}

/// <summary>A linear layer in a chosen precision; initial weights are PyTorch's, uniform within 1 / sqrt(inputs).</summary>
sealed class Dense : Module<Tensor, Tensor>
{
    readonly Parameter weight,
        bias;
    readonly Precision _precision;
    readonly bool _givesSingle;

    /// <param name="from">Values in.</param>
    /// <param name="to">Values out.</param>
    /// <param name="precision">What it computes in.</param>
    /// <param name="givesSingle">Give float32 in any precision: the last layer before a normalization that must be exact.</param>
    public Dense(int from, int to, Precision precision, bool givesSingle = false)
        : base(nameof(Dense))
    {
        (_precision, _givesSingle) = (precision, givesSingle);
        weight = InitialWeights.Uniform(to, from);
        bias = InitialWeights.Bias(weight);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        var output = functional.linear(input.In(_precision), weight.In(_precision), bias.In(_precision));
        return _givesSingle ? output.InSingle() : output;
    }
}

/// <summary>PyTorch's initial weights of layers, drawn from libtorch's global generator.</summary>
static class InitialWeights
{
    public static Parameter Uniform(params long[] shape)
    {
        var weight = Parameter(empty(shape));
        init.kaiming_uniform_(weight, Math.Sqrt(5));
        weight.DetachFromDisposeScope(); // it lives as long as its layer
        return weight;
    }

    public static Parameter Bias(Parameter weight)
    {
        var bias = Parameter(empty(weight.shape[0]));
        var bound = 1 / Math.Sqrt(weight.numel() / weight.shape[0]);
        init.uniform_(bias, -bound, bound);
        bias.DetachFromDisposeScope();
        return bias;
    }
}
