using CoKe.Abstractions;

namespace CoKe.Client;

/// <summary>Pseudo-labels of a committed epoch for the images that were asked for.</summary>
/// <param name="Epoch">The committed epoch.</param>
/// <param name="Labels">Per head: n labels in the order of the request; -1 where an image has never been seen.</param>
/// <param name="IsOld">n entries: true where the image was not seen in that epoch and keeps its label.</param>
/// <param name="SoftLabels">In stage two, per head: n soft labels (none, or weights that sum to 1); else null.</param>
public sealed record EpochLabels(int Epoch, int[][] Labels, bool[] IsOld, SoftLabelEntry[][][]? SoftLabels)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"labels of epoch {Epoch}: {IsOld.Length} images, {Labels.Length} heads, {IsOld.Count(old => old)} from earlier epochs"
        + (SoftLabels is null ? "" : ", with soft labels");
}

/// <summary>What the open epoch holds after a step. It is not committed: a failure may take it back, and then the mini-batches since are
/// pushed again.</summary>
/// <param name="Epoch">The open epoch.</param>
/// <param name="Step">The last global step that was processed.</param>
/// <param name="Labels">Per head: n labels in the order of the request.</param>
/// <param name="Centers">Per head: K x d unit rows, the centers that score next.</param>
public sealed record UncommittedState(int Epoch, long Step, int[][] Labels, IReadOnlyList<float[]> Centers)
{
    /// <inheritdoc/>
    public override string ToString() => $"epoch {Epoch} after step {Step}, not committed: {Labels.Length} heads";
}

/// <summary>Frozen centers of a committed epoch.</summary>
/// <param name="Epoch">The committed epoch.</param>
/// <param name="Centers">Per head: K x d unit rows.</param>
public sealed record EpochCenters(int Epoch, IReadOnlyList<float[]> Centers)
{
    /// <inheritdoc/>
    public override string ToString() => $"centers of epoch {Epoch}: {Centers.Count} heads";
}
