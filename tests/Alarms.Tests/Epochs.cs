using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Alarms.Tests;

/// <summary>Runs of 1,000 images in mini-batches of 10, epoch by epoch, as a clustering would report them.</summary>
static class Epochs
{
    public const int N = 1000,
        Steps = 100;

    public static ClusteringOptions Options(params double[] ratios) =>
        new()
        {
            ImageCount = N,
            Dimension = 4,
            BatchSize = N / Steps,
            Heads = [.. ratios.Select(ratio => new HeadOptions { ClusterCount = 10, MinimumSizeRatio = ratio })],
        };

    /// <summary>One epoch.</summary>
    /// <param name="epoch">Which.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="changed">Labels that changed; null: a first epoch.</param>
    /// <param name="sizes">Sizes of every head.</param>
    public static EpochReport Report(int epoch, ClusteringOptions options, long? changed, params long[][] sizes) =>
        new(epoch, sizes[0].Sum(), Steps, 1, [.. sizes.Select((n, h) => Head(new HeadPlan(options, h), epoch, changed, n))]);

    /// <summary>Equal sizes of ten clusters.</summary>
    public static long[] Even => [.. Enumerable.Repeat(100L, 10)];

    static HeadReport Head(HeadPlan plan, int epoch, long? changed, long[] sizes) =>
        HeadReport.Of(EpochSummary.Of(plan, epoch, sizes.Sum(), sizes, new double[sizes.Length], new double[sizes.Length], 0, 0), changed);
}

/// <summary>Says the kind, so that a test sees what was asked.</summary>
sealed class NamedRemedies : IAlarmRemedies
{
    public string For(Finding finding) => $"mend {finding.Kind}";
}
