using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Learning.Losses;
using static TorchSharp.torch;

namespace CoKe.Learning.Training;

/// <summary>What one epoch trains against: y^{t-1} and C^{t-1} of every head, as tensors; in stage two the averaged ones.</summary>
public sealed class EpochTargets : IDisposable
{
    readonly Tensor _centers; // [K of all heads, d]
    readonly int[] _clusterCounts;
    readonly Tensor _clusters; // [heads, images, slots], int32
    readonly Tensor? _weights; // [heads, images, slots]

    /// <summary>Those of a boundary.</summary>
    /// <param name="last">The boundary of t - 1.</param>
    /// <param name="dimension">d.</param>
    /// <param name="device">Where training happens.</param>
    /// <param name="sharpening">lambda' of B.2.2.</param>
    public EpochTargets(Boundary last, int dimension, Device device, double sharpening)
        : this(last.Labels, last.Centers, dimension, device, last.SoftLabels, sharpening) { }

    /// <param name="labels">Labels[head][image]; -1: never clustered.</param>
    /// <param name="centers">Per head K x d values, row after row.</param>
    /// <param name="dimension">d.</param>
    /// <param name="device">Where training happens.</param>
    /// <param name="softLabels">Of stage two: SoftLabels[head][image]; an image without one keeps its label.</param>
    /// <param name="sharpening">lambda' of B.2.2.</param>
    public EpochTargets(
        IReadOnlyList<int[]> labels,
        IReadOnlyList<float[]> centers,
        int dimension,
        Device device,
        SoftLabelEntry[][][]? softLabels = null,
        double sharpening = 0.5
    )
    {
        using var scope = NewDisposeScope();
        _centers = cat([.. centers.Select(c => tensor(c).view(-1, dimension))]).to(device).DetachFromDisposeScope();
        _clusterCounts = [.. centers.Select(c => c.Length / dimension)];
        var (heads, images) = (labels.Count, labels[0].Length);
        if (softLabels is null && labels.All(head => head.All(label => label >= 0)))
        {
            _clusters = stack(labels.Select(l => tensor(l))).unsqueeze(2).to(device).DetachFromDisposeScope();
            return;
        }

        var slots = Math.Max(1, softLabels?.Max(head => head.Max(entries => entries.Length)) ?? 1);
        var (c, w) = (new int[heads * images * slots], new float[heads * images * slots]);
        for (var head = 0; head < heads; head++)
            for (var image = 0; image < images; image++)
            {
                var at = (head * images + image) * slots;
                var entries = Sharpened(softLabels?[head][image] ?? [], labels[head][image], sharpening);
                for (var slot = 0; slot < entries.Length; slot++)
                    (c[at + slot], w[at + slot]) = (entries[slot].Label, (float)entries[slot].Weight);
            }
        _clusters = tensor(c).view(heads, images, slots).to(device).DetachFromDisposeScope();
        _weights = tensor(w).view(heads, images, slots).to(device).DetachFromDisposeScope();
    }

    /// <summary>Those of one mini-batch. The caller's dispose scope owns what is made.</summary>
    /// <param name="ids">[b], int64: images.</param>
    public BatchTargets Of(Tensor ids)
    {
        var batch = _clusters.index_select(1, ids).to_type(ScalarType.Int64).unbind(0);
        var ofWeights = _weights?.index_select(1, ids).unbind(0);
        return new BatchTargets(
            _centers,
            _clusterCounts,
            [.. batch.Index().Select(head => new PseudoLabels(head.Item, ofWeights?[head.Index]))]
        );
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _centers.Dispose();
        _clusters.Dispose();
        _weights?.Dispose();
    }

    /// <summary>B.2.2. Only images that were seen in stage two have a soft label. An image that no epoch could read has none at all: its
    /// label counts for nothing until it has been clustered.</summary>
    static WeightedLabel[] Sharpened(SoftLabelEntry[] entries, int label, double sharpening) =>
        entries.Length == 0
            ? [label >= 0 ? new WeightedLabel(label, 1) : new WeightedLabel(0, 0)]
            : new SoftLabel(Array.ConvertAll(entries, e => new WeightedLabel(e.Label, e.Weight))).Sharpened(sharpening);
}
