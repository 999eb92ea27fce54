using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Quality;

public class EmbeddingSpreadTests
{
    [Fact]
    public void Of_EqualRows_IsZeroHoweverMany()
    {
        var spread = new EmbeddingSpread(3);
        for (var i = 0; i < 100_000; i++)
            spread.Add([0.6f, 0, 0.8f]);
        Assert.Equal(0, spread.Value!.Value, 1e-9);
    }

    [Fact]
    public void Of_RowsInSeveralBlocks_IsThatOfOneMatrix()
    {
        var random = new Random(5);
        var rows = Enumerable.Range(0, 30).Select(_ => random.NextSingle() - 0.5f).ToArray();
        Assert.Equal(EmbeddingSpread.Of(rows, 3), EmbeddingSpread.Of(new MemoryRows([rows.AsMemory(0, 18), rows.AsMemory(18)], 3)));
    }

    [Fact]
    public void Of_OppositeRows_IsOne() => Assert.Equal(1, EmbeddingSpread.Of([1, 0, -1, 0], 2));

    [Theory]
    [InlineData(new float[0])]
    [InlineData(new float[] { 1, 0 })]
    [InlineData(new float[] { 0, 0, 0, 0 })]
    public void Of_WhatHasNoSpread_IsNotKnown(float[] rows) => Assert.Null(EmbeddingSpread.Of(rows, 2));

    [Fact]
    public void Add_PartOfARow_IsRefused() => Assert.Throws<ArgumentException>(() => new EmbeddingSpread(3).Add([1, 2]));

    [Fact]
    public void Of_AnyRows_IsVarianceOverMeanSquareWhateverTheBatches() =>
        Gen.Select(Gen.Float[-1, 1].Array[4, 40], Gen.Int[1, 3])
            .Sample(
                (values, rowsOfFirst) =>
                {
                    var rows = values[..(values.Length / 4 * 4)];
                    var spread = new EmbeddingSpread(4);
                    var first = Math.Min(rows.Length, 4 * rowsOfFirst);
                    spread.Add(rows.AsSpan(0, first));
                    spread.Add(rows.AsSpan(first));
                    if (spread.Value is not { } value)
                        return;
                    var mean = Enumerable.Range(0, 4).Select(i => rows.Where((_, at) => at % 4 == i).Average(v => (double)v)).ToArray();
                    var variance = rows.Select((v, at) => Math.Pow(v - mean[at % 4], 2)).Sum();
                    Assert.Equal(variance / rows.Sum(v => (double)v * v), value, 1e-6);
                }
            );
}
