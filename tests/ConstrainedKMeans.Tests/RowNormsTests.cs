namespace CoKe.ConstrainedKMeans.Tests;

public sealed class RowNormsTests
{
    [Fact]
    public void MakeOne_Rows_KeepTheirDirection()
    {
        float[] rows = [3, 4, 0, -2];
        RowNorms.MakeOne(rows, 2);
        Assert.Equal([0.6f, 0.8f, 0, -1], rows);
        EmbeddingCheck.Validate(rows, 2, 2, views: 1);
    }

    [Theory]
    [InlineData(0, "Row 1 has no direction, since it is zero: leave it out.")]
    [InlineData(float.NaN, "Row 1 has no direction, since it is not finite: leave it out.")]
    public void MakeOne_RowWithoutDirection_IsRefused(float value, string sentence) =>
        Assert.Equal(
            sentence,
            Assert.Throws<InvalidEmbeddingsException>(() => RowNorms.MakeOne(new[] { 1, 2, value, value }.AsSpan(), 2)).Message
        );

    [Fact]
    public void MakeOne_ValuesThatAreNoWholeRows_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RowNorms.MakeOne(new float[3], 2));

    [Fact]
    public void FrozenCenters_AreThoseOfEachCluster()
    {
        var options = new ClusteringOptions
        {
            Dimension = 2,
            ImageCount = 2,
            BatchSize = 2,
            Heads = [new HeadOptions { ClusterCount = 2 }],
        };
        using var kMeans = new OnlineConstrainedKMeans(
            options,
            [
                [1, 0, 0, 1],
            ]
        );
        kMeans.Step([0.6f, 0.8f, 0.8f, 0.6f], [0, 1]);
        kMeans.EndEpoch();
        Assert.Equal([.. kMeans.Heads[0].Frozen(0), .. kMeans.Heads[0].Frozen(1)], kMeans.Heads[0].FrozenCenters());
    }
}
