using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Sizes;

public class ShortfallTests
{
    [Fact]
    public void Of_SizesBelowTheirMinimum_CountsThemAndNamesTheWorstFirst()
    {
        var missed = Shortfall.Of(
            Plan(
                new HeadOptions
                {
                    ClusterCount = 5,
                    MinimumSizeRatio = 0.9,
                    Margin = 0.05,
                }
            ),
            [10, 17, 18, 10, 45],
            100,
            most: 2
        );

        Assert.Equal((3, 17), (missed.Clusters, missed.Images));
        Assert.Equal([new(0, 10, 18), new(3, 10, 18)], missed.Worst);
    }

    [Fact]
    public void Of_AFractionOfAnImageBelow_IsNotBelow()
    {
        var plan = Plan(new HeadOptions { ClusterCount = 3, MinimumSizeRatio = 1 });
        Assert.Equal(0, Shortfall.Of(plan, [33, 34, 33], 100).Clusters);
        Assert.Equal([new(1, 32, 33)], Shortfall.Of(plan, [35, 32, 33], 100).Worst);
    }

    [Fact]
    public void Of_HalfAnEpoch_AsksForHalf() =>
        Assert.Equal([new(1, 9, 10)], Shortfall.Of(Plan(new HeadOptions { ClusterCount = 2, MinimumSizes = [0, 20] }), [41, 9], 50).Worst);

    [Fact]
    public void Of_AnySizes_CountsWholeImagesThatAreMissing() =>
        Gen.Select(Gen.Int[0, 30].Array[1, 8], Gen.Double[0, 1])
            .Sample(
                (sizes, ratio) =>
                {
                    var N = Math.Max(sizes.Sum(), sizes.Length);
                    var plan = new HeadPlan(
                        Problem.Options(N, 2, 10, new HeadOptions { ClusterCount = sizes.Length, MinimumSizeRatio = ratio }),
                        0
                    );
                    long[] counts = [.. sizes];

                    var missed = Shortfall.Of(plan, counts, N);

                    Assert.Equal(missed.Images > 0, missed.Clusters > 0);
                    Assert.Equal(counts.Sum(n => Math.Max(0, (long)Math.Floor(plan.RequiredSize(0) + 1e-6) - n)), missed.Images);
                    Assert.True(missed.Worst.Zip(missed.Worst.Skip(1)).All(pair => pair.First.Missing >= pair.Second.Missing));
                }
            );

    [Theory]
    [InlineData(20_000, 1000, 0.9, 104, "give mini-batches of at most 100 images, so that the duals move more often")]
    [InlineData(20_000, 100, 0.4, 70, "ask for more than the minimum, with a margin of 0.13")]
    [InlineData(20_000, 1000, 0.4, 79, "ask for more than the minimum, with a margin of 0.02")]
    [InlineData(20_000, 100, 0.9, 150, "ask for less, with a minimum size ratio of 0.75, which this epoch kept to")]
    [InlineData(20_000, 100, 0.9, 20, "go on for more epochs, in which the duals of these clusters rise further")]
    public void Sentence_OfMissedSizes_NamesARemedyThatFits(int N, int B, double ratio, long smallest, string remedy)
    {
        var options = Problem.Options(N, 2, B, new HeadOptions { ClusterCount = 100, MinimumSizeRatio = ratio });
        var minimum = (long)(ratio * N / 100);
        long[] counts = [N - (98 * 200) - smallest, smallest, .. Enumerable.Repeat(200L, 98)];

        var sentence = Shortfall.Of(new HeadPlan(options, 0), counts, N).Sentence(options, 0);

        Assert.StartsWith("Head 0: 1 of 100 clusters", sentence, StringComparison.Ordinal);
        Assert.Contains(
            $"by {minimum - smallest} images in all (cluster 1 has {smallest} of {minimum})",
            sentence,
            StringComparison.Ordinal
        );
        Assert.EndsWith($": {remedy}.", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Sentence_OfMoreClustersThanAreNamed_SaysSo()
    {
        var options = Problem.Options(100, 2, 10, new HeadOptions { ClusterCount = 10, MinimumSizeRatio = 1 });
        var sentence = Shortfall.Of(new HeadPlan(options, 0), [100, .. new long[9]], 100).Sentence(options, 0);
        Assert.Contains(
            "cluster 1 has 0 of 10, cluster 2 has 0 of 10, cluster 3 has 0 of 10, cluster 4 has 0 of 10, cluster 5 has 0 of 10, ...)",
            sentence,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Sentence_OfMinimumsThatAreMet_IsNone()
    {
        var options = Problem.Options(100, 2, 10, new HeadOptions { ClusterCount = 2 });
        Assert.Null(Shortfall.Of(new HeadPlan(options, 0), [20, 80], 100).Sentence(options, 0));
    }

    static HeadPlan Plan(HeadOptions head) => Problem.Plan(100, 2, 10, head);
}
