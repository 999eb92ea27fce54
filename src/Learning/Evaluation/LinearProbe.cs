using CoKe.Learning.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Learning.Evaluation;

/// <summary>Accuracy of a linear classifier on frozen features: softmax regression by L-BFGS, features standardized, weights lightly
/// penalized.</summary>
public static class LinearProbe
{
    const double Penalty = 1e-4;
    const int Iterations = 100,
        History = 10;

    /// <param name="train">Features [n, f].</param>
    /// <param name="trainClasses">[n], int64.</param>
    /// <param name="test">Features [m, f].</param>
    /// <param name="testClasses">[m], int64.</param>
    /// <returns>The share of test images whose class is found.</returns>
    public static double Accuracy(Tensor train, Tensor trainClasses, Tensor test, Tensor testClasses)
    {
        using var scope = NewDisposeScope();
        using Scalar smallest = TorchScalars.Of(1e-5),
            penalty = TorchScalars.Of(Penalty),
            two = TorchScalars.Of(2.0);
        var (mean, deviation) = (train.mean([0]), train.std(0).add(smallest, TorchScalars.One));
        var (x, held) = (train.add(mean, TorchScalars.MinusOne) / deviation, test.add(mean, TorchScalars.MinusOne) / deviation);
        using var linear = nn.Linear(x.shape[1], Math.Max(trainClasses.max().item<long>(), testClasses.max().item<long>()) + 1);
        // The problem is convex: it may start at zero, and then needs no random numbers.
        nn.init.zeros_(linear.weight);
        nn.init.zeros_(linear.bias!);
        linear.to(x.device);
        using var quiet = new QuietOptimizer();
        using var optimizer = optim.LBFGS(linear.parameters(), lr: 1, max_iter: Iterations, history_size: History);
        optimizer.step(() =>
        {
            linear.zero_grad();
            var loss = nn.functional.cross_entropy(linear.call(x), trainClasses).add(linear.weight.pow(two).sum(), penalty);
            loss.backward();
            return loss;
        });
        using var _ = no_grad();
        return linear.call(held).argmax(1).eq(testClasses).to_type(ScalarType.Float64).mean().item<double>();
    }
}
