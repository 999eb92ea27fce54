using CoKe.Cli.Features;
using CoKe.ConstrainedKMeans;
using CsCheck;

namespace CoKe.Cli.Tests.Features;

public sealed class FeatureFileTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Batches_OfAnyLength_AreTheRowsOfTheWholeMatrix() =>
        Gen.Select(Gen.Int[1, 30], Gen.Int[1, 9], Gen.Int[1, 40], Gen.Bool, Gen.Int[0, 1000])
            .Sample(
                (rows, columns, batchValues, unit, seed) =>
                {
                    var random = new SeededRandom(seed);
                    float[] values = [.. Enumerable.Range(0, rows * columns).Select(_ => (float)random.NextNormal())];
                    if (unit)
                        values = FeatureMatrix.Prepare(rows, columns, values).Values;
                    SavedArray.Save(_folder.File("x.npy"), values, rows, columns);

                    using var file = FeatureFile.Open(_folder.File("x.npy"), batchValues);
                    var whole = FeatureMatrix.Read(_folder.File("x.npy"));
                    Assert.Equal(whole.Preparation, file.Inspect());
                    var next = 0;
                    foreach (var (first, count, batch) in file.Batches())
                    {
                        Assert.Equal(next, first);
                        Assert.Equal(whole.Values.AsSpan(first * columns, count * columns).ToArray(), batch.ToArray());
                        next += count;
                    }

                    Assert.Equal(rows, next);
                },
                iter: 100,
                threads: 1
            );

    [Fact]
    public void Inspect_RowWithoutDirectionInALaterBatch_IsRefusedByItsNumber()
    {
        SavedArray.Save(_folder.File("x.npy"), [1f, 0, 0, 1, float.NaN, 0, 1, 1], 4, 2);
        using var file = FeatureFile.Open(_folder.File("x.npy"), batchValues: 4);
        Assert.Equal("features[2][0]", Assert.Throws<InvalidEmbeddingsException>(file.Inspect).Field);
    }
}
