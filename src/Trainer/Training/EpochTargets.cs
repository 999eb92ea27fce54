using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Training;

/// <summary>What one epoch trains against: y^{t-1} and C^{t-1} of every head, as tensors.</summary>
sealed class EpochTargets : IDisposable
{
    /// <param name="labels">Labels[head][image].</param>
    /// <param name="centers">Per head K x d values, row after row.</param>
    /// <param name="dimension">d.</param>
    /// <param name="device">Where training happens.</param>
    public EpochTargets(IReadOnlyList<int[]> labels, IReadOnlyList<float[]> centers, int dimension, Device device)
    {
        using var scope = NewDisposeScope();
        Labels = stack(labels.Select(l => tensor(l, ScalarType.Int64))).to(device).DetachFromDisposeScope();
        Centers = cat([.. centers.Select(c => tensor(c).view(-1, dimension))]).to(device).DetachFromDisposeScope();
        ClusterCounts = [.. centers.Select(c => c.Length / dimension)];
    }

    /// <summary>[heads, images], int64.</summary>
    public Tensor Labels { get; }

    /// <summary>[K of all heads, d].</summary>
    public Tensor Centers { get; }

    /// <summary>K per head.</summary>
    public IReadOnlyList<int> ClusterCounts { get; }

    public void Dispose()
    {
        Labels.Dispose();
        Centers.Dispose();
    }
}
