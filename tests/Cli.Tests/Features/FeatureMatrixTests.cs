using CoKe.Cli.Features;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Tests.Features;

public sealed class FeatureMatrixTests
{
    [Fact]
    public void Prepare_RowsOfAnyNorm_BecomeUnitVectorsAndSaySo()
    {
        var features = FeatureMatrix.Prepare(2, 2, [3, 4, 0, -1e-20f]);
        Assert.Equal([0.6f, 0.8f, 0, -1], features.Values);
        Assert.Contains("L2-normalized", features.Preparation);
    }

    [Fact]
    public void Prepare_UnitRows_StayBitForBit()
    {
        float[] values = [0.6f, 0.80000001f, 1.00001f, 0];
        var features = FeatureMatrix.Prepare(2, 2, [.. values]);
        Assert.Equal(values, features.Values);
        Assert.Contains("unit vectors already", features.Preparation);
    }

    [Theory]
    [InlineData(float.NaN, "features[1][0]", "NaN")]
    [InlineData(float.PositiveInfinity, "features[1][0]", "Infinity")]
    [InlineData(float.NegativeInfinity, "features[1][0]", "-Infinity")]
    [InlineData(0f, "features[1]", "0")]
    public void Prepare_RowWithoutDirection_IsRefusedByName(float bad, string field, string value)
    {
        var error = Assert.Throws<InvalidEmbeddingsException>(() => FeatureMatrix.Prepare(2, 2, [1, 0, bad, 0]));
        Assert.Equal((field, value), (error.Field, error.Value));
    }

    [Fact]
    public void Prepare_NotNormalizing_RefusesTheFirstRowThatIsNoUnitVector()
    {
        var error = Assert.Throws<InvalidEmbeddingsException>(() => FeatureMatrix.Prepare(2, 2, [1, 0, 3, 4], normalize: false));
        Assert.Equal(("features[1]", "5"), (error.Field, error.Value));
    }
}
