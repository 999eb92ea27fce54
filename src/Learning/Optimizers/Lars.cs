using CoKe.Learning.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoKe.Learning.Optimizers;

/// <summary>
/// Layer-wise adaptive rates (You et al., 2017), for large batches. The direction of a weight is u = g + w p, brought to the length trust
/// |p|: u trust |p| / |u|, or u as it is where |p| or |u| is 0. Biases and batch normalization, all of one dimension, take the plain
/// gradient: no decay, no adaptation.
/// </summary>
/// <remarks>
/// Published variants differ. This one is that of the paper's code, as of MoCo v3, SwAV and Barlow Twins: decay is part of the norm in the
/// denominator (You et al. have
/// |g| + w |p|), and the learning rate multiplies the velocity instead of entering it, so that warm-up and cosine act at once on all
/// momentum. BYOL's has no other formula; its numbers are 1.5e-6 for decay and a rate per 256 images.
/// </remarks>
sealed class Lars(IEnumerable<(string Name, Parameter Values)> parameters, double momentum, double weightDecay, double trustCoefficient)
    : Optimizer(parameters, momentum)
{
    readonly Scalar _weightDecay = TorchScalars.Of(weightDecay),
        _trustCoefficient = TorchScalars.Of(trustCoefficient);

    protected override void AddDirection(Tensor velocity, Parameter parameter, Tensor gradient)
    {
        if (parameter.dim() <= 1)
        {
            velocity.add_(gradient, TorchScalars.One);
            return;
        }
        using var scope = NewDisposeScope();
        var direction = gradient.add(parameter, _weightDecay);
        // Everything stays on the device: asking for a norm's value would wait for it, once per layer.
        var (weightNorm, directionNorm) = (parameter.norm(), direction.norm());
        var adapts = weightNorm.gt(TorchScalars.Zero).logical_and_(directionNorm.gt(TorchScalars.Zero));
        var ratio = weightNorm.mul(_trustCoefficient).div_(directionNorm);
        velocity.add_(direction.mul_(where(adapts, ratio, ones_like(ratio))), TorchScalars.One);
    }

    public override void Dispose()
    {
        _weightDecay.Dispose();
        _trustCoefficient.Dispose();
        base.Dispose();
    }
}
