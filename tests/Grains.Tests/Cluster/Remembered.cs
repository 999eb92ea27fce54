using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>What clusters remember, and what is told of their surroundings, beside a replay in one process.</summary>
static class Remembered
{
    /// <summary>Members that stand out, and the history, to the bit.</summary>
    /// <param name="head">The replay.</param>
    /// <param name="cluster">What the cluster tells.</param>
    /// <param name="lastEpoch">The last closed epoch.</param>
    public static void AssertCluster(OracleHead head, ClusterStatistics cluster, int lastEpoch)
    {
        var state = head.Cluster(cluster.Cluster);
        AssertSame(state.OpenMembers, cluster.OpenMembers);
        AssertSame(state.LastMembers, cluster.LastMembers);
        Assert.Equal(ClusterEpochReport.Of(head.History(cluster.Cluster), lastEpoch), cluster.Epochs);
        Assert.Equal(head.History(cluster.Cluster).Select(epoch => (long)epoch.Size), cluster.History);
        Assert.Equal(Enumerable.Range(0, lastEpoch + 1), cluster.Epochs.Select(epoch => epoch.Epoch));
        Assert.Equal(cluster.MinimumSize - state.LastCount, cluster.Violation);
    }

    /// <summary>How the sizes are spread, and how far the labels agree with those before.</summary>
    /// <param name="oracle">The replay, after the epoch.</param>
    /// <param name="before">Its labels before the epoch, by head; -1: none.</param>
    /// <param name="report">What the run tells.</param>
    public static void AssertReport(OnlineConstrainedKMeans oracle, int[][] before, EpochReport report)
    {
        for (var h = 0; h < before.Length; h++)
        {
            var head = oracle.Heads[h];
            var known = Enumerable.Range(0, before[h].Length).Where(image => before[h][image] >= 0).ToArray();
            var now = head.Labels.ToArray();
            var agreement = Agreement([.. known.Select(image => (before[h][image], now[image]))]);
            Assert.Equal(known.Length, report.Heads[h].AgreementImages);
            Assert.Equal(agreement is null, report.Heads[h].Agreement is null);
            if (agreement is { } value)
                Assert.Equal(value, report.Heads[h].Agreement!.Value, 1e-12);
            double[] sizes = [.. Enumerable.Range(0, head.Plan.ClusterCount).Select(k => (double)head.Cluster(k).LastCount).Order()];
            Assert.Equal(
                sizes.SelectMany(a => sizes.Select(b => Math.Abs(a - b))).Average() / (2 * sizes.Average()),
                report.Heads[h].Gini!.Value,
                1e-12
            );
            Assert.Equal((sizes[(sizes.Length - 1) / 2] + sizes[sizes.Length / 2]) / 2, report.Heads[h].SizeQuantiles!.Value.P50, 1e-9);
        }
    }

    /// <summary>The nearest clusters of one, and what is told of some images.</summary>
    public static async Task AssertSurroundings(OnlineConstrainedKMeans oracle, CokeClient coke, string run)
    {
        for (var h = 0; h < oracle.Heads.Count; h++)
        {
            var (head, d) = (oracle.Heads[h], oracle.Options.Dimension);
            var (K, k, count) = (head.Plan.ClusterCount, head.Plan.ClusterCount - 2, 7);
            var near = await coke.GetNearestClustersAsync(run, h, k, count);
            double Similarity(int other) => Enumerable.Range(0, d).Sum(j => (double)head.Frozen(other)[j] * head.Frozen(k)[j]);
            var expected = Enumerable.Range(0, K).Where(other => other != k).OrderByDescending(Similarity).ThenBy(other => other);
            Assert.Equal(expected.Take(count), near.Select(other => other.Cluster));
            Assert.All(near, other => Assert.Equal(Similarity(other.Cluster), other.Similarity, 1e-12));
            Assert.Equal(K - 1, (await coke.GetNearestClustersAsync(run, h, k, CokeClient.MostNearest)).Count);
        }

        foreach (var id in new[] { 0, oracle.Options.ImageCount / 2, oracle.Options.ImageCount - 1 })
        {
            var image = await coke.GetImageAsync(run, id);
            Assert.Equal((id, oracle.Epoch - 1, false), (image.ImageId, image.Epoch, image.IsOld));
            Assert.Equal(oracle.Heads.Select(head => head.Labels[id]), image.Labels);
            Assert.Null(image.OpenLabels);
        }
    }

    // By the definition: mutual information over the mean of both entropies, each as a sum over a dense table.
    static double? Agreement((int Before, int Now)[] pairs)
    {
        if (pairs.Length == 0)
            return null;
        double Entropy<T>(Func<(int Before, int Now), T> of) =>
            pairs.GroupBy(of).Select(group => (double)group.Count() / pairs.Length).Sum(p => -p * Math.Log(p));
        var (before, now) = (Entropy(pair => pair.Before), Entropy(pair => pair.Now));
        return (before + now - Entropy(pair => pair)) / ((before + now) / 2);
    }

    static void AssertSame(RankedMembers expected, RankedMembers actual)
    {
        Assert.Equal(expected.MostSimilar, actual.MostSimilar);
        Assert.Equal(expected.LeastSimilar, actual.LeastSimilar);
    }
}
