using CoKe.Trainer.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoKe.Trainer.Optimizers;

/// <summary>
/// Stochastic gradient descent with momentum and weight decay on every parameter, step for step that of PyTorch: the direction is g + w p.
/// TorchSharp has the same optimizer, but its scalars may be finalized while in use (see <see cref="Held"/>).
/// </summary>
sealed class MomentumSgd(IEnumerable<(string Name, Parameter Values)> parameters, double momentum, double weightDecay)
    : Optimizer(parameters, momentum)
{
    readonly Scalar weightDecay = Held.Of(weightDecay);

    protected override void AddDirection(Tensor velocity, Parameter parameter, Tensor gradient) =>
        velocity.add_(gradient, Held.One).add_(parameter, weightDecay);

    public override void Dispose()
    {
        weightDecay.Dispose();
        base.Dispose();
    }
}
