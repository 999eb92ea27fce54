using System.Text;
using CoKe.Errors;
using CoKe.Files;

namespace CoKe.Cli.Tests.Output;

public sealed class OutputFileTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Dispose_NotWritten_LeavesWhatWasThereAndNothingElse()
    {
        File.WriteAllText(_folder.File("x"), "before");
        using (new OutputFile(_folder.File("x"), bytes: 1000)) { }

        Assert.Equal("before", File.ReadAllText(_folder.File("x")));
        Assert.Equal(["x"], Names());
    }

    [Fact]
    public void Write_OverALink_WritesWhereItPoints()
    {
        File.WriteAllText(_folder.File("target"), "before");
        File.CreateSymbolicLink(_folder.File("link"), _folder.File("target"));
        Write(_folder.File("link"), "after");
        Assert.Equal("after", File.ReadAllText(_folder.File("target")));
        Assert.NotNull(new FileInfo(_folder.File("link")).LinkTarget);
    }

    [Fact]
    public void Write_ToADevice_DoesNotReplaceIt()
    {
        Write("/dev/null", "gone");
        Assert.Equal("", File.ReadAllText("/dev/null"));
    }

    [Fact]
    public void Write_LessThanTheSpaceThatWasTaken_IsAsLongAsItsContent()
    {
        using (var file = new OutputFile(_folder.File("x"), bytes: 1 << 20))
            file.Write(stream => stream.Write("short"u8));
        Assert.Equal("short", File.ReadAllText(_folder.File("x")));
    }

    [Theory]
    [InlineData("/sys/l.npy")]
    [InlineData("/sys/kernel/labels.npy")]
    [InlineData("/proc/l.npy")]
    [InlineData("/dev/null/l.npy")]
    public void Open_PlaceThatTakesNoFiles_IsRefusedByTheNameThatWasGiven(string path)
    {
        var refused = Assert.Throws<InvalidFileException>(() => new OutputFile(path));
        Assert.StartsWith($"{path} cannot be written: ", refused.Message);
        Assert.DoesNotContain("coke-result", refused.Message);
    }

    [Theory]
    [InlineData("x", 1)]
    [InlineData("x", 2)]
    [InlineData("x", 5)]
    [InlineData("x", 246)]
    [InlineData("x", 251)]
    [InlineData("x", 255)]
    [InlineData("é", 127)]
    [InlineData("特", 85)]
    public void Write_NameOfAnyLengthThatTheSystemTakes_IsWrittenThroughNoLongerName(string letter, int times)
    {
        var name = string.Concat(Enumerable.Repeat(letter, times));
        using var file = new OutputFile(_folder.File(name));
        Assert.True(Encoding.UTF8.GetByteCount(Assert.Single(Names())) <= Encoding.UTF8.GetByteCount(name));
        file.Write(stream => stream.Write("whole"u8));
        Assert.Equal([name], Names());
        Assert.Equal("whole", File.ReadAllText(_folder.File(name)));
    }

    [Theory]
    [InlineData("x", 256)]
    [InlineData("x", 300)]
    [InlineData("特", 86)]
    public void Open_NameThatIsTooLong_IsRefused(string letter, int times)
    {
        var path = _folder.File(string.Concat(Enumerable.Repeat(letter, times)));
        var refused = Assert.Throws<InvalidFileException>(() => new OutputFile(path));
        Assert.StartsWith($"{path} cannot be written: File name too long", refused.Message);
        Assert.Empty(Names());
    }

    [Theory]
    [InlineData(1L << 45)]
    [InlineData(1L << 60)]
    public void Open_NoRoom_IsRefusedAndLeavesNothing(long bytes)
    {
        var refused = Assert.Throws<InvalidFileException>(() => new OutputFile(_folder.File("x"), bytes));
        Assert.StartsWith($"{_folder.File("x")} cannot be written: there is no room for its {bytes} bytes", refused.Message);
        Assert.Empty(Names());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(100_000)]
    public void Write_DiskFullInTheEnd_NamesTheFileAndWhereTheResultIs(int bytes)
    {
        using var file = new OutputFile("/dev/full");
        var failed = Assert.Throws<InvalidFileException>(() => file.Write(stream => stream.Write(new byte[bytes])));
        var rescued = Rescued(failed, "/dev/full cannot be written: No space left on device; the finished result is in ");
        Assert.Equal(bytes, new FileInfo(rescued).Length);
        File.Delete(rescued);
    }

    [Fact]
    public void Write_PlaceTakenByAFolderMeanwhile_KeepsTheFinishedResultByName()
    {
        using (var file = new OutputFile(_folder.File("labels")))
        {
            Directory.CreateDirectory(_folder.File("labels"));
            File.WriteAllText(_folder.File("labels/x"), "");
            var failed = Assert.Throws<InvalidFileException>(() => file.Write(stream => stream.Write("whole"u8)));
            var kept = Rescued(failed, $"{_folder.File("labels")} cannot be replaced: ", "the finished result is in ");
            Assert.Equal("whole", File.ReadAllText(kept));
        }

        Assert.Equal(2, Names().Count());
    }

    [Fact]
    public void Complete_OneOfSeveralFailed_WritesTheOthersAndSaysWhich()
    {
        using var files = new OutputFiles(("a", _folder.File("a"), 0), ("b", "/dev/full", 0), ("c", null, 0), ("d", _folder.File("d"), 0));
        foreach (var key in (string[])["a", "b", "c", "d"])
            files.Write(key, stream => stream.Write("whole"u8));
        Assert.Equal(["a", "d"], Names());
        var failed = Assert.Throws<InvalidFileException>(files.Complete);
        File.Delete(Rescued(failed, "/dev/full cannot be written: ", "the finished result is in "));
    }

    [Fact]
    public void Open_OneOfSeveralRefused_LeavesNothing()
    {
        Assert.Throws<InvalidFileException>(() => new OutputFiles(("a", _folder.File("a"), 0), ("b", "/sys/b", 0)));
        Assert.Empty(Names());
    }

    [Fact]
    public void CheckWritable_FolderOrNone_IsRefused()
    {
        Assert.Throws<InvalidFileException>(() => OutputPath.CheckWritable(Path.GetTempPath()));
        Assert.Throws<InvalidFileException>(() => OutputPath.CheckWritable(_folder.File("absent/x")));
        Assert.Throws<InvalidFileException>(() => OutputPath.CheckWritable(""));
        OutputPath.CheckWritable(_folder.File("new"));
    }

    [Theory]
    [InlineData("features.npy")]
    [InlineData("../folder/features.npy")]
    [InlineData("link.npy")]
    public void CheckApart_OutputIsTheInput_IsRefused(string output)
    {
        var path = _folder.File("features.npy");
        File.WriteAllText(path, "features");
        File.CreateSymbolicLink(_folder.File("link.npy"), path);
        output = _folder.File(output.Replace("folder", Path.GetFileName(Path.GetDirectoryName(path)!)));
        var refused = Assert.Throws<InvalidOptionsException>(() => OutputPath.CheckApart(path, ("centers", null), ("out", output)));
        Assert.Contains("--out", refused.Message);
        OutputPath.CheckApart(path, ("out", _folder.File("labels.npy")));
    }

    [Fact]
    public void Check_TwoNamesOfOneFile_IsRefused()
    {
        File.WriteAllText(_folder.File("x"), "");
        File.CreateSymbolicLink(_folder.File("link"), _folder.File("x"));
        Assert.Throws<InvalidOptionsException>(() => OutputPath.Check(("labels", _folder.File("x")), ("centers", _folder.File("link"))));
    }

    static void Write(string path, string text)
    {
        using var file = new OutputFile(path);
        file.Write(stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The file that the error names last.</summary>
    static string Rescued(InvalidFileException failed, params string[] parts)
    {
        Assert.All(parts, part => Assert.Contains(part, failed.Message));
        var from = failed.Message.LastIndexOf(parts[^1], StringComparison.Ordinal) + parts[^1].Length;
        return failed.Message[from..failed.Message.LastIndexOf(": move it from there.", StringComparison.Ordinal)];
    }

    IOrderedEnumerable<string> Names() =>
        Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(_folder.File("x"))!).Select(path => Path.GetFileName(path)!).Order();
}
