using CoKe.Learning.Tensors;
using static TorchSharp.torch;

namespace CoKe.Learning.Evaluation;

/// <summary>Classifies by the classes of the k training images of most similar features, each weighted by exp(similarity / 0.1), as
/// instance discrimination is commonly judged.</summary>
public static class NearestNeighbors
{
    /// <summary>The k of <see cref="Accuracy"/> when none is given.</summary>
    public const int Neighbors = 20;

    const double Temperature = 0.1;

    // Similarities to all training images at once: 1,000 x 1,281,167 floats would be 5 GB.
    const long MostSimilarities = 1L << 25;

    /// <param name="train">Features [n, f].</param>
    /// <param name="trainClasses">[n], int64.</param>
    /// <param name="test">Features [m, f].</param>
    /// <param name="testClasses">[m], int64.</param>
    /// <param name="neighbors">k; with fewer training images, all of them vote.</param>
    /// <returns>The share of test images whose class is found.</returns>
    public static double Accuracy(Tensor train, Tensor trainClasses, Tensor test, Tensor testClasses, int neighbors = Neighbors)
    {
        using var scope = NewDisposeScope();
        using var sharpness = TorchScalars.Of(1 / Temperature);
        var (known, asked) = (nn.functional.normalize(train, dim: 1).t(), nn.functional.normalize(test, dim: 1));
        var classes = Math.Max(trainClasses.max().item<long>(), testClasses.max().item<long>()) + 1;
        var (rows, right) = (Math.Max(1, MostSimilarities / train.shape[0]), 0L);
        for (var start = 0L; start < test.shape[0]; start += rows)
        {
            using var part = NewDisposeScope();
            var count = Math.Min(rows, test.shape[0] - start);
            var (similarities, nearest) = asked
                .narrow(0, start, count)
                .matmul(known)
                .topk((int)Math.Min(neighbors, train.shape[0]), dim: 1);
            var votes = zeros(count, classes, device: test.device)
                .scatter_add_(1, trainClasses.index_select(0, nearest.flatten()).view_as(nearest), similarities.mul(sharpness).exp());
            right += votes.argmax(1).eq(testClasses.narrow(0, start, count)).sum().item<long>();
        }
        return (double)right / test.shape[0];
    }
}
