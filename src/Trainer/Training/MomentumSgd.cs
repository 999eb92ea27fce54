using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoKe.Trainer.Training;

/// <summary>
/// Stochastic gradient descent with momentum and weight decay, step for step that of PyTorch: v = m v + g + w p, then p = p - rate v. TorchSharp has the same
/// optimizer, but its scalars may be finalized while in use (see <see cref="Held"/>).
/// </summary>
sealed class MomentumSgd : IDisposable
{
    readonly Parameter[] parameters;
    readonly Tensor[] velocities;
    readonly Scalar momentum, weightDecay;

    public MomentumSgd(IEnumerable<Parameter> parameters, double momentum, double weightDecay)
    {
        this.parameters = [.. parameters];
        (this.momentum, this.weightDecay) = (momentum, weightDecay);
        using var _ = no_grad();
        velocities = [.. this.parameters.Select(p => zeros_like(p).DetachFromDisposeScope())];
    }

    /// <summary>v of every parameter, in their order: what a step remembers of those before it.</summary>
    public IReadOnlyList<Tensor> Velocities => velocities;

    /// <summary>Moves every parameter along its gradient and forgets the gradient. Call inside a dispose scope.</summary>
    public void Step(double learningRate)
    {
        using var _ = no_grad();
        using Scalar rate = -learningRate;
        foreach (var (parameter, velocity) in parameters.Zip(velocities))
        {
            var gradient = parameter.grad ?? throw new InvalidOperationException("A parameter has no gradient: run backward before the step.");
            velocity.mul_(momentum).add_(gradient, Held.One).add_(parameter, weightDecay);
            parameter.add_(velocity, rate);
            parameter.grad = null;
        }
    }

    public void Dispose()
    {
        foreach (var velocity in velocities)
            velocity.Dispose();
        momentum.Dispose();
        weightDecay.Dispose();
    }
}
