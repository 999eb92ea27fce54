using static TorchSharp.torch;

namespace CoKe.Trainer.Training;

/// <summary>
/// The loss of CoKe: classify an image into the cluster it had in the epoch before, by the centers of the epoch before, averaged over heads.
/// <para>One view (eqn 14): cross-entropy of softmax(x . C^{t-1} / lambda) against y^{t-1}.</para>
/// <para>Two views (Algorithm 2): the target of a view is alpha y + (1 - alpha) p_other, p_other the other view's prediction without gradient; both views are averaged.</para>
/// </summary>
/// <param name="temperature">lambda.</param>
/// <param name="labelWeight">alpha; of no effect with one view.</param>
sealed class CokeLoss(double temperature, double labelWeight)
{
    /// <summary>Computes the loss of one mini-batch.</summary>
    /// <param name="embeddings">[views x b, d], unit rows: all images of view 0, then all of view 1.</param>
    /// <param name="views">1 or 2.</param>
    /// <param name="centers">[K of all heads, d]: C^{t-1} of every head, one below the other.</param>
    /// <param name="clusterCounts">K of every head, in the same order.</param>
    /// <param name="labels">[heads, b] of int64: y^{t-1} within each head.</param>
    /// <returns>One value.</returns>
    public Tensor Of(Tensor embeddings, int views, Tensor centers, IReadOnlyList<int> clusterCounts, Tensor labels)
    {
        // One product serves all heads.
        var logits = embeddings.matmul(centers.t()).div_(temperature);
        var losses = new Tensor[clusterCounts.Count];
        var start = 0L;
        for (var head = 0; head < losses.Length; head++)
        {
            var logProbabilities = logits.narrow(1, start, clusterCounts[head]).log_softmax(1);
            var targets = Targets(logProbabilities.detach(), views, labels[head]);
            losses[head] = -(targets * logProbabilities).sum();
            start += clusterCounts[head];
        }
        return stack(losses).sum() / (embeddings.shape[0] * losses.Length);
    }

    /// <summary>Targets of one head, [views x b, K], from log p of the same shape.</summary>
    Tensor Targets(Tensor logProbabilities, int views, Tensor labels)
    {
        // Rolling by b rows puts each view's prediction in the other's place: (1 - alpha) p_other, then alpha y on top. One view has y alone.
        var (targets, weight) = views == 1
            ? (zeros_like(logProbabilities), 1)
            : (logProbabilities.exp().roll(labels.shape[0], 0).mul_(1 - labelWeight), labelWeight);
        var rows = labels.repeat(views).unsqueeze(1);
        return targets.scatter_add_(1, rows, full(rows.shape, weight, dtype: targets.dtype, device: targets.device));
    }
}
