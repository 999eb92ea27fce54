using CoKe.Learning.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoKe.Learning.Optimizers;

/// <summary>
/// Moves parameters along a velocity: v = m v + direction, p = p - rate v. Kinds differ in the direction that they make of a gradient. The
/// rate is outside of v, so a schedule acts at once.
/// </summary>
public abstract class Optimizer : IDisposable
{
    readonly (string Name, Parameter Values, Tensor Velocity)[] _parameters;
    readonly Scalar _momentum;

    /// <param name="parameters">By name. Create it when they are on their device.</param>
    /// <param name="momentum">m, 0 to below 1.</param>
    protected Optimizer(IEnumerable<(string Name, Parameter Values)> parameters, double momentum)
    {
        _momentum = TorchScalars.Of(momentum);
        using var _ = no_grad();
        _parameters = [.. parameters.Select(p => (p.Name, p.Values, zeros_like(p.Values).DetachFromDisposeScope()))];
    }

    /// <summary>All that a step remembers of those before it, by name: copied and put back by value, the steps that follow are the same to
    /// the bit.</summary>
    public IEnumerable<(string Name, Tensor Values)> State => _parameters.Select(p => ($"velocity of {p.Name}", p.Velocity));

    /// <summary>What backward left, in the order of the parameters. Call inside a dispose scope.</summary>
    /// <exception cref="InvalidOperationException">A parameter has no gradient.</exception>
    public IReadOnlyList<Tensor> Gradients =>
        [
            .. _parameters.Select(p =>
                p.Values.grad ?? throw new InvalidOperationException($"{p.Name} has no gradient: run backward before the step.")
            ),
        ];

    /// <summary>Moves every parameter along its gradient and forgets the gradient. Call inside a dispose scope.</summary>
    /// <exception cref="InvalidOperationException">A parameter has no gradient; nothing has moved.</exception>
    public void Step(double learningRate)
    {
        using var _ = no_grad();
        using var rate = TorchScalars.Of(-learningRate);
        foreach (var ((_, values, velocity), gradient) in _parameters.Zip(Gradients))
        {
            velocity.mul_(_momentum);
            AddDirection(velocity, values, gradient);
            values.add_(velocity, rate);
            values.grad = null;
        }
    }

    /// <summary>Adds the direction of <paramref name="gradient"/> to <paramref name="velocity"/>.</summary>
    protected abstract void AddDirection(Tensor velocity, Parameter parameter, Tensor gradient);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        foreach (var (_, _, velocity) in _parameters)
            velocity.Dispose();
        _momentum.Dispose();
    }
}
