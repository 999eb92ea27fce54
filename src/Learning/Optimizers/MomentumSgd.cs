using CoKe.Learning.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoKe.Learning.Optimizers;

/// <summary>
/// Stochastic gradient descent with momentum and weight decay on every parameter, step for step that of PyTorch: the direction is g + w p.
/// TorchSharp has the same optimizer, but its scalars may be finalized while in use (see <see cref="TorchScalars"/>).
/// </summary>
sealed class MomentumSgd(IEnumerable<(string Name, Parameter Values)> parameters, double momentum, double weightDecay)
    : Optimizer(parameters, momentum)
{
    readonly Scalar _weightDecay = TorchScalars.Of(weightDecay);

    protected override void AddDirection(Tensor velocity, Parameter parameter, Tensor gradient) =>
        velocity.add_(gradient, TorchScalars.One).add_(parameter, _weightDecay);

    public override void Dispose()
    {
        _weightDecay.Dispose();
        base.Dispose();
    }
}
