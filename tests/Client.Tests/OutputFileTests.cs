using CoKe.Client.Output;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Tests;

public sealed class OutputFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Dispose_NotCompleted_LeavesWhatWasThereAndNothingElse()
    {
        File.WriteAllText(folder.File("x"), "before");
        using (var file = new OutputFile(folder.File("x"))) file.Stream.WriteByte(1);
        Assert.Equal("before", File.ReadAllText(folder.File("x")));
        Assert.Single(Directory.EnumerateFiles(Path.GetDirectoryName(folder.File("x"))!));
    }

    [Fact]
    public void WriteText_OverALink_WritesWhereItPoints()
    {
        File.WriteAllText(folder.File("target"), "before");
        File.CreateSymbolicLink(folder.File("link"), folder.File("target"));
        OutputFile.WriteText(folder.File("link"), "after");
        Assert.Equal("after", File.ReadAllText(folder.File("target")));
        Assert.NotNull(new FileInfo(folder.File("link")).LinkTarget);
    }

    [Fact]
    public void WriteText_ToADevice_DoesNotReplaceIt()
    {
        OutputFile.WriteText("/dev/null", "gone");
        Assert.Equal("", File.ReadAllText("/dev/null"));
    }

    [Fact]
    public void CheckWritable_FolderOrNone_IsRefused()
    {
        Assert.Throws<InvalidFileException>(() => OutputFile.CheckWritable(Path.GetTempPath()));
        Assert.Throws<InvalidFileException>(() => OutputFile.CheckWritable(folder.File("absent/x")));
        OutputFile.CheckWritable(folder.File("new"));
    }

    [Theory]
    [InlineData("features.npy")]
    [InlineData("../folder/features.npy")]
    [InlineData("link.npy")]
    public void CheckApart_OutputIsTheInput_IsRefused(string output)
    {
        var path = folder.File("features.npy");
        File.WriteAllText(path, "features");
        File.CreateSymbolicLink(folder.File("link.npy"), path);
        output = folder.File(output.Replace("folder", Path.GetFileName(Path.GetDirectoryName(path)!)));
        var refused = Assert.Throws<InvalidOptionsException>(() => OutputFile.CheckApart(path, ("centers", null), ("out", output)));
        Assert.Contains("--out", refused.Message);
        OutputFile.CheckApart(path, ("out", folder.File("labels.npy")));
    }

    [Fact]
    public void Check_TwoNamesOfOneFile_IsRefused()
    {
        File.WriteAllText(folder.File("x"), "");
        File.CreateSymbolicLink(folder.File("link"), folder.File("x"));
        Assert.Throws<InvalidOptionsException>(() => OutputFile.Check(("labels", folder.File("x")), ("centers", folder.File("link"))));
    }
}
