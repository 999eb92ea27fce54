using static TorchSharp.torch;

namespace CoKe.Learning.Losses;

/// <summary>The pseudo-labels of b images in one head.</summary>
/// <param name="Clusters">[b, slots], int64. One slot without weights: y~^{t-1}.</param>
/// <param name="Weights">[b, slots], float32, rows that sum to 1, 0 in slots that are not used: the soft labels y^^{t-1} of stage two
/// (section 3.4). Null: one cluster per image.</param>
public readonly record struct PseudoLabels(Tensor Clusters, Tensor? Weights = null)
{
    /// <summary>The labels of <paramref name="views"/> x b rows: of all images in the first view, then in the next.</summary>
    public PseudoLabels Repeated(int views) => views == 1 ? this : new(Clusters.repeat(views, 1), Weights?.repeat(views, 1));
}

/// <summary>What b images are classified into: everything of the epoch before.</summary>
/// <param name="Centers">[K of all heads, d]: C^{t-1} (in stage two C^^{t-1}) of every head, one below the other.</param>
/// <param name="ClusterCounts">K of every head, in the same order.</param>
/// <param name="Labels">Those of every head.</param>
public sealed record BatchTargets(Tensor Centers, IReadOnlyList<int> ClusterCounts, IReadOnlyList<PseudoLabels> Labels);
