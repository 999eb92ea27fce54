using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Learning.Losses;

/// <summary>Cross-entropy against what an image should be classified into. Pure functions; the caller's dispose scope owns what they
/// make.</summary>
public static class CrossEntropy
{
    /// <summary>The logarithm in eqn 14, of every cluster: log softmax_k(x . c_k / lambda), head by head. One product serves all
    /// heads.</summary>
    /// <param name="embeddings">[rows, d], unit rows.</param>
    /// <param name="targets">Their centers.</param>
    /// <param name="inverseTemperature">1 / lambda.</param>
    /// <returns>[rows, K] of every head.</returns>
    public static Tensor[] LogProbabilities(Tensor embeddings, BatchTargets targets, Scalar inverseTemperature)
    {
        var logits = embeddings.matmul(targets.Centers.t()).mul_(inverseTemperature);
        return [.. logits.split([.. targets.ClusterCounts.Select(k => (long)k)], 1).Select(head => head.log_softmax(1))];
    }

    /// <summary>Eqn 14: the mean over rows of -log p_y; with soft labels (section 3.4) of -sum_k y^_k log p_k, whose zeros are left
    /// out.</summary>
    /// <param name="logP">[rows, K].</param>
    /// <param name="labels">Of as many rows.</param>
    /// <returns>One value.</returns>
    public static Tensor OfLabels(Tensor logP, PseudoLabels labels)
    {
        var chosen = logP.gather(1, labels.Clusters);
        return (labels.Weights is { } weights ? (chosen * weights).sum(1) : chosen).mean().neg();
    }

    /// <summary>The mean over rows of -sum_k p_k log q_k.</summary>
    /// <param name="logQ">[..., b, K].</param>
    /// <param name="p">[..., b, K] or [b, K], rows that sum to 1.</param>
    /// <returns>One value.</returns>
    public static Tensor OfDistribution(Tensor logQ, Tensor p) => (p * logQ).sum(-1).mean().neg();
}
