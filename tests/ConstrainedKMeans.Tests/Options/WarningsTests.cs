using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Options;

public partial class WarningsTests
{
    static readonly HeadOptions ByEpoch = new() { ClusterCount = 100, CenterSchedule = CenterSchedule.Epoch };

    /// <summary>Options, and the one warning on them.</summary>
    public static TheoryData<ClusteringOptions, string> Harmful { get; } =
        new()
        {
            {
                Problem.Options(20_000, 64, 1000, ByEpoch with { MinimumSizeRatio = 0.9 }),
                "BatchSize is 1000, which makes 20 mini-batches of 20000 images, too few for the duals to follow (that of an empty "
                    + "cluster of head 0 rises by 0.36 in a pass): give at most 400."
            },
            {
                Problem.Options(900, 32, 900, ByEpoch with { ClusterCount = 10 }),
                "BatchSize is 900, which makes one mini-batch of 900 images, too few for the duals to follow (that of an empty cluster "
                    + "of head 0 rises by 0.008 in a pass): give at most 18."
            },
            {
                Problem.Options(2_000, 64, 500, ByEpoch with { DualLearningRate = 8, MinimumSizeRatio = 0.4 }),
                "BatchSize is 500, which makes 4 mini-batches of 2000 images, too few for the duals to follow (that of an empty cluster "
                    + "of head 0 rises by 0.128 in a pass): give at most 40, and leave DualLearningRate out."
            },
            {
                Problem.Options(10_000, 64, 128, ByEpoch with { ClusterCount = 20, DualLearningRate = 20 }),
                "Heads[0].DualLearningRate is 20, more than 2 times the automatic 0.4, and moves a dual by 0.395285 per mini-batch, "
                    + "so that the duals overshoot: leave it out, or give at most 5.059."
            },
            {
                Problem.Options(10_000, 64, 128, ByEpoch with { DualLearningRate = 0.01 }),
                "Heads[0].DualLearningRate is 0.01, less than 1/25 of the automatic 2, so that the duals hardly move (that of an empty "
                    + "cluster by 0.003125 in a pass): leave it out, or give at least 0.08."
            },
            {
                Problem.Options(1_000, 64, 20, ByEpoch with { MinimumSizeRatio = 0.05 }),
                "Heads[0].MinimumSizeRatio is 0.05: 1000 images in 100 clusters make that 0.5 images of each, "
                    + "of which whole images are 0: give 0 for no minimum, or 0.1 for 1."
            },
            {
                Problem.Options(1_000, 64, 20, ByEpoch with { MinimumSizeRatio = 0.19 }),
                "Heads[0].MinimumSizeRatio is 0.19: 1000 images in 100 clusters make that 1.9 images of each, "
                    + "of which whole images are 1: give 0.1, or 0.2 for 2."
            },
            {
                Problem.Options(10_000, 64, 100, ByEpoch with { MinimumSizeRatio = 0.9, Margin = 0.11 }),
                "Heads[0].Margin is 0.11, with which the minimums take 99.9% of the images, "
                    + "so that no cluster may be larger than another: give at most 0.1."
            },
            {
                Problem.Options(1_000, 64, 20, ByEpoch with { ClusterCount = 900 }),
                "Heads[0].ClusterCount is 900 for 1000 images, so that a center is hardly more than one of its images: give at most 200."
            },
            {
                Problem.Options(900, 64, 10, ByEpoch with { CenterSchedule = CenterSchedule.Batch }),
                "Heads[0].CenterSchedule is Batch with 9 images per cluster, so that centers start every pass from single images: "
                    + "give Epoch."
            },
            {
                Problem.Options(1_000, 64, 20, ByEpoch with { ClusterCount = 3, MinimumSizes = [100, 1.5, 0.2] }),
                "Heads[0].MinimumSizes[1] is 1.5, and 1 more are like it: of that whole images are 1; give whole numbers."
            },
        };

    /// <summary>N, K, B, gamma', margin, eta.</summary>
    public static TheoryData<int, int, int, double, double, double?> Paper { get; } =
        new()
        {
            { 1_281_167, 1000, 1024, 0.4, 0, 20 },
            { 1_281_167, 3000, 1024, 0.4, 0, 20 },
            { 1_281_167, 5000, 1024, 0.4, 0, 20 },
            { 1_281_167, 3000, 256, 0.4, 0, 20 },
            { 1_281_167, 3000, 1024, 0, 0, 20 },
            { 1_281_167, 3000, 1024, 1, 0, 20 },
            { 50_000, 10, 128, 0.9, 0, 0.1 },
            { 50_000, 100, 128, 0.9, 0, 0.1 },
            { 50_000, 200, 128, 0.9, 0, 0.1 },
        };

    [Theory]
    [MemberData(nameof(Harmful))]
    public void Warnings_HarmfulOptions_AreOneSentenceWhoseRemedyRemovesIt(ClusteringOptions options, string warning)
    {
        Assert.Equal(warning, Assert.Single(options.Warnings()));
        Assert.All(Remedied(options, warning), remedied => Assert.Empty(remedied.Warnings()));
    }

    [Theory]
    [MemberData(nameof(Paper))]
    public void Warnings_PaperSettings_AreNone(int N, int K, int B, double ratio, double margin, double? eta) =>
        Assert.Empty(
            Problem
                .Options(
                    N,
                    128,
                    B,
                    new HeadOptions
                    {
                        ClusterCount = K,
                        MinimumSizeRatio = ratio,
                        Margin = margin,
                        DualLearningRate = eta,
                    }
                )
                .Warnings()
        );

    [Fact]
    public void Warnings_WithoutMinimum_AreNoneOfDuals() =>
        Assert.Empty(Problem.Options(1_000, 8, 1_000, ByEpoch with { MinimumSizeRatio = 0, DualLearningRate = 500 }).Warnings());

    [Fact]
    public void Warnings_AnyOptions_AreRemovedByTheirRemedyAndNoOtherComes() =>
        Gen.Select(Gen.Int[2, 3000], Gen.Double[0, 1], Gen.Double[0, 1], Gen.Int[0, 20], Gen.Int[0, 4], Gen.Int[-3, 3], Gen.Bool)
            .Sample(
                (N, clusters, batch, ratio, margin, eta, perBatch) =>
                {
                    var head = new HeadOptions
                    {
                        ClusterCount = 1 + (int)((N - 1) * clusters * clusters),
                        MinimumSizeRatio = ratio / 20.0,
                        Margin = ratio == 0 ? 0 : Math.Min(margin * 0.07, 20.0 / ratio - 1),
                        CenterSchedule = perBatch ? CenterSchedule.Batch : CenterSchedule.Epoch,
                    };
                    var options = Problem.Options(N, 4, 1 + (int)((N - 1) * batch * batch), head);
                    if (eta != 0)
                        options = options with
                        {
                            Heads =
                            [
                                head with
                                {
                                    DualLearningRate = Math.Pow(20, eta) * new HeadPlan(options, 0).AutomaticDualLearningRate,
                                },
                            ],
                        };
                    foreach (var warning in options.Warnings())
                    {
                        var others = options.Warnings().Where(other => other != warning).Select(Field).ToHashSet();
                        // A rate that was given is compared with another automatic one once sizes are others.
                        if (eta != 0 && Field(warning) is not (nameof(head.DualLearningRate) or nameof(options.BatchSize)))
                            continue;
                        foreach (var remedied in Remedied(options, warning))
                            Assert.Subset(others, remedied.Warnings().Select(Field).ToHashSet());
                    }
                }
            );

    static string Field(string warning) => Parts().Match(warning).Groups["field"].Value;

    // The options that a warning's own words make of these, one for each way out.
    static IEnumerable<ClusteringOptions> Remedied(ClusteringOptions options, string warning)
    {
        var head = options.Heads[0];
        double[] numbers =
        [
            .. Numbers().Matches(Remedy().Match(warning).Value).Select(number => double.Parse(number.Value, CultureInfo.InvariantCulture)),
        ];
        ClusteringOptions With(HeadOptions head) => options with { Heads = [head] };
        return Field(warning) switch
        {
            nameof(options.BatchSize) =>
            [
                With(warning.Contains("leave", StringComparison.Ordinal) ? head with { DualLearningRate = null } : head) with
                {
                    BatchSize = (int)numbers[0],
                },
            ],
            nameof(head.DualLearningRate) =>
            [
                With(head with { DualLearningRate = null }),
                With(head with { DualLearningRate = numbers[0] }),
            ],
            nameof(head.MinimumSizeRatio) =>
            [
                .. numbers.Take(numbers.Length == 3 ? 2 : 1).Select(ratio => With(head with { MinimumSizeRatio = ratio })),
            ],
            nameof(head.Margin) => [With(head with { Margin = numbers[0] })],
            nameof(head.ClusterCount) => [With(head with { ClusterCount = (int)numbers[0] })],
            nameof(head.CenterSchedule) => [With(head with { CenterSchedule = CenterSchedule.Epoch })],
            nameof(head.MinimumSizes) => [With(head with { MinimumSizes = [.. head.MinimumSizes!.Select(Math.Floor)] })],
            var field => throw new InvalidOperationException($"{field} has no remedy."),
        };
    }

    [GeneratedRegex(@"^(Heads\[\d+\]\.)?(?<field>\w+)")]
    private static partial Regex Parts();

    [GeneratedRegex(@"(: |; )(give|leave).*$")]
    private static partial Regex Remedy();

    [GeneratedRegex(@"\d+(\.\d+)?(E-\d+)?")]
    private static partial Regex Numbers();
}
