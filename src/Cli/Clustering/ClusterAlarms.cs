using System.Globalization;
using CoKe.Abstractions;
using CoKe.Alarms;
using CoKe.Cli.Sizes;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Clustering;

/// <summary>The alarms of <c>coke cluster</c>: of the labels that are written, whatever the passes went through.</summary>
static class ClusterAlarms
{
    /// <summary>Judges the result.</summary>
    /// <param name="features">The rows.</param>
    /// <param name="clustering">What was asked for.</param>
    /// <param name="result">What the passes gave.</param>
    /// <param name="heads">Per head: the labels that are written.</param>
    public static IReadOnlyList<Alarm> Of(
        RowSource features,
        ClusteringOptions clustering,
        FeatureClusteringResult result,
        IReadOnlyList<SizedHead> heads
    )
    {
        var last = result.Passes[^1];
        var written = last with { Heads = [.. last.Heads.Select((report, h) => Written(report, heads[h]))] };
        var spread = EmbeddingSpread.Of(features);
        EpochSigns[] passes = [.. result.Passes.SkipLast(1).Select(pass => new EpochSigns(pass)), new EpochSigns(written, Spread: spread)];
        var run = new RunSigns(clustering, passes);
        return [.. AlarmJudge.Of(run, AlarmLimits.OfResult, new ClusterRemedies(clustering)).Where(alarm => alarm.Stands)];
    }

    static HeadReport Written(HeadReport report, SizedHead head)
    {
        var sizes = Array.ConvertAll(head.Sizes, size => (long)size);
        return report with
        {
            SmallestSize = sizes.Min(),
            LargestSize = sizes.Max(),
            EmptyClusters = sizes.Count(size => size == 0),
            EffectiveClusters = ClusterQuality.EffectiveClusters(sizes),
            Missed = Shortfall.Of(head.Plan, sizes, head.Labels.Length),

            // The step for exact sizes labels anew, whatever the passes did last.
            ChangedLabels = head.Exact is null ? report.ChangedLabels : null,
        };
    }
}

/// <summary>What to do about an alarm of ready-made features, in the options of <c>coke cluster</c>.</summary>
/// <param name="clustering">What was asked for.</param>
sealed class ClusterRemedies(ClusteringOptions clustering) : IAlarmRemedies
{
    const double EnoughRatio = 0.4,
        HighRatio = 0.85;
    const int ImagesOfACluster = 8;

    /// <inheritdoc/>
    public string For(Finding finding) =>
        finding.Kind switch
        {
            AlarmKind.EmptyClusters or AlarmKind.MinimumSizes => Sizes(finding),
            AlarmKind.Collapse => Collapse(finding),
            AlarmKind.LabelAgreement => "give the duals less to do with --eta "
                + Text(new HeadPlan(clustering, finding.Head!.Value).AutomaticDualLearningRate),
            _ => "subtract from every row the mean of all, x -= x.mean(axis=0), if the features differ at all, and cluster the result",
        };

    string Sizes(Finding finding)
    {
        var (N, head) = (clustering.ImageCount, clustering.Heads[finding.Head!.Value]);
        if (head.MinimumSizes is null && Math.Floor(head.MinimumSizeRatio * N / head.ClusterCount) < 1)
        {
            // Without a minimum the step for exact sizes fills nothing.
            var fewer = clustering.Heads.Select(one => Math.Max(1, Math.Min(one.ClusterCount, N / ImagesOfACluster)));
            var ratio = Math.Max(EnoughRatio, Math.Ceiling(100.0 * head.ClusterCount / N) / 100);
            return ratio <= 1
                ? $"ask for images in every cluster with --min-size-ratio {Text(ratio)}"
                : $"take fewer clusters with --heads {string.Join(',', fewer)}";
        }

        return finding.Missed is { Clusters: > 0 }
            ? "leave --online out for labels that keep the minimums"
            : "the minimums of these clusters are 0 in the file of --min-sizes: give larger ones";
    }

    string Collapse(Finding finding)
    {
        var head = clustering.Heads[finding.Head!.Value];
        return head.MinimumSizes is not null ? "give larger minimums, or maximums, in the files of sizes"
            : head.MinimumSizeRatio < HighRatio
                ? $"ask for larger clusters with --min-size-ratio {Text(HighRatio)}, "
                    + "or for none that is so large with --max-size-ratio 2"
            : "ask for no cluster that is so large with --max-size-ratio 2";
    }

    static string Text(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
