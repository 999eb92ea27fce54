using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using CoKe.Cli.Features;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Cli.Tests.Features;

/// <summary>Arrays as other programs write them: every type of number, either byte order, columns first, archives.</summary>
public sealed class ForeignArrayTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReadMatrix_AnArchiveThatLiesOfWhatItUnpacksTo_IsRefusedBeforeMemoryIsTaken()
    {
        var array = File.ReadAllBytes(Save("<f4", false, "1, 536870000", new byte[8]));
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = zip.CreateEntry("x.npy").Open();
            entry.Write(array);
        }

        var archive = packed.ToArray();
        BitConverter.TryWriteBytes(archive.AsSpan(archive.AsSpan().LastIndexOf("PK\x01\x02"u8) + 24), array.Length - 8 + (4 * 536_870_000));
        File.WriteAllBytes(_folder.File("x.npz"), archive);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Contains(
            "more than a file of its size can hold",
            Assert.Throws<InvalidFileException>(() => NpyFile.ReadMatrix(_folder.File("x.npz"))).Message
        );

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Theory]
    [InlineData("<f2", "003c00c0")]
    [InlineData(">f2", "3c00c000")]
    [InlineData(">f4", "3f800000c0000000")]
    [InlineData("<f8", "000000000000f03f00000000000000c0")]
    [InlineData(">f8", "3ff0000000000000c000000000000000")]
    [InlineData("|i1", "01fe")]
    [InlineData("<i2", "0100feff")]
    [InlineData(">i4", "00000001fffffffe")]
    [InlineData("<i8", "0100000000000000feffffffffffffff")]
    public void ReadMatrix_EveryTypeOfNumber_GivesItsValues(string type, string bytes) =>
        Assert.Equal([1f, -2f], NpyFile.ReadMatrix(Save(type, false, "1, 2", Convert.FromHexString(bytes))).Values);

    [Theory]
    [InlineData("|u1", "01fe", 254)]
    [InlineData("|b1", "0101", 1)]
    [InlineData("<u2", "0100feff", 65534)]
    [InlineData(">u8", "0000000000000001000000000000000f", 15)]
    public void ReadMatrix_NumbersWithoutSign_GivesTheirValues(string type, string bytes, float second) =>
        Assert.Equal([1f, second], NpyFile.ReadMatrix(Save(type, false, "1, 2", Convert.FromHexString(bytes))).Values);

    [Theory]
    [InlineData(3, 2, "<f8", 1)]
    [InlineData(1, 5, "<f8", 2)]
    [InlineData(5, 1, ">f8", 3)]
    [InlineData(40_000, 3, "<f8", 1)]
    [InlineData(40_000, 3, ">f8", 2)]
    public void Batches_ColumnsFirst_AreTheRows(int rows, int columns, string type, byte version)
    {
        var random = new SeededRandom(rows);
        double[] byRows = [.. Enumerable.Range(0, rows * columns).Select(_ => random.NextNormal())];
        double[] byColumns = [.. Enumerable.Range(0, rows * columns).Select(i => byRows[(i % rows * columns) + (i / rows)])];
        var bytes = MemoryMarshal.AsBytes<double>(byColumns).ToArray();
        if (type[0] == '>')
            for (var at = 0; at < bytes.Length; at += 8)
                bytes.AsSpan(at, 8).Reverse();
        AssertRows(Save(type, true, $"{rows}, {columns}", bytes, version), Array.ConvertAll(byRows, x => (float)x), rows, columns);
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression, false)]
    [InlineData(CompressionLevel.Optimal, false)]
    [InlineData(CompressionLevel.NoCompression, true)]
    [InlineData(CompressionLevel.Optimal, true)]
    public void Batches_OfAnArchive_AreTheRowsOfItsOneMatrix(CompressionLevel level, bool columnsFirst)
    {
        float[] values = [1, 2, 3, 4, 5, 6],
            byColumns = [1, 3, 5, 2, 4, 6];
        var path = Archive(
            level,
            ("labels", "<i8", "3,", false, new byte[24]),
            ("features", "<f4", "3, 2", columnsFirst, MemoryMarshal.AsBytes<float>(columnsFirst ? byColumns : values).ToArray()),
            ("names", "|O", "3, 2", false, new byte[9])
        );
        AssertRows(path, values, 3, 2);
        const string Said = "array 'features' of the archive (labels, names passed over); rows had norms";
        Assert.StartsWith(Said, FeatureMatrix.Read(path).Preparation);
    }

    [Fact]
    public void ReadMatrix_ArchiveOfSeveralMatrices_IsRefusedWithTheirNames()
    {
        var path = Archive(
            CompressionLevel.Optimal,
            ("train", "<f4", "1, 1", false, new byte[4]),
            ("test", "<f4", "1, 1", false, new byte[4])
        );
        var refused = Assert.Throws<InvalidFileException>(() => NpyFile.ReadMatrix(path));
        Assert.Contains("several 2-D arrays, but train, test: save the rows alone with numpy.save(", refused.Message);
    }

    [Fact]
    public void ReadMatrix_ArchiveOfNoMatrix_IsRefusedWithItsNames()
    {
        var path = Archive(CompressionLevel.Optimal, ("a", "<f4", "1,", false, new byte[4]), ("b", "|O", "1, 1", false, new byte[4]));
        Assert.Contains("no 2-D array of numbers, but a, b", Assert.Throws<InvalidFileException>(() => NpyFile.ReadMatrix(path)).Message);
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void ReadMatrix_DamagedArchive_IsRefused(CompressionLevel level)
    {
        var random = new SeededRandom(1);
        float[] values = [.. Enumerable.Range(0, 2000).Select(_ => (float)random.NextNormal())];
        var path = Archive(level, ("x", "<f4", "1000, 2", false, MemoryMarshal.AsBytes<float>(values).ToArray()));
        var whole = File.ReadAllBytes(path);
        for (var at = 0; at < whole.Length; at += 97)
        {
            File.WriteAllBytes(path, whole[..at]);
            Assert.Throws<InvalidFileException>(() => NpyFile.ReadMatrix(path));
            var damaged = whole.ToArray();
            damaged[at] ^= 0x55;
            File.WriteAllBytes(path, damaged);
            try
            {
                NpyFile.ReadMatrix(path);
            }
            catch (InvalidFileException) { }
        }
    }

    void AssertRows(string path, float[] values, int rows, int columns)
    {
        var read = NpyFile.ReadMatrix(path);
        Assert.Equal((rows, columns), (read.Rows, read.Columns));
        Assert.Equal(values, read.Values);
        var whole = FeatureMatrix.Read(path).Values;
        using var file = FeatureFile.Open(path, batchValues: columns * ((rows / 3) + 1));
        Assert.Equal(whole, file.Batches().SelectMany(batch => batch.Values.ToArray()).ToArray());
        Assert.Equal(whole, file.Batches().SelectMany(batch => batch.Values.ToArray()).ToArray());
    }

    string Save(string type, bool columnsFirst, string shape, byte[] values, byte version = 1)
    {
        var path = _folder.File("x.npy");
        File.WriteAllBytes(path, Bytes(type, columnsFirst, shape, values, version));
        return path;
    }

    string Archive(CompressionLevel level, params (string Name, string Type, string Shape, bool ColumnsFirst, byte[] Values)[] arrays)
    {
        var path = _folder.File("x.npz");
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var array in arrays)
        {
            using var entry = archive.CreateEntry(array.Name + ".npy", level).Open();
            entry.Write(Bytes(array.Type, array.ColumnsFirst, array.Shape, array.Values, 1));
        }

        return path;
    }

    static byte[] Bytes(string type, bool columnsFirst, string shape, byte[] values, byte version)
    {
        var order = columnsFirst ? "True" : "False";
        var text = Encoding.Latin1.GetBytes($"{{'descr': '{type}', 'fortran_order': {order}, 'shape': ({shape}), }}\n");
        var length = version == 1 ? BitConverter.GetBytes((ushort)text.Length) : BitConverter.GetBytes(text.Length);
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. text, .. values];
    }
}
