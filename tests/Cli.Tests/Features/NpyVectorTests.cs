using System.Text;
using CoKe.Cli.Features;
using CoKe.Errors;

namespace CoKe.Cli.Tests.Features;

public sealed class NpyVectorTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("|i1", "03fe", 3, -2)]
    [InlineData("|u1", "03fe", 3, 254)]
    [InlineData("<i2", "0300feff", 3, -2)]
    [InlineData(">u2", "0003fffe", 3, 65534)]
    [InlineData("<i4", "03000000feffffff", 3, -2)]
    [InlineData(">i4", "00000003fffffffe", 3, -2)]
    [InlineData("<u4", "03000000feffffff", 3, 4294967294)]
    [InlineData("<i8", "0300000000000000feffffffffffffff", 3, -2)]
    [InlineData(">u8", "00000000000000030000000000000004", 3, 4)]
    [InlineData("<f2", "004200c0", 3, -2)]
    [InlineData("<f4", "00004040000000c0", 3, -2)]
    [InlineData(">f4", "40400000c0000000", 3, -2)]
    [InlineData("<f8", "000000000000084000000000000000c0", 3, -2)]
    public void Read_EveryTypeOfNumber_GivesItsValues(string type, string bytes, double first, double second) =>
        Assert.Equal([first, second], NpyVector.Read(Save(type, "2,", Convert.FromHexString(bytes)), 2));

    [Theory]
    [InlineData("|b1", "2,", 2, "no numbers")]
    [InlineData("<c8", "2,", 16, "astype('<f8')")]
    [InlineData("|O", "2,", 16, "astype('<f8')")]
    [InlineData("<U3", "2,", 24, "astype('<f8')")]
    [InlineData("<f8", "3,", 24, "holds 3 sizes for 2 clusters: give one per cluster")]
    [InlineData("<f8", "2, 1", 16, "sizes.ravel()")]
    [InlineData("<f8", "", 8, "sizes.ravel()")]
    [InlineData("<f8", "2,", 15, "is truncated: its header declares 16 bytes of values, 15 are there")]
    [InlineData("<f8", "2,", 24, "is too long")]
    public void Read_WhatAreNoSizesOfTheseClusters_IsRefusedWithRemedy(string type, string shape, int bytes, string remedy)
    {
        var path = Save(type, shape, new byte[bytes]);
        var error = Assert.Throws<InvalidFileException>(() => NpyVector.Read(path, 2));
        Assert.StartsWith(path, error.Message);
        Assert.Contains(remedy, error.Message);
    }

    [Fact]
    public void Read_AbsentFileOrFolder_IsRefused()
    {
        Assert.Contains("does not exist", Assert.Throws<InvalidFileException>(() => NpyVector.Read(_folder.File("absent.npy"), 2)).Message);
        Assert.Contains("cannot be read", Assert.Throws<InvalidFileException>(() => NpyVector.Read(Path.GetTempPath(), 2)).Message);
    }

    string Save(string type, string shape, byte[] values)
    {
        var path = _folder.File("sizes.npy");
        var text = Encoding.Latin1.GetBytes($"{{'descr': '{type}', 'fortran_order': False, 'shape': ({shape}), }}");
        File.WriteAllBytes(path, [0x93, .. "NUMPY"u8, 1, 0, .. BitConverter.GetBytes((ushort)text.Length), .. text, .. values]);
        return path;
    }
}
