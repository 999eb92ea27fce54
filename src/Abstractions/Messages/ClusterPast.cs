using CoKe.ConstrainedKMeans;

namespace CoKe.Abstractions;

/// <summary>One cluster's epoch, closed by a boundary. What an earlier version closed has a size only.</summary>
/// <param name="Epoch">The epoch, 0 is the scan before training.</param>
/// <param name="Size">Members.</param>
/// <param name="Dual">rho_k at its end; null: not known.</param>
/// <param name="Moved">The distance between the frozen centers of this epoch and the one before, 0 to 2; of epoch 0 that from the initial
/// center. Null: not known.</param>
/// <param name="ChangedShare">The share of those members that had a label before which had another one, 0 to 1; null where none had, and
/// where it is not known.</param>
[GenerateSerializer, Immutable]
public sealed record ClusterEpochReport(int Epoch, long Size, double? Dual, double? Moved, double? ChangedShare)
{
    /// <summary>The closed epochs of a cluster, as a cluster remembers them.</summary>
    /// <param name="history">Oldest first.</param>
    /// <param name="last">The number of the last one.</param>
    public static IReadOnlyList<ClusterEpochReport> Of(IReadOnlyList<ClusterEpoch> history, int last) =>
        [
            .. history.Select(
                (epoch, i) =>
                    new ClusterEpochReport(
                        last - history.Count + 1 + i,
                        epoch.Size,
                        Known(epoch.Dual),
                        Known(epoch.Moved),
                        epoch.Kept + epoch.Came > 0 ? (double)epoch.Came / (epoch.Kept + epoch.Came) : null
                    )
            ),
        ];

    static double? Known(double value) => double.IsNaN(value) ? null : value;
}

public sealed partial record ClusterStatistics
{
    /// <summary>Images that the last closed epoch missed of the minimum; negative: it had members to spare.</summary>
    public double Violation => MinimumSize - LastCount;

    /// <summary>The closed epochs, oldest first: those of <see cref="History"/>, with more than their sizes.</summary>
    [Id(14)]
    public IReadOnlyList<ClusterEpochReport> Epochs { get; init; } = [];

    /// <summary>Members of the open epoch that stand out, so far: a recovery may take some of them back.</summary>
    [Id(15)]
    public RankedMembers OpenMembers { get; init; } = RankedMembers.None;

    /// <summary>Members of the last closed epoch that stand out.</summary>
    [Id(16)]
    public RankedMembers LastMembers { get; init; } = RankedMembers.None;
}

/// <summary>A cluster that is near another one of its head.</summary>
/// <param name="Cluster">k.</param>
/// <param name="Similarity">c . c of the two frozen centers, -1 to 1.</param>
[GenerateSerializer, Immutable]
public readonly record struct NearCluster(int Cluster, double Similarity);

/// <summary>What a run knows of one image.</summary>
/// <param name="ImageId">The image.</param>
/// <param name="Epoch">The last committed epoch; -1 before the first.</param>
/// <param name="Labels">Per head: its label in that epoch; -1 where it has never been seen.</param>
/// <param name="IsOld">It was not seen in that epoch, and keeps the label of an earlier one.</param>
/// <param name="OpenLabels">Per head: its label in the epoch after that one, which is not committed, so that a recovery may take it back;
/// null where it has not come yet.</param>
/// <param name="SoftLabels">Per head: its soft label in the last committed epoch, of stage two; else null.</param>
[GenerateSerializer, Immutable]
public sealed record ImageStatus(
    int ImageId,
    int Epoch,
    IReadOnlyList<int> Labels,
    bool IsOld,
    IReadOnlyList<int>? OpenLabels,
    IReadOnlyList<SoftLabelEntry[]>? SoftLabels
);
