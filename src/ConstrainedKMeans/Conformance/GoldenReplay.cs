namespace CoKe.ConstrainedKMeans.Conformance;

/// <summary>Replays a scenario through <see cref="OnlineConstrainedKMeans"/>.</summary>
public static class GoldenReplay
{
    /// <summary>Feeds every batch and compares after each, and after every epoch.</summary>
    public static GoldenComparison Run(GoldenScenario scenario)
    {
        using var kMeans = new OnlineConstrainedKMeans(scenario.Options, scenario.InitialCenters);
        var comparison = new GoldenComparison();
        foreach (var epoch in scenario.Epochs)
        {
            foreach (var batch in epoch.Batches)
            {
                var labels = kMeans.Step(batch.Embeddings, batch.ImageIds);
                for (var h = 0; h < labels.Length; h++)
                    CompareBatch(comparison, batch.Heads[h], labels[h], kMeans.Heads[h]);
            }

            kMeans.EndEpoch();
            for (var h = 0; h < kMeans.Heads.Count; h++)
                CompareBoundary(comparison, epoch, h, kMeans.Heads[h], scenario.Options);
        }

        return comparison;
    }

    static void CompareBatch(GoldenComparison comparison, GoldenState expected, int[] labels, OracleHead head)
    {
        var clusters = Enumerable.Range(0, head.Plan.ClusterCount);
        var centersSumAbs = 0.0;
        foreach (var k in clusters)
        {
            foreach (var c in head.Center(k))
                centersSumAbs += Math.Abs(c);
        }

        comparison.CompareBatch(
            expected,
            labels,
            [.. clusters.Select(head.Dual)],
            [.. clusters.Select(head.Count)],
            centersSumAbs,
            head.Plan.Dimension
        );
    }

    static void CompareBoundary(GoldenComparison comparison, GoldenEpoch expected, int h, OracleHead head, ClusteringOptions options)
    {
        var d = head.Plan.Dimension;
        var frozen = new float[head.Plan.ClusterCount * d];
        for (var k = 0; k < head.Plan.ClusterCount; k++)
            head.Frozen(k).CopyTo(frozen.AsSpan(k * d));
        comparison.CompareCenters(expected, h, frozen);
        for (var image = 0; image < head.SoftLabels.Length; image++)
        {
            comparison.CompareSoftLabel(expected, h, image, head.SoftLabels[image], options.LabelSharpening);
        }
    }
}
