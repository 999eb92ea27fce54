using CoKe.Errors;
using CoKe.Learning.Data;

namespace CoKe.Trainer.Tests.Data;

public sealed class IdxFileTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a")]
    [InlineData("a.gz")]
    public void ReadImages_AnySize_GivesShapeAndValues(string name)
    {
        var images = IdxFile.ReadImages(_folder.Write(name, IdxFiles.Idx([3, 4, 5], 60)));

        Assert.Equal((3, 1, 4, 5), (images.Count, images.Channels, images.Height, images.Width));
        Assert.Equal([0, 1, 2, 3], images[2][..4].ToArray());
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a.gz")]
    public void ReadImages_Truncated_IsRefused(string name)
    {
        var path = _folder.Write(name, IdxFiles.Idx([3, 4, 5], 59));

        Assert.Contains("a", AssertRefused(path).Field);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(9)]
    public void ReadImages_TruncatedHeader_IsRefused(int length) =>
        AssertRefused(_folder.Write("a", IdxFiles.Idx([3, 4, 5], 60)[..length]));

    [Fact]
    public void ReadImages_LabelsFile_IsRefusedByItsMagic() =>
        Assert.Contains("0x00000801", AssertRefused(_folder.Write("a", IdxFiles.Idx([60], 60))).Message);

    [Theory]
    [InlineData("a", 3u, 4u, 5000u)]
    [InlineData("a", uint.MaxValue, uint.MaxValue, uint.MaxValue)]
    [InlineData("a.gz", 60000u, 28u, 28u)]
    [InlineData("a.gz", uint.MaxValue, 1u, 1u)]
    [InlineData("a", 0u, 28u, 28u)]
    public void ReadImages_DimensionsBeyondTheFile_AreRefusedBeforeAllocation(string name, uint count, uint height, uint width) =>
        Assert.Contains("declares", AssertRefused(_folder.Write(name, IdxFiles.Idx([count, height, width], 60))).Message);

    [Fact]
    public void ReadImages_MoreValuesThanDeclared_IsRefused() =>
        Assert.Contains("more than", AssertRefused(_folder.Write("a", IdxFiles.Idx([3, 4, 5], 61))).Message);

    [Fact]
    public void ReadImages_DamagedGzip_IsRefused()
    {
        var path = _folder.Write("a.gz", IdxFiles.Idx([3, 4, 5], 60));
        File.WriteAllText(path, "this is no gzip file");

        AssertRefused(path);
    }

    [Fact]
    public void ReadImages_MissingFile_IsRefused() => AssertRefused(_folder.File("nothing"));

    static InvalidFileException AssertRefused(string path) => Assert.Throws<InvalidFileException>(() => IdxFile.ReadImages(path));
}
