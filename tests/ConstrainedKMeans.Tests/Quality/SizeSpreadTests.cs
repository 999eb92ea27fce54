namespace CoKe.ConstrainedKMeans.Tests.Quality;

public sealed class SizeSpreadTests
{
    static readonly long[] s_sizes = [0, 3, 3, 10, 84, 1, 7];

    // NumPy: np.quantile([0, 3, 3, 10, 84, 1, 7], [.05, .25, .5, .75, .95])
    [Fact]
    public void SizeQuantiles_OfAnySizes_AreThoseOfNumPy()
    {
        var quantiles = SizeQuantiles.Of(s_sizes);
        double[] actual = [quantiles.P5, quantiles.P25, quantiles.P50, quantiles.P75, quantiles.P95];
        Assert.Equal([0.3, 2, 3, 8.5, 61.8], actual.Select(value => Math.Round(value, 12)));
        Assert.Equal(new SizeQuantiles(5, 5, 5, 5, 5), SizeQuantiles.Of([5]));
    }

    [Fact]
    public void Gini_OfAnySizes_IsHalfTheirMeanDifferenceOverTheirMean()
    {
        var differences = s_sizes.SelectMany(a => s_sizes.Select(b => Math.Abs(a - b))).Average();
        Assert.Equal(differences / (2 * s_sizes.Average()), ClusterQuality.Gini(s_sizes), 1e-14);
        Assert.Equal(0.7248677248677249, ClusterQuality.Gini(s_sizes), 1e-14); // NumPy's, by the sorted sum
    }

    [Fact]
    public void Gini_AtItsEnds_IsNoneAndAllButOne()
    {
        Assert.Equal(0, ClusterQuality.Gini([4, 4, 4, 4]));
        Assert.Equal(0.75, ClusterQuality.Gini([0, 0, 12, 0]));
        Assert.Equal(0, ClusterQuality.Gini([0, 0]));
    }
}
