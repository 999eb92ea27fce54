using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Evaluation;

/// <summary>Classifies by the classes of the 20 training images of most similar features, each weighted by exp(similarity / 0.1).</summary>
static class NearestNeighbors
{
    const int Neighbors = 20;
    const double Temperature = 0.1;

    /// <param name="train">Features [n, f].</param>
    /// <param name="trainClasses">[n], int64.</param>
    /// <param name="test">Features [m, f].</param>
    /// <param name="testClasses">[m], int64.</param>
    /// <returns>The share of test images whose class is found.</returns>
    public static double Accuracy(Tensor train, Tensor trainClasses, Tensor test, Tensor testClasses)
    {
        using var scope = NewDisposeScope();
        using Scalar sharpness = 1 / Temperature;
        var (similarities, nearest) = nn.functional.normalize(test, dim: 1).matmul(nn.functional.normalize(train, dim: 1).t())
            .topk((int)Math.Min(Neighbors, train.shape[0]), dim: 1);
        var votes = zeros(test.shape[0], Math.Max(trainClasses.max().item<long>(), testClasses.max().item<long>()) + 1, device: test.device)
            .scatter_add_(1, trainClasses.index_select(0, nearest.flatten()).view_as(nearest), similarities.mul(sharpness).exp());
        return votes.argmax(1).eq(testClasses).to_type(ScalarType.Float64).mean().item<double>();
    }
}
