using CoKe.ConstrainedKMeans;
using CoKe.Learning.Data;
using CoKe.Learning.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Learning.Evaluation;

/// <summary>
/// Accuracy of a linear classifier on frozen features, trained as the paper's (section 4.1, which follows MoCo): SGD with momentum 0.9,
/// weight decay 1e-6, mini-batches of 256, 100 epochs, the rate divided by 10 after 60 and 80. Two things are otherwise: features are those
/// of whole images, computed once, where the paper draws new crops in every epoch; and since a rate means something only together with the
/// length of features, all are divided by their root mean square length, with MoCo's rate of 30 for such features instead of the paper's 1
/// for its own.
/// </summary>
public static class SgdProbe
{
    const int Epochs = 100,
        BatchSize = 256;
    const double LearningRate = 30,
        Momentum = 0.9,
        WeightDecay = 1e-6;
    static readonly int[] Falls = [60, 80];

    /// <param name="train">Features [n, f].</param>
    /// <param name="trainClasses">[n], int64.</param>
    /// <param name="test">Features [m, f].</param>
    /// <param name="testClasses">[m], int64.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The share of test images whose class is found.</returns>
    public static double Accuracy(
        Tensor train,
        Tensor trainClasses,
        Tensor test,
        Tensor testClasses,
        CancellationToken cancellation = default
    )
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        using Scalar two = TorchScalars.Of(2.0),
            smallest = TorchScalars.Of(1e-12),
            momentum = TorchScalars.Of(Momentum),
            decay = TorchScalars.Of(WeightDecay);
        var length = train.pow(two).sum(1).mean().sqrt().clamp_min(smallest);
        var (x, held) = (train / length, test / length);
        var classes = Math.Max(trainClasses.max().item<long>(), testClasses.max().item<long>()) + 1;
        var targets = nn.functional.one_hot(trainClasses, classes).to_type(ScalarType.Float32);
        var (weight, bias) = (zeros(x.shape[1], classes, device: x.device), zeros(classes, device: x.device));
        var (ofWeight, ofBias) = (zeros_like(weight), zeros_like(bias));
        var order = new SeededRandom(0, 0);
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            using var step = TorchScalars.Of(-LearningRate * Math.Pow(0.1, Falls.Count(fall => epoch >= fall)));
            foreach (var ids in EpochBatches.Of(order.Permutation((int)x.shape[0]), BatchSize))
            {
                cancellation.ThrowIfCancellationRequested();
                using var ofBatch = NewDisposeScope();
                using var share = TorchScalars.Of(1.0 / ids.Length);
                var batch = tensor(ids, ScalarType.Int64).to(x.device);
                var rows = x.index_select(0, batch);
                // The gradient of the mean cross-entropy with respect to the logits: (p - y) / b.
                var gradient = rows.matmul(weight)
                    .add(bias, TorchScalars.One)
                    .softmax(1)
                    .add(targets.index_select(0, batch), TorchScalars.MinusOne)
                    .mul(share);
                ofWeight.mul_(momentum).add_(rows.t().matmul(gradient), TorchScalars.One).add_(weight, decay);
                ofBias.mul_(momentum).add_(gradient.sum(0), TorchScalars.One).add_(bias, decay);
                weight.add_(ofWeight, step);
                bias.add_(ofBias, step);
            }
        }
        return held.matmul(weight).add(bias, TorchScalars.One).argmax(1).eq(testClasses).to_type(ScalarType.Float64).mean().item<double>();
    }
}
