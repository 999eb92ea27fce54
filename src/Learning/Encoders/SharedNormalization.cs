using CoKe.Learning.Tensors;
using static TorchSharp.torch;

namespace CoKe.Learning.Encoders;

/// <summary>
/// The two directions of <see cref="SharedBatchNorm"/>. With x^ = (x - m) / s, y = w x^ + b, N values of a channel in all trainers and g =
/// dL/dy: dL/dx = (w / s) (g - sum(g) / N - x^ sum(g x^) / N), where sums go over all trainers. dL/dw = sum(g x^) and dL/db = sum(g) are
/// left as the parts of this trainer: they are summed with all other gradients.
/// </summary>
sealed class SharedNormalization : autograd.SingleTensorFunction<SharedNormalization>
{
    public override string Name => nameof(SharedNormalization);

    /// <param name="context">Keeps what backward needs.</param>
    /// <param name="vars">x, w, b and the <see cref="SharedBatchNorm"/>.</param>
    public override Tensor forward(autograd.AutogradContext context, params object[] vars)
    {
        using var scope = NewDisposeScope();
        var (x, weight, norm) = ((Tensor)vars[0], (Tensor)vars[1], (SharedBatchNorm)vars[3]);
        var (mean, variance, count) = norm.StatisticsOf(x);
        norm.Move(mean, variance, count);
        var (m, inverse, n) = scope.MoveToOuter(
            mean.to_type(ScalarType.Float32),
            SharedBatchNorm.InverseDeviation(variance),
            count.clone()
        );
        context.save_for_backward([x, weight, m, inverse, n]);
        context.save_data(nameof(SharedBatchNorm), norm);
        return norm.Normalized(x, mean, variance).MoveToOuterDisposeScope();
    }

    public override List<Tensor> backward(autograd.AutogradContext context, Tensor grad_output)
    {
        var norm = (SharedBatchNorm)context.get_data(nameof(SharedBatchNorm));
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        Tensor[]? gradients = null;
        if (!norm.Norms.HasFailed) // else the others are gone, or at another sum: the way to the end of backward is left
            try
            {
                var saved = context.get_saved_variables();
                gradients = Gradients(norm, grad_output.InSingle(), saved[0], saved[1], saved[2], saved[3], saved[4]);
            }
            catch (Exception e)
            {
                norm.Norms.Keep(e);
            }
        gradients ??= [zeros_like(grad_output), zeros_like(norm.weight), zeros_like(norm.weight)];
        grad_output.Dispose(); // this handle only: else the gradient map would stay until the end of the step
        foreach (var gradient in gradients)
            gradient.DetachFromDisposeScope();
        norm.Norms.HandOver(gradients);
        return [.. gradients, null!]; // the last argument is no tensor
    }

    static Tensor[] Gradients(SharedBatchNorm norm, Tensor g, Tensor x, Tensor weight, Tensor mean, Tensor inverse, Tensor count)
    {
        var centered = x.InSingle().add(norm.PerChannel(mean), TorchScalars.MinusOne);
        var ofBias = norm.SumOf(g);
        var ofWeight = norm.SumOf(g.mul(centered)).mul_(inverse);
        var sums = cat([ofBias, ofWeight]).to_type(ScalarType.Float64);
        norm.Norms.Sum(sums);
        var means = sums.div_(count).to_type(ScalarType.Float32).view(2, -1);
        var factor = weight.mul(inverse);
        var ofInput = centered
            .mul_(norm.PerChannel(means[1].mul(factor).mul_(inverse).neg_()))
            .add_(g.mul(norm.PerChannel(factor)), TorchScalars.One)
            .add_(norm.PerChannel(means[0].mul(factor)), TorchScalars.MinusOne);
        return [ofInput.to_type(x.dtype), ofWeight, ofBias];
    }
}
