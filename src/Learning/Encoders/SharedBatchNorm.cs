using CoKe.Learning.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoKe.Learning.Encoders;

/// <summary>
/// Batch normalization of a mini-batch whose parts are at several trainers: mean, variance and gradient are those of the whole. Running
/// statistics are equal in all of them. Parameters and buffers have the names of PyTorch's, and evaluation is PyTorch's own.
/// </summary>
sealed class SharedBatchNorm : BatchNorm
{
    const double Epsilon = 1e-5;
    static readonly Scalar Kept = TorchScalars.Of(0.9),
        Taken = TorchScalars.Of(0.1); // PyTorch's momentum of 0.1
    static readonly Scalar Small = TorchScalars.Of(Epsilon);

    readonly long[] _overDimensions;

    /// <param name="channels">Channels, or values of a row.</param>
    /// <param name="norms">Of the encoder.</param>
    /// <param name="overDimensions">What statistics go over: all but the channels.</param>
    public SharedBatchNorm(int channels, Norms norms, long[] overDimensions)
        : base(
            channels,
            Epsilon,
            momentum: 0.1,
            affine: true,
            track_running_stats: true,
            device: null,
            dtype: null,
            nameof(SharedBatchNorm)
        ) => (Norms, _overDimensions) = (norms, overDimensions);

    /// <summary>Of the encoder.</summary>
    public Norms Norms { get; }

    public override Tensor forward(Tensor input)
    {
        ValidateInputDimensions(input);
        return training ? SharedNormalization.apply(input, weight, bias, this) : base.forward(input);
    }

    protected override void ValidateInputDimensions(Tensor input)
    {
        if (input.ndim != _overDimensions.Length + 1)
            throw new ArgumentException($"The input has {input.ndim} dimensions, not {_overDimensions.Length + 1}.", nameof(input));
    }

    /// <summary>Sums over all rows and places here, [channels].</summary>
    public Tensor SumOf(Tensor values) => values.sum(_overDimensions);

    /// <summary>Values of every channel, so that they meet maps.</summary>
    public Tensor PerChannel(Tensor values) => _overDimensions.Length == 1 ? values : values.view(1, -1, 1, 1);

    /// <summary>Mean and variance of the whole mini-batch, and how many values of a channel it has; float64. The caller's dispose scope
    /// owns them.</summary>
    /// <remarks>The trainers' means and variances are joined by sums of x and x^2 in float64, which lose nothing that float32
    /// had.</remarks>
    public (Tensor Mean, Tensor Variance, Tensor Count) StatisticsOf(Tensor input)
    {
        var (variance, mean) = var_mean(input.InSingle(), _overDimensions, unbiased: false);
        (mean, variance) = (mean.to_type(ScalarType.Float64), variance.to_type(ScalarType.Float64));
        var own = tensor([(double)(input.numel() / mean.numel())], device: input.device);
        var sums = cat([mean.mul(own), variance.add(mean.mul(mean), TorchScalars.One).mul(own), own]);
        Norms.Sum(sums);
        var (channels, count) = (mean.numel(), sums.narrow(0, 2 * mean.numel(), 1));
        var whole = sums.narrow(0, 0, channels).div(count);
        var squares = sums.narrow(0, channels, channels).div(count);
        return (whole, squares.add(whole.mul(whole), TorchScalars.MinusOne).clamp_min_(TorchScalars.Zero), count);
    }

    /// <summary>Moves the running statistics, whose variance is the unbiased one.</summary>
    public void Move(Tensor mean, Tensor variance, Tensor count)
    {
        running_mean!.mul_(Kept).add_(mean.to_type(ScalarType.Float32), Taken);
        running_var!.mul_(Kept).add_(variance.mul(count).div_(count.sub(TorchScalars.One)).to_type(ScalarType.Float32), Taken);
    }

    /// <summary>Normalizes by given statistics, as PyTorch does in evaluation.</summary>
    public Tensor Normalized(Tensor input, Tensor mean, Tensor variance) =>
        nn.functional.batch_norm(
            input,
            mean.to_type(ScalarType.Float32),
            variance.to_type(ScalarType.Float32),
            weight,
            bias,
            training: false,
            momentum: 0,
            Epsilon
        );

    /// <summary>1 / sqrt(variance + epsilon), float32.</summary>
    public static Tensor InverseDeviation(Tensor variance) => variance.add(Small, TorchScalars.One).rsqrt_().to_type(ScalarType.Float32);
}
