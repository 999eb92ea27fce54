using CoKe.Errors;

namespace CoKe.ConstrainedKMeans.Tests.Sizes;

public class SizeBoundsTests
{
    [Theory]
    [InlineData(10, new[] { 4, 4, 3 })]
    [InlineData(1, new[] { 1, 1 })]
    [InlineData(5, new[] { 6 })]
    [InlineData(9, new[] { int.MaxValue, int.MaxValue, 4 })] // their sum does not fit into an int
    public void Create_MinimumsAboveTheRows_AreRefusedWithTheirSum(int rows, int[] minimums) =>
        Refused("minimumSizes", rows, minimums, [], $"{minimums.Sum(size => (long)size)}", $"{rows}");

    [Theory]
    [InlineData(10, new[] { 3, 3, 3 })]
    [InlineData(2, new[] { 1 })]
    [InlineData(7, new[] { 0, 0 })]
    public void Create_MaximumsBelowTheRows_AreRefusedWithTheirSum(int rows, int[] maximums) =>
        Refused("maximumSizes", rows, new int[maximums.Length], maximums, $"{maximums.Sum()}", $"{rows}");

    [Theory]
    [InlineData(new[] { 0, 5, 1 }, new[] { 10, 4, 10 }, 1)]
    [InlineData(new[] { 3, 0, 0 }, new[] { 2, 10, 10 }, 0)]
    [InlineData(new[] { 1, 1, 8 }, new[] { 9, 9, 7 }, 2)]
    public void Create_MinimumAboveMaximum_IsRefusedByItsCluster(int[] minimums, int[] maximums, int cluster) =>
        Refused("maximumSizes", 10, minimums, maximums, $"{cluster}", $"{minimums[cluster]}", $"{maximums[cluster]}");

    [Theory]
    [InlineData(new[] { 0, -1, 1 }, new int[0], 1, -1)]
    [InlineData(new[] { int.MinValue, 0, 0 }, new int[0], 0, int.MinValue)]
    [InlineData(new[] { 0, 0, 0 }, new[] { 10, 10, -3 }, 2, -3)]
    public void Create_NegativeSize_IsRefusedByItsCluster(int[] minimums, int[] maximums, int cluster, int size) =>
        Refused(maximums.Length == 0 ? "minimumSizes" : "maximumSizes", 10, minimums, maximums, $"{cluster}", $"{size}");

    [Theory]
    [InlineData(3, 2)]
    [InlineData(2, 3)]
    [InlineData(1, 12)]
    public void Create_OtherNumberOfMaximums_IsRefusedWithBothNumbers(int clusters, int others) =>
        Refused("maximumSizes", 10, new int[clusters], [.. Enumerable.Repeat(10, others)], $"{clusters}", $"{others}");

    [Fact]
    public void Create_NoCluster_IsRefused() => Refused("minimumSizes", 10, [], []);

    [Theory]
    [InlineData(10, new[] { 5, 5 }, new int[0])] // the minimums take every row
    [InlineData(10, new[] { 0, 0 }, new[] { 5, 5 })] // the maximums need every place
    [InlineData(10, new[] { 10, 0 }, new[] { 10, 0 })]
    [InlineData(1, new[] { 0 }, new int[0])]
    [InlineData(3, new[] { 0, 0 }, new[] { int.MaxValue, int.MaxValue })]
    public void Create_BoundsThatCanJustBeMet_AreKept(int rows, int[] minimums, int[] maximums)
    {
        var bounds = new SizeBounds(rows, minimums, maximums);

        Assert.Equal(minimums, bounds.Minimums.ToArray());
        Assert.Equal((rows, minimums.Length, maximums.Length > 0), (bounds.Rows, bounds.ClusterCount, bounds.HasMaximums));
        for (var k = 0; k < minimums.Length; k++)
            Assert.Equal(maximums.Length == 0 ? rows : maximums[k], bounds.Maximums[k]);
    }

    [Theory]
    [InlineData(100, 7, 0.4, 5)] // 5.71
    [InlineData(100, 10, 0.9, 9)] // 0.9 * 100 / 10 is whole, and must not become 8
    [InlineData(60_000, 1000, 0.7, 42)]
    [InlineData(1000, 3, 1, 333)]
    [InlineData(50, 40, 0.4, 0)]
    public void Of_Ratio_AsksForTheWholePart(int N, int K, double ratio, int expected)
    {
        var bounds = SizeBounds.Of(
            Plan(
                N,
                new HeadOptions
                {
                    ClusterCount = K,
                    MinimumSizeRatio = ratio,
                    Margin = ratio < 1 ? 0.1 : 0,
                }
            ),
            N
        );
        Assert.All(bounds.Minimums.ToArray(), minimum => Assert.Equal(expected, minimum));
        Assert.False(bounds.HasMaximums);
    }

    [Fact]
    public void Of_EveryRatioThatDividesEvenly_LosesNoRowToRounding()
    {
        for (var percent = 1; percent <= 100; percent++)
        {
            var bounds = SizeBounds.Of(Plan(30_000, new HeadOptions { ClusterCount = 300, MinimumSizeRatio = percent / 100.0 }), 30_000);
            Assert.Equal(percent, bounds.Minimums[0]);
        }
    }

    [Fact]
    public void Of_OtherRows_AreInProportion()
    {
        var plan = Plan(100, new HeadOptions { ClusterCount = 3, MinimumSizes = [10, 0, 40] });
        Assert.Equal([5, 0, 20], SizeBounds.Of(plan, 50).Minimums.ToArray());
        Assert.Equal([33, 0, 132], SizeBounds.Of(plan, 330).Minimums.ToArray());
        Assert.Equal([0, 0, 0], SizeBounds.Of(plan, 1).Minimums.ToArray());
    }

    [Fact]
    public void Of_MaximumRatio_IsRoundedUp()
    {
        var bounds = SizeBounds.Of(Plan(100, new HeadOptions { ClusterCount = 7 }), 100, maximumSizeRatio: 1.2);
        Assert.All(bounds.Maximums.ToArray(), maximum => Assert.Equal(18, maximum)); // 17.14
        Assert.All(SizeBounds.Of(Plan(100, new HeadOptions { ClusterCount = 10 }), 100, 1.1).Maximums.ToArray(), maximum =>
            Assert.Equal(11, maximum)
        );
    }

    [Fact]
    public void Of_MaximumPerCluster_AreInProportionAndRoundedUp()
    {
        var plan = Plan(100, new HeadOptions { ClusterCount = 3, MinimumSizeRatio = 0 });
        Assert.Equal([26, 11, 25], SizeBounds.Of(plan, 50, maximumSizes: [51, 21, 50]).Maximums.ToArray());
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    public void Of_MaximumRatioBelowOne_IsRefused(double ratio) =>
        Assert.Throws<InvalidOptionsException>(() => SizeBounds.Of(Plan(100, new HeadOptions { ClusterCount = 4 }), 100, ratio));

    [Fact]
    public void Of_OtherNumberOfMaximums_IsRefused() =>
        Assert.Throws<InvalidOptionsException>(() =>
            SizeBounds.Of(Plan(100, new HeadOptions { ClusterCount = 3 }), 100, maximumSizes: [90, 90])
        );

    static HeadPlan Plan(int N, HeadOptions head) => Problem.Plan(N, 2, 10, head);

    // By name: the sentence holds every number that a reader needs, and a remedy behind a colon.
    static void Refused(string field, int rows, int[] minimums, int[] maximums, params string[] words)
    {
        var refusal = Assert.Throws<InvalidOptionsException>(() => new SizeBounds(rows, minimums, maximums));
        Assert.All(words, word => Assert.Contains(word, refusal.Message, StringComparison.Ordinal));
        Assert.Contains(':', refusal.Message);
        Assert.StartsWith(field, refusal.Field, StringComparison.Ordinal);
        Assert.NotEmpty(refusal.Value);
    }
}
