namespace CoKe.ConstrainedKMeans.Tests.Quality;

public class EpochSummaryTests
{
    static readonly HeadPlan Plan = Problem.Plan(
        100,
        2,
        10,
        new HeadOptions
        {
            ClusterCount = 4,
            MinimumSizeRatio = 0.8,
            Margin = 0.1,
            DualLearningRate = 1,
        }
    );

    [Fact]
    public void Of_FullEpoch_ReportsSizesViolationAndBound()
    {
        var summary = EpochSummary.Of(Plan, 3, 100, [40, 0, 18, 42], [0, 1, 0, 0], [0, 3.2, 0.4, 0], 80, 7);

        Assert.Equal((0L, 42L, 1, 7L), (summary.Min, summary.Max, summary.EmptyClusters, summary.ChangedLabels));
        Assert.Equal(20, summary.Asked, 1e-9); // without the margin
        Assert.Equal(20, summary.Violation, 1e-9);
        Assert.Equal(22, summary.Bound!.Value, 1e-9); // (B / eta)(3.2 - 1)
        Assert.True(summary.BoundHolds);
        Assert.Equal((0.8, 3.2, 1.0), (summary.MeanSimilarity, summary.MaxDual, summary.DualLearningRate));
    }

    [Fact]
    public void Of_DualsThatGrewTooLittle_BreakTheBound() =>
        Assert.False(EpochSummary.Of(Plan, 0, 100, [40, 0, 18, 42], [0, 0, 0, 0], [0, 1.9, 0, 0], 0, 0).BoundHolds);

    [Fact]
    public void Of_HalfAnEpoch_AsksForHalf() =>
        Assert.Equal(10, EpochSummary.Of(Plan, 0, 50, [50, 0, 0, 0], new double[4], new double[4], 0, 0).Asked, 1e-9);

    [Theory]
    [InlineData(4.0, 25, 25, 25, 25)]
    [InlineData(2.0, 50, 0, 0, 50)]
    [InlineData(1.0, 0, 100, 0, 0)]
    [InlineData(0.0, 0, 0, 0, 0)]
    public void Of_Sizes_KnowsHowManyClustersThereAreInEffect(double effective, params int[] sizes) =>
        Assert.Equal(
            effective,
            EpochSummary.Of(Plan, 1, sizes.Sum(), [.. sizes.Select(n => (long)n)], new double[4], new double[4], 0, 0).EffectiveClusters,
            1e-9
        );

    [Fact]
    public void Of_NoRows_HasNoSimilarity() =>
        Assert.Equal(0, EpochSummary.Of(Plan, 0, 0, new long[4], new double[4], new double[4], 0, 0).MeanSimilarity);
}
