using System.Runtime.InteropServices;
using System.Text;
using CoKe.Cli.Features;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CsCheck;

namespace CoKe.Cli.Tests.Features;

public sealed class NpyFileTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_ThenReadMatrix_GivesEqualBits() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 40], Gen.Int)
            .Sample(
                (rows, columns, seed) =>
                {
                    var values = RandomValues(rows * columns, seed);
                    var path = _folder.File($"{rows}x{columns}x{seed}.npy");
                    SavedArray.Save(path, values, rows, columns);
                    var read = NpyFile.ReadMatrix(path);
                    return read.Rows == rows && read.Columns == columns && read.Values.SequenceEqual(values);
                },
                iter: 50
            );

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ReadMatrix_EveryVersion_IsUnderstood(byte version)
    {
        var path = Save(version, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }", [1f, 2f]);
        Assert.Equal([1f, 2f], NpyFile.ReadMatrix(path).Values);
    }

    [Fact]
    public void ReadMatrix_KeysInAnotherOrder_IsUnderstood()
    {
        var path = Save(1, "{\"shape\": (1L, 2L), \"fortran_order\": False, \"descr\": \"<f4\"}\n", [1f, 2f]);
        Assert.Equal((1, 2), NpyFile.ReadMatrix(path) is var read ? (read.Rows, read.Columns) : default);
    }

    [Fact]
    public void ReadMatrix_Float64_IsConverted()
    {
        var path = Save(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }", [0.1, -2.5]);
        Assert.Equal([0.1f, -2.5f], NpyFile.ReadMatrix(path).Values);
    }

    [Theory]
    [InlineData("{'descr': '<c8', 'fortran_order': False, 'shape': (1, 1), }", "astype('<f4')")]
    [InlineData("{'descr': '<f16', 'fortran_order': False, 'shape': (1, 2), }", "astype('<f4')")]
    [InlineData("{'descr': '<U1', 'fortran_order': False, 'shape': (1, 2), }", "astype('<f4')")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1, 2), }", "astype('<f4')")]
    [InlineData("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1, 2), }", "numpy.save")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "2-D")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 2), }", "2-D")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "2-D")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 2), }", "nothing to cluster")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }", "truncated")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }", "too long")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647), }", "fewer rows")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 3), }", "fewer rows")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 3), }", "damaged")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -2), }", "damaged")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}", "numpy.save")]
    [InlineData("", "numpy.save")]
    public void ReadMatrix_HeaderThatCannotBe_IsRefusedWithRemedy(string header, string remedy)
    {
        var error = Assert.Throws<InvalidFileException>(() => NpyFile.ReadMatrix(Save(1, header, [1f, 2f])));
        Assert.Contains(remedy, error.Message);
        Assert.EndsWith(".npy", error.Field);
    }

    [Fact]
    public void ReadMatrix_OtherMagic_IsRefused()
    {
        var path = _folder.File("x.npy");
        File.WriteAllBytes(path, new byte[200]);
        Assert.Contains("no .npy file", Assert.Throws<InvalidFileException>(() => NpyFile.ReadMatrix(path)).Message);
    }

    [Fact]
    public void ReadMatrix_UnknownVersion_IsRefused() =>
        Assert.Contains("version 4", Assert.Throws<InvalidFileException>(() => NpyFile.ReadMatrix(Save(4, "{}", [1f]))).Message);

    [Fact]
    public void ReadMatrix_HeaderOfGigabytes_IsRefusedBeforeItIsAllocated()
    {
        var path = _folder.File("long.npy");
        File.WriteAllBytes(path, [0x93, .. "NUMPY"u8, 2, 0, 0xff, 0xff, 0xff, 0x7f]);
        Assert.Contains("damaged", Assert.Throws<InvalidFileException>(() => NpyFile.ReadMatrix(path)).Message);
    }

    [Fact]
    public void ReadMatrix_AbsentFile_IsRefused() =>
        Assert.Contains(
            "does not exist",
            Assert.Throws<InvalidFileException>(() => NpyFile.ReadMatrix(_folder.File("absent.npy"))).Message
        );

    [Fact]
    public void ReadMatrix_TruncatedAnywhere_IsRefused()
    {
        var path = _folder.File("whole.npy");
        SavedArray.Save(path, RandomValues(6, 1), 2, 3);
        var whole = File.ReadAllBytes(path);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<InvalidFileException>(() => NpyFile.ReadMatrix(path));
        }
    }

    [Fact]
    public void ReadMatrix_AnyDamagedByteOfTheHeader_GivesValuesOrATypedError() =>
        Gen.Select(Gen.Int[0, 127], Gen.Byte)
            .Sample(
                (at, value) =>
                {
                    var path = _folder.File("damaged.npy");
                    SavedArray.Save(path, RandomValues(6, 1), 2, 3);
                    var bytes = File.ReadAllBytes(path);
                    bytes[at] = value;
                    File.WriteAllBytes(path, bytes);
                    try
                    {
                        NpyFile.ReadMatrix(path);
                    }
                    catch (InvalidFileException) { }
                },
                iter: 500,
                threads: 1
            );

    [Fact]
    public void Write_Int32_HasTheHeaderThatNumPyWrites()
    {
        var path = _folder.File("labels.npy");
        SavedArray.Save(path, [3, 4, 5], 3);
        var bytes = File.ReadAllBytes(path);
        Assert.Equal(128 + 12, bytes.Length);
        Assert.StartsWith("{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }", Encoding.Latin1.GetString(bytes, 10, 118));
        Assert.Equal((byte)'\n', bytes[127]);
        Assert.Equal([3, 4, 5], MemoryMarshal.Cast<byte, int>(bytes.AsSpan(128)).ToArray());
    }

    string Save<T>(byte version, string header, T[] values)
        where T : unmanaged
    {
        var path = _folder.File("array.npy");
        var text = Encoding.Latin1.GetBytes(header);
        var length = version == 1 ? BitConverter.GetBytes((ushort)text.Length) : BitConverter.GetBytes(text.Length);
        File.WriteAllBytes(path, [0x93, .. "NUMPY"u8, version, 0, .. length, .. text, .. MemoryMarshal.AsBytes<T>(values)]);
        return path;
    }

    static float[] RandomValues(int count, int seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)random.NextNormal())];
    }
}
