namespace CoKe.ConstrainedKMeans;

/// <summary>What of a cluster is counted and priced, whole numbers as such.</summary>
/// <param name="Count">Members in the open epoch.</param>
/// <param name="LastCount">Members in the epoch that ended last.</param>
/// <param name="Dual">The dual.</param>
/// <param name="EpochStartDual">The dual when the open epoch began.</param>
public readonly record struct ClusterFigures(long Count, long LastCount, Dual Dual, Dual EpochStartDual);
