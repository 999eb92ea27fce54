using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Algorithm;

public class EmbeddingCheckTests
{
    [Fact]
    public void Validate_UnitRowsOfAnyDimension_Passes() =>
        Gen.Select(Gen.Int[2, 300], Gen.Int[1, 20], Gen.Int[1, 3], Gen.Int)
            .Sample(
                (d, rows, views, seed) => EmbeddingCheck.Validate(Features.Modes(new SeededRandom(seed), rows, d, views), rows, d, views),
                iter: 100
            );

    [Theory]
    [InlineData(float.NaN, 1, "embeddings[1][2]")]
    [InlineData(float.PositiveInfinity, 1, "embeddings[1][2]")]
    [InlineData(float.NegativeInfinity, 2, "embeddings[1][2]")]
    [InlineData(0, 1, "embeddings[1]")]
    [InlineData(0, 2, "embeddings[1]")]
    [InlineData(1.002f, 1, "embeddings[1]")]
    [InlineData(0.998f, 1, "embeddings[1]")]
    [InlineData(1.002f, 2, "embeddings[1]")]
    [InlineData(float.MaxValue, 2, "embeddings[1]")]
    public void Validate_BadRow_IsRefusedByFieldAndValue(float value, int views, string field)
    {
        float[] x = [1, 0, 0, 0, 0, value];

        var e = Assert.Throws<InvalidEmbeddingsException>(() => EmbeddingCheck.Validate(x, 2, 3, views));

        Assert.Equal(field, e.Field);
        Assert.NotEmpty(e.Value);
        Assert.StartsWith("Row 1 ", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1.0009f, 1)]
    [InlineData(0.9991f, 1)]
    [InlineData(0.3f, 2)]
    public void Validate_NormWithinItsRange_Passes(float norm, int views) => EmbeddingCheck.Validate([0, norm, 0], 1, 3, views);

    [Fact]
    public void Validate_EmptyOrWrongDimension_IsRefused()
    {
        Assert.Equal("rows", Assert.Throws<InvalidEmbeddingsException>(() => EmbeddingCheck.Validate([], 0, 3, 1)).Field);
        Assert.Equal("embeddings", Assert.Throws<InvalidEmbeddingsException>(() => EmbeddingCheck.Validate([1, 0], 1, 3, 1)).Field);
    }
}
