using System.Globalization;
using System.Text.RegularExpressions;
using CoKe.Charts;

namespace CoKe.Cli.Tests;

public sealed class ChartTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(3_000)]
    public void Svg_OfAnyNumberOfClusters_HasABarForEach(int clusters)
    {
        var svg = SizesChart.Svg([.. Enumerable.Range(1, clusters)], 2, ChartFrame.Narrow);
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
        var svg = SizesChart.Svg([1, 3, 9], [2, 2, 1], [double.PositiveInfinity, double.PositiveInfinity, 8], ChartFrame.Wide);
        Assert.Equal(3, Regex.Count(svg, "class=\"line limit\""));
        Assert.Equal(["2: 9", "0: 1"], Regex.Matches(svg, "bar short.*?cluster (\\d: \\d)").Select(match => match.Groups[1].Value));
        Assert.DoesNotContain("NaN", svg);
        Assert.DoesNotContain("∞", svg);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1_281_167)]
    public void Svg_AxisOfSizes_CountsWholeImagesAndNoneTwice(int largest)
    {
        var texts = AxisTexts(SizesChart.Svg([0, largest], 0, ChartFrame.Wide));
        Assert.All(texts, text => Assert.True(int.TryParse(text, out _), text));
        Assert.Distinct(texts);
    }

    [Theory]
    [InlineData(0.0004)]
    [InlineData(0.013)]
    [InlineData(0.2)]
    [InlineData(1)]
    public void Svg_AxisInPercent_TellsNeighborsApart(double largest)
    {
        var line = new Series("changed", "a", [(1, largest / 3), (2, largest)]);
        var texts = AxisTexts(LineChart.Svg("changed", "0.## %", [line], fromZero: true, each: "pass"));
        Assert.All(texts, text => Assert.EndsWith(" %", text));
        Assert.InRange(texts.Distinct().Count(), 3, texts.Length);
        Assert.Distinct(texts);
        Assert.True(double.Parse(texts[^1][..^2], CultureInfo.InvariantCulture) >= 100 * largest - 1e-9);
    }

    [Theory]
    [InlineData(1e-7)]
    [InlineData(0.003)]
    [InlineData(7)]
    [InlineData(2e6)]
    public void Svg_AxisOfAnyValues_TellsNeighborsApart(double largest) =>
        Assert.Distinct(AxisTexts(LineChart.Svg("loss", "0.0#", [new Series("loss", "a", [(0, 0), (1, largest)])])));

    [Fact]
    public void Svg_OfAllCharts_HasLettersOfOneSizeInColumnsOfOneWidth()
    {
        string[] charts =
        [
            LineChart.Svg("loss", "0", [new Series("loss", "a", [(0, 1)])]),
            SizesChart.Svg([1, 2], 1, ChartFrame.Wide),
            PricesChart.Svg([1, 2], [0, 1], ChartFrame.Wide),
        ];
        Assert.Single(charts.Select(chart => Regex.Match(chart, "viewBox=\"0 0 (\\d+) ").Groups[1].Value).Distinct());
    }

    static string[] AxisTexts(string svg) => [.. Regex.Matches(svg, "tick end[^>]*>([^<]*)<").Select(match => match.Groups[1].Value)];

    [Fact]
    public void Svg_Prices_StandAboveAndBelowZeroInTheOrderOfSizes()
    {
        var svg = PricesChart.Svg([1, 3, 9], [0.5, 0, -0.25], ChartFrame.Wide);
        Assert.Equal(["2: -0.25", "1: 0", "0: 0.5"], Regex.Matches(svg, "cluster (\\d: [^<]*)").Select(match => match.Groups[1].Value));
        Assert.Single(Regex.Matches(svg, "bar below"));
        Assert.DoesNotContain("NaN", PricesChart.Svg([1, 2], [0, 0], ChartFrame.Wide));
    }
}
