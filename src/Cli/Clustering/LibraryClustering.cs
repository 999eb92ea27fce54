using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Cli.Clustering;

/// <summary>
/// Clusters ready-made features by the mathematics alone, in this process: no silo, no run, nothing kept. The same rows in the same order
/// as <see cref="ActorClustering"/> feeds, so the same labels, centers and duals, bit for bit.
/// </summary>
/// <param name="features">The rows; the id of an image is its row.</param>
/// <param name="clustering">What to cluster.</param>
/// <param name="initialCenters">Per head: K x d unit rows; null draws them from the seed.</param>
/// <param name="passes">Passes over the features at most, at least 1.</param>
/// <param name="threads">Threads that score; the result does not depend on it.</param>
sealed class LibraryClustering(
    RowSource features,
    ClusteringOptions clustering,
    IReadOnlyList<float[]>? initialCenters,
    int passes,
    int threads
)
{
    /// <summary>Clusters.</summary>
    /// <param name="onRows">Told how many rows have been labeled in all, after every mini-batch.</param>
    /// <param name="onPass">Told every pass.</param>
    /// <param name="cancellation">Stops between mini-batches.</param>
    /// <exception cref="InvalidOptionsException">The options or the initial centers make no sense.</exception>
    public FeatureClusteringResult Run(
        Action<long>? onRows = null,
        Action<EpochReport>? onPass = null,
        CancellationToken cancellation = default
    )
    {
        var feed = new RowFeed(features, clustering.BatchSize);
        using var kMeans = new OnlineConstrainedKMeans(clustering, initialCenters) { Threads = threads };
        var started = Stopwatch.GetTimestamp();
        var reports = new List<EpochReport>(passes);
        var settled = false;
        for (var pass = 0; pass < passes && !settled; pass++)
        {
            var steps = Feed(kMeans, feed, pass, onRows, cancellation);
            reports.Add(Report(pass, steps, kMeans.EndEpoch()));
            onPass?.Invoke(reports[^1]);
            settled = Settling.IsReached(reports);
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        int[][] labels = [.. kMeans.Heads.Select(head => head.Labels.ToArray())];
        float[][] centers = [.. kMeans.Heads.Select(Centers)];
        double[][] duals = [.. kMeans.Heads.Select(head => Enumerable.Range(0, head.Plan.ClusterCount).Select(head.Dual).ToArray())];
        double[] similarity = [.. labels.Select((y, h) => ClusterQuality.MeanSimilarity(features, y, centers[h]))];
        return new FeatureClusteringResult(Run: null, reports, settled, labels, centers, duals, similarity, clustering.Warnings(), elapsed);
    }

    int Feed(OnlineConstrainedKMeans kMeans, RowFeed feed, int pass, Action<long>? onRows, CancellationToken cancellation)
    {
        var (steps, done) = (0, (long)pass * features.Rows);
        foreach (var (images, embeddings) in feed.Batches(RowOrder.OfPass(clustering, pass), cancellation))
        {
            kMeans.Step(embeddings.Span, images.Span);
            steps++;
            done += images.Length;
            onRows?.Invoke(done);
        }

        return steps;
    }

    // In the first pass no image had a label that could change.
    EpochReport Report(int pass, int steps, EpochSummary[] heads) =>
        new(
            pass,
            features.Rows,
            steps,
            CommittedIncarnation: 0,
            [.. heads.Select(head => HeadReport.Of(head, pass == 0 ? null : head.ChangedLabels))]
        );

    float[] Centers(OracleHead head)
    {
        var d = features.Dimension;
        var centers = new float[head.Plan.ClusterCount * d];
        for (var k = 0; k < head.Plan.ClusterCount; k++)
            head.Frozen(k).CopyTo(centers.AsSpan(k * d));
        return centers;
    }
}
