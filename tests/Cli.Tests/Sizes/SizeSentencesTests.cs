using CoKe.Cli.Sizes;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Tests.Sizes;

public sealed class SizeSentencesTests
{
    // 20 rows of 4 clusters; gamma_k = 2.5 where no sizes are given.
    static readonly HeadPlan Plan = PlanOf(null);

    [Fact]
    public void Certificate_OneHead_SaysMinimumAndHowNearItIs() =>
        Assert.Equal(
            "Every cluster has at least 2 (asked: 2, the whole part of 2.5); 0.000% below the best possible; "
                + "3 of 20 rows are not with their most similar center; 0.25 s.",
            SizeSentences.Certificate(Head(Plan, new SizeBounds(20, [2, 2, 2, 2]), Sized([5, 5, 5, 5])), alone: true)
        );

    [Fact]
    public void Certificate_SearchThatEnded_SaysTheGap() =>
        Assert.Contains(
            "; at most 10.000% below the best possible, where the search was cut short (7 passes in all; --size-passes allows more); ",
            SizeSentences.Certificate(
                Head(Plan, new SizeBounds(20, [2, 2, 2, 2]), Sized([5, 5, 5, 5]) with { IsOptimal = false }),
                alone: true
            )
        );

    [Fact]
    public void Certificate_OneOfSeveralHeads_IsNamed() =>
        Assert.StartsWith(
            "Head 0, K 4: every cluster has at least 2",
            SizeSentences.Certificate(Head(Plan, new SizeBounds(20, [2, 2, 2, 2]), Sized([5, 5, 5, 5])), alone: false)
        );

    [Fact]
    public void Certificate_WithMaximum_SaysBoth() =>
        Assert.StartsWith(
            "Every cluster has at least 2 (asked: 2, the whole part of 2.5) and at most 6 (asked: 6, rounded up); ",
            SizeSentences.Certificate(Head(Plan, new SizeBounds(20, [2, 2, 2, 2], [6, 6, 6, 6]), Sized([5, 5, 5, 5])), alone: true)
        );

    [Fact]
    public void Certificate_BoundsOfEveryCluster_SaysTheirRange() =>
        Assert.StartsWith(
            "Every cluster has at least its minimum (asked: 0 to 3, whole parts) and at most its maximum (asked: 5 to no limit, "
                + "rounded up); ",
            SizeSentences.Certificate(
                Head(PlanOf([3, 2.5, 1, 0]), new SizeBounds(20, [3, 2, 1, 0], [5, 6, 7, 20]), Sized([5, 5, 5, 5])),
                alone: true
            )
        );

    [Fact]
    public void Certificate_NoMinimum_SaysSo() =>
        Assert.StartsWith(
            "Every cluster has the size that suits it, since no minimum was asked; 0.000% below",
            SizeSentences.Certificate(Head(PlanOf([0, 0, 0, 0]), new SizeBounds(20, [0, 0, 0, 0]), Sized([20, 0, 0, 0])), alone: true)
        );

    [Fact]
    public void Missed_SomeClusters_NamesTheEmptiestFirstAndCountsTheOthers()
    {
        Assert.Equal(
            "4 of 4 clusters miss their minimum size: cluster 2 has 0 of 5, cluster 0 has 3 of 5, cluster 3 has 3 of 5 and 1 more; "
                + "leave --online out for labels that keep it.",
            SizeSentences.Missed(Head(Plan, new SizeBounds(20, [5, 5, 5, 5]), null, 3, 4, 0, 3), alone: true)
        );
        Assert.StartsWith(
            "Head 0, K 4: 1 of 4 clusters miss",
            SizeSentences.Missed(Head(Plan, new SizeBounds(20, [2, 2, 2, 2]), null, 9, 8, 1, 2), alone: false)
        );
        Assert.Null(SizeSentences.Missed(Head(Plan, new SizeBounds(20, [2, 2, 2, 2]), null, 9, 7, 2, 2), alone: true));
    }

    [Theory]
    [InlineData(0, "0.000%")]
    [InlineData(1e-9, "less than 0.001%")]
    [InlineData(5e-6, "0.001%")]
    [InlineData(0.0123456, "1.235%")]
    public void Percentage_OfAGap_NeverRoundsAGapAway(double gap, string text) => Assert.Equal(text, SizeSentences.Percentage(gap));

    static HeadPlan PlanOf(double[]? minimums) =>
        new(
            new ClusteringOptions
            {
                ImageCount = 20,
                Dimension = 2,
                BatchSize = 20,
                Heads =
                [
                    new HeadOptions
                    {
                        ClusterCount = 4,
                        MinimumSizeRatio = 0.5,
                        MinimumSizes = minimums,
                    },
                ],
            },
            0
        );

    static SizedAssignment Sized(int[] sizes) =>
        new()
        {
            Labels = Labels(sizes),
            Sizes = sizes,
            Prices = [0.1, 0, 0, -0.1],
            SimilaritySum = 9,
            Bound = 10,
            MovedRows = 3,
            IsOptimal = true,
            Passes = 7,
        };

    static SizedHead Head(HeadPlan plan, SizeBounds bounds, SizedAssignment? exact, params int[] sizes) =>
        exact is null
            ? SizedHead.Online(plan, bounds, Labels(sizes), 0.45)
            : new(plan, bounds, exact.Labels, exact.Sizes, exact.MeanSimilarity, exact, TimeSpan.FromSeconds(0.25));

    static int[] Labels(int[] sizes) => [.. sizes.SelectMany((size, k) => Enumerable.Repeat(k, size))];
}
