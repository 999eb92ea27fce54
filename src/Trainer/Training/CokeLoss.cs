using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Training;

/// <summary>
/// The loss of CoKe: classify an image into the cluster it had in the epoch before, by the centers of the epoch before, averaged over heads.
/// <para>One view (eqn 14): cross-entropy of softmax(x . C^{t-1} / lambda) against y^{t-1}.</para>
/// <para>Two views (Algorithm 2): the target of a view is alpha y + (1 - alpha) p_other, p_other the other view's prediction without gradient; both views are averaged.</para>
/// </summary>
sealed class CokeLoss : IDisposable
{
    readonly Scalar inverseTemperature, labelWeight, predictionWeight;

    /// <param name="temperature">lambda.</param>
    /// <param name="labelWeight">alpha; of no effect with one view.</param>
    public CokeLoss(double temperature, double labelWeight) =>
        (inverseTemperature, this.labelWeight, predictionWeight) = (1 / temperature, labelWeight, 1 - labelWeight);

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
        var logits = embeddings.matmul(centers.t()).mul_(inverseTemperature);
        var losses = new Tensor[clusterCounts.Count];
        var start = 0L;
        foreach (var (head, y) in labels.unbind(0).Index())
        {
            var logP = logits.narrow(1, start, clusterCounts[head]).log_softmax(1);
            losses[head] = views == 1 ? CrossEntropy(logP, y) : TwoViews(logP, y);
            start += clusterCounts[head];
        }
        return stack(losses).mean();
    }

    /// <summary>Cross-entropy is linear in its target: that of alpha y + (1 - alpha) p_other is alpha times that of y plus (1 - alpha) times that of p_other.</summary>
    Tensor TwoViews(Tensor logP, Tensor y)
    {
        // Rolling by b rows puts each view's prediction in the other's place.
        var other = logP.detach().exp().roll(y.shape[0], 0);
        var againstOther = (other * logP).sum(1).mean().neg();
        return CrossEntropy(logP, y.repeat(2)).mul(labelWeight).add(againstOther, predictionWeight);
    }

    static Tensor CrossEntropy(Tensor logP, Tensor y) => logP.gather(1, y.unsqueeze(1)).mean().neg();

    public void Dispose()
    {
        inverseTemperature.Dispose();
        labelWeight.Dispose();
        predictionWeight.Dispose();
    }
}
