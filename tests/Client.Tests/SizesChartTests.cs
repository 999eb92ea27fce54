using System.Globalization;
using System.Text.RegularExpressions;
using CoKe.Charts;

namespace CoKe.Client.Tests;

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
        double[] widths = [.. Regex.Matches(svg, "<rect [^>]* width=\"([^\"]*)\"").Select(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(clusters, widths.Length);
        Assert.All(widths, width => Assert.True(width > 0));
    }
}
