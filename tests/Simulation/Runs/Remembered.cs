using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Simulation.Runs;

/// <summary>What a cluster remembers beside what clusters: a crash changes nothing of it.</summary>
static class Remembered
{
    /// <summary>As it is stored.</summary>
    public static void Check(ClusterCopy copy, OracleHead expected, int k)
    {
        var state = expected.Cluster(k);
        if (!IsSame(copy.OpenMembers, state.OpenMembers) || !IsSame(copy.LastMembers, state.LastMembers))
            throw new ViolationException($"The stored cluster {k} of head {expected.Plan.Head} has other members that stand out.");
        if (!copy.History.SequenceEqual(expected.History(k)))
            throw new ViolationException($"The stored cluster {k} of head {expected.Plan.Head} has another history.");
    }

    /// <summary>As it is told, after all epochs.</summary>
    public static void Check(ClusterStatistics cluster, OracleHead expected, int epochs)
    {
        var k = cluster.Cluster;
        if (cluster.OpenMembers.MostSimilar.Count > 0 || !IsSame(cluster.LastMembers, expected.Cluster(k).LastMembers))
            throw new ViolationException($"Cluster {k} of head {cluster.Head} tells of other members that stand out.");
        if (!cluster.Epochs.SequenceEqual(ClusterEpochReport.Of(expected.History(k), epochs - 1)))
            throw new ViolationException($"Cluster {k} of head {cluster.Head} tells another history.");
    }

    /// <summary>How far the labels of an epoch agree with those before, of images that were seen and had one.</summary>
    /// <param name="report">What is told.</param>
    /// <param name="before">After the epoch before; null: there is none.</param>
    /// <param name="after">After the epoch.</param>
    public static void Check(EpochReport report, OnlineConstrainedKMeans? before, OnlineConstrainedKMeans after)
    {
        foreach (var (h, head) in report.Heads.Index())
        {
            int[] now = after.Heads[h].Labels.ToArray(),
                then = before?.Heads[h].Labels.ToArray() ?? [.. now.Select(_ => -1)];
            int[] images = [.. Enumerable.Range(0, now.Length).Where(image => then[image] >= 0 && !after.IsOld(image))];
            var joint = JointCounts.Of([.. images.Select(image => then[image])], [.. images.Select(image => now[image])]);
            if (head.AgreementImages != joint.Total || head.Agreement != joint.NormalizedMutualInformation())
                throw new ViolationException($"The report of epoch {report.Epoch} tells another agreement of the labels of head {h}.");
        }
    }

    static bool IsSame(RankedMembers a, RankedMembers b) =>
        a.MostSimilar.SequenceEqual(b.MostSimilar) && a.LeastSimilar.SequenceEqual(b.LeastSimilar);
}
