using System.Globalization;
using System.Text.RegularExpressions;
using CoKe.Charts;

namespace CoKe.Cli.Tests;

public sealed class SizesChartTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(3_000)]
    public void Svg_OfAnyNumberOfClusters_HasABarForEach(int clusters)
    {
        var svg = SizesChart.Svg([.. Enumerable.Range(1, clusters)], 2);
        double[] widths =
        [
            .. Regex
                .Matches(svg, "<rect [^>]* width=\"([^\"]*)\"")
                .Select(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)),
        ];
        Assert.Equal(clusters, widths.Length);
        Assert.All(widths, width => Assert.True(width > 0));
    }

    [Fact]
    public void Svg_BoundsOfEveryCluster_AreLinesAndBarsOutsideThemAreMarked()
    {
        // In the order of sizes the minimums are 2, 2, 1 and the maximums 8, none, none.
        var svg = SizesChart.Svg([1, 3, 9], [2, 2, 1], [double.PositiveInfinity, double.PositiveInfinity, 8]);
        Assert.Equal(3, Regex.Count(svg, "class=\"line limit\""));
        Assert.Equal(["2: 9", "0: 1"], Regex.Matches(svg, "bar short.*?cluster (\\d: \\d)").Select(match => match.Groups[1].Value));
        Assert.DoesNotContain("NaN", svg);
        Assert.DoesNotContain("∞", svg);
    }

    [Fact]
    public void Svg_Prices_StandAboveAndBelowZeroInTheOrderOfSizes()
    {
        var svg = PricesChart.Svg([1, 3, 9], [0.5, 0, -0.25]);
        Assert.Equal(["2: -0.25", "1: 0", "0: 0.5"], Regex.Matches(svg, "cluster (\\d: [^<]*)").Select(match => match.Groups[1].Value));
        Assert.Single(Regex.Matches(svg, "bar below"));
        Assert.DoesNotContain("NaN", PricesChart.Svg([1, 2], [0, 0]));
    }
}
