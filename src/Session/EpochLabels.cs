using CoKe.Abstractions;

namespace CoKe.Session;

/// <summary>Pseudo-labels of a committed epoch for the images that were asked for.</summary>
/// <param name="Epoch">The committed epoch.</param>
/// <param name="Labels">Per head: n labels in the order of the request; -1 where an image has never been seen.</param>
/// <param name="IsOld">n entries: true where the image was not seen in that epoch and keeps its label.</param>
/// <param name="SoftLabels">In stage two, per head: n soft labels (weights sum to at most 1, possibly none); else null.</param>
public sealed record EpochLabels(int Epoch, int[][] Labels, bool[] IsOld, SoftLabelEntry[][][]? SoftLabels);

/// <summary>Frozen centers of a committed epoch.</summary>
/// <param name="Epoch">The committed epoch.</param>
/// <param name="Centers">Per head: K x d unit rows.</param>
public sealed record EpochCenters(int Epoch, IReadOnlyList<float[]> Centers);
