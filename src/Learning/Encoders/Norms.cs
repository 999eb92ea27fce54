using System.Runtime.ExceptionServices;
using CoKe.Learning.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoKe.Learning.Encoders;

/// <summary>Makes the batch normalization of one encoder, without the counter of batches: PyTorch's with one trainer,
/// <see cref="SharedBatchNorm"/> with several. Names and shapes are the same.</summary>
/// <param name="sum">Over the trainers that share the encoder.</param>
sealed class Norms(SumOverTrainers sum)
{
    ExceptionDispatchInfo? _failure;
    Tensor[] _handedOver = [];

    public BatchNorm Of1d(int size) => WithoutCounter(sum.IsOfOne() ? BatchNorm1d(size) : new SharedBatchNorm(size, this, [0]));

    public BatchNorm Of2d(int channels) =>
        WithoutCounter(sum.IsOfOne() ? BatchNorm2d(channels) : new SharedBatchNorm(channels, this, [0, 2, 3]));

    /// <summary>Sums over the trainers.</summary>
    public void Sum(Tensor values) => sum([values]);

    /// <summary>Keeps what went wrong in backward: an exception must not pass through libtorch, whose frames lie between here and the
    /// step.</summary>
    public void Keep(Exception met) => _failure ??= ExceptionDispatchInfo.Capture(met);

    /// <summary>Whether something went wrong in this backward.</summary>
    public bool HasFailed => _failure is not null;

    /// <summary>Throws it, on the thread that called backward and after it.</summary>
    public void EndBackward()
    {
        HandOver([]);
        var met = _failure;
        _failure = null;
        met?.Throw();
    }

    /// <summary>
    /// Lets go of the gradients that the layer before handed to libtorch, which has its own hold on them by now, and remembers these. Else
    /// all gradient maps of an encoder would stay until the end of the step.
    /// </summary>
    public void HandOver(Tensor[] gradients)
    {
        foreach (var gradient in _handedOver)
            gradient.Dispose();
        _handedOver = gradients;
    }

    /// <summary>The counter serves only averages without momentum, and adding to it takes a temporary scalar (see
    /// <see cref="TorchScalars"/>).</summary>
    static BatchNorm WithoutCounter(BatchNorm norm)
    {
        norm.num_batches_tracked = null;
        return norm;
    }
}
