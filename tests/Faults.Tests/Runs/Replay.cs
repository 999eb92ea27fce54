using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;

namespace CoKe.Faults.Tests.Runs;

/// <summary>The oracle: what a run has come to equals Algorithm 1 in one process over the same mini-batches, bit for bit.</summary>
static class Replay
{
    const int QuestionsAtOnce = 16;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Compares every label, count, dual and center, between two epochs.</summary>
    /// <param name="coke">Reaches the silos.</param>
    /// <param name="name">The run.</param>
    /// <param name="shape">What it was fed with.</param>
    /// <param name="epochs">How many epochs are committed.</param>
    public static async Task AssertEqualsAsync(CokeClient coke, string name, RunShape shape, int epochs)
    {
        using var oracle = new OnlineConstrainedKMeans(shape.Options);
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            foreach (var ids in shape.Steps(epoch))
                oracle.Step(shape.Rows(ids), ids);
            oracle.EndEpoch();
        }

        var status = await coke.GetStatusAsync(name);
        Assert.Equal(epochs, status.Epoch);
        Assert.Equal((long)RunShape.N * epochs, status.RowsAccepted);
        Assert.Equal(RunShape.N, status.LastEpoch!.Rows);
        Assert.Null(status.Fault);
        var labels = await coke.ReadLabelsAsync(name, Enumerable.Range(0, RunShape.N).ToArray(), epochs - 1).WaitAsync(Patience);
        var centers = await coke.ReadCentersAsync(name, epochs - 1).WaitAsync(Patience);
        for (var h = 0; h < oracle.Heads.Count; h++)
            await AssertHeadAsync(coke, name, h, oracle.Heads[h], labels.Labels[h], centers.Centers[h], epochs);
    }

    /// <summary>The table for plain SQL holds every committed epoch, and the sizes of each sum to its images.</summary>
    public static async Task AssertSizesAsync(CokeClient coke, string name, string database, int epochs)
    {
        var status = await coke.GetStatusAsync(name);
        var heads = status.Specification.Clustering.Heads.Count;
        // It follows the commits; what a death left out is filled by the recovery.
        var sql =
            "SELECT string_agg(total, ' ') FROM (SELECT epoch || ':' || sum(size) AS total FROM coke.cluster_size WHERE run = "
            + $"'{status.RunId}' GROUP BY epoch, head ORDER BY epoch, head) AS totals";
        var expected = string.Join(' ', Enumerable.Range(0, epochs).SelectMany(epoch => Enumerable.Repeat($"{epoch}:{RunShape.N}", heads)));
        string? found = null;
        for (var tries = 60; tries > 0 && found != expected; tries--)
        {
            if (found is not null)
                status = await coke.WaitForChangeAsync(status);
            found = await PostgresServer.AskAsync(database, sql) as string ?? "";
        }

        Assert.Equal(expected, found);
    }

    static async Task AssertHeadAsync(CokeClient coke, string name, int h, OracleHead head, int[] labels, float[] centers, int epochs)
    {
        Assert.Equal(head.Labels.ToArray(), labels);
        var K = head.Plan.ClusterCount;
        Assert.Equal(Enumerable.Range(0, K).SelectMany(k => head.Frozen(k).ToArray()).ToArray(), centers);
        var clusters = new ClusterStatistics[K];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, K),
            new ParallelOptions { MaxDegreeOfParallelism = QuestionsAtOnce },
            async (k, cancellation) => clusters[k] = await coke.GetClusterAsync(name, h, k, cancellation).WaitAsync(Patience, cancellation)
        );
        for (var k = 0; k < K; k++)
        {
            Assert.Equal(head.Dual(k), clusters[k].Dual);
            Assert.Equal(head.Cluster(k).LastCount, clusters[k].LastCount);
            Assert.Equal(head.Center(k).ToArray(), clusters[k].Center.Span.ToArray());
            Assert.Equal(head.Frozen(k).ToArray(), clusters[k].Frozen.Span.ToArray());
            Assert.Equal(epochs, clusters[k].History.Count);
        }

        Assert.Equal(RunShape.N, clusters.Sum(cluster => cluster.LastCount));
    }
}
