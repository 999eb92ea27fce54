using CoKe.Cli.Features;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Files;
using CsCheck;

namespace CoKe.Cli.Tests.Features;

/// <summary>Rows that stay in their files are those of the same features in memory, bit for bit.</summary>
public sealed class FileRowsTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("<f2")]
    [InlineData("<f4")]
    [InlineData(">f4")]
    [InlineData("<f8")]
    [InlineData("<i2")]
    [InlineData(">i8")]
    public void RangeAndGather_ShardsOfAnyLength_AreTheRowsOfTheWholeMatrix(string type) =>
        Gen.Select(Gen.Int[1, 25], Gen.Int[1, 40], Gen.Int[1, 5], Gen.Int[0, 1000])
            .Sample(
                (rows, columns, shards, seed) =>
                {
                    var values = ShardFile.Values(rows, columns, seed);
                    var random = new SeededRandom(seed);
                    SaveShards(values, columns, [.. Enumerable.Range(1, shards - 1).Select(_ => random.NextInt32(rows + 1)).Order()], type);
                    var whole = FeatureMatrix.Prepare(rows, columns, values);
                    using var input = FeatureInput.Open(_folder.File("x"));
                    using var file = FileRows.Open(input);
                    Assert.Equal((rows, columns), (file.Rows, file.Dimension));
                    Assert.Equal(whole.Preparation, file.Preparation);
                    int first = random.NextInt32(rows),
                        count = random.NextInt32(rows - first + 1);
                    Assert.Equal(whole.Range(first, count, new()), file.Range(first, count, new()));
                    int[] any = [.. Enumerable.Range(0, 50).Select(_ => random.NextInt32(rows))];
                    var gathered = new float[any.Length * columns];
                    file.Gather(any, gathered);
                    Assert.Equal(whole.Gather(any), gathered);
                    var held = FeatureMatrix.Read(input, blockValues: Math.Max(columns, values.Length / 2));
                    Assert.Equal(whole.Values, held.Range(0, rows, new()));
                },
                iter: 30,
                threads: 1
            );

    [Fact]
    public void Range_UnitRows_StayBitForBit()
    {
        var values = FeatureMatrix.Prepare(20, 33, ShardFile.Values(20, 33)).Values;
        SaveShards(values, 33, [5, 11]);
        using var input = FeatureInput.Open(_folder.File("x"));
        using var file = FileRows.Open(input, normalize: false);
        Assert.Equal(values, file.Range(0, 20, new()));
        Assert.Contains("unit vectors already", file.Preparation);
    }

    [Fact]
    public void Open_RowWithoutDirectionOrOfAnotherNorm_IsNamedWithItsShard()
    {
        var values = FeatureMatrix.Prepare(20, 3, ShardFile.Values(20, 3)).Values;
        SaveShards(values, 3, [5, 11]);
        ShardFile.Save(_folder.File("x/part-1.npy"), [1, 0, 0, 0, 2, 0, .. values[21..33]], 3);
        using var input = FeatureInput.Open(_folder.File("x"));
        var error = Assert.Throws<InvalidEmbeddingsException>(() => FileRows.Open(input, normalize: false));
        Assert.Equal(
            $"Row 6 of {_folder.File("x")} (row 1 of part-1.npy) has norm 2, not 1: "
                + "leave --no-normalize out, or normalize the rows yourself.",
            error.Message
        );
        Assert.Equal(error.Message, Assert.Throws<InvalidEmbeddingsException>(() => FeatureMatrix.Read(input, normalize: false)).Message);
        FileRows.Open(input).Dispose(); // the remedy

        ShardFile.Save(_folder.File("x/part-1.npy"), [1, 0, 0, 0, 0, 0, .. values[21..33]], 3);
        error = Assert.Throws<InvalidEmbeddingsException>(() => FileRows.Open(input));
        Assert.Contains("(row 1 of part-1.npy) is zero", error.Message);
    }

    [Fact]
    public void Range_ShardThatBecameShorter_IsRefusedByName()
    {
        SaveShards(ShardFile.Values(20, 3), 3, [5, 11]);
        using var input = FeatureInput.Open(_folder.File("x"));
        using var file = FileRows.Open(input);
        using (var shard = new FileStream(_folder.File("x/part-1.npy"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            shard.SetLength(150);
        Assert.Contains("part-1.npy is damaged", Assert.Throws<InvalidFileException>(() => file.Range(0, 20, new()).Length).Message);
        int[] all = [.. Enumerable.Range(0, 20)];
        Assert.Contains("part-1.npy is damaged", Assert.Throws<InvalidFileException>(() => file.Gather(all, new float[60])).Message);
        file.Range(0, 5, new());
    }

    // 10.5 GB that take some pages of the disk: the rows before the last are never read.
    [Fact]
    public void Gather_RowBeyondTwoToThe31Values_IsReadWhereItIs()
    {
        const int Rows = 1_281_167,
            Columns = 2048;
        using (var stream = File.Create(_folder.File("big.npy")))
        {
            new NpyHeader("<f4", false, [Rows, Columns]).Write(stream);
            stream.SetLength(stream.Position + (4L * Rows * Columns));
            stream.Position = stream.Length - 4;
            stream.Write(BitConverter.GetBytes(7f));
        }

        using var input = FeatureInput.Open(_folder.File("big.npy"));
        using var file = new FileRows(input);
        Assert.Equal(4L * Rows * Columns, input.Bytes);
        var values = new float[2 * Columns];
        file.Gather([Rows - 1, 3], values);
        Assert.Equal([.. new float[Columns - 1], 7f, .. new float[Columns]], values);
        Assert.Equal(7f, file.Range(Rows - 2, 2, new())[^1]);
        Assert.Equal(0, SpreadCenters.Choose(file, 1, new SeededRandom(1))[5]);
    }

    [Fact]
    public void Widen_EveryHalf_IsTheConversionOfOne()
    {
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(bits => (ushort)bits)];
        var values = new float[65536 + 3];
        HalfFloat.Widen(halves, values.AsSpan(0, 65536));
        for (var bits = 0; bits < 65536; bits++)
            Assert.Equal((float)BitConverter.UInt16BitsToHalf((ushort)bits), values[bits]);
        HalfFloat.Widen(halves.AsSpan(0x3c00, 3), values.AsSpan(0, 3));
        Assert.Equal(1f, values[0]);
    }

    [Fact]
    public void Divide_RowsOfAnyLength_RoundsAsOneValueAtATime() =>
        Gen.Select(Gen.Int[0, 70], Gen.Int[0, 1000])
            .Sample(
                (length, seed) =>
                {
                    var random = new SeededRandom(seed);
                    float[] values = [.. Enumerable.Range(0, length).Select(_ => (float)random.NextNormal())];
                    var norm = 0.01 + random.NextUniform();
                    float[] expected = [.. values.Select(x => (float)(x / norm))];
                    RowNorm.Divide(values, norm);
                    Assert.Equal(expected, values);
                }
            );

    void SaveShards(float[] values, int columns, int[] cuts, string type = "<f4")
    {
        var rows = values.Length / columns;
        if (Directory.Exists(_folder.File("x")))
            Directory.Delete(_folder.File("x"), recursive: true);
        Directory.CreateDirectory(_folder.File("x"));
        int[] ends = [.. cuts, rows];
        for (var s = 0; s < ends.Length; s++)
        {
            var first = s == 0 ? 0 : ends[s - 1];
            ShardFile.Save(_folder.File($"x/part-{s}.npy"), values[(first * columns)..(ends[s] * columns)], columns, type);
        }
    }
}
