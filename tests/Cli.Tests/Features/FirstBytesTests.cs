using System.IO.Compression;
using System.Text;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Features;
using CoKe.Errors;

namespace CoKe.Cli.Tests.Features;

/// <summary>Files that are no arrays say what they are, by their first bytes and not by their names, and what to do.</summary>
public sealed class FirstBytesTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "is empty: fetch")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "is a Git LFS pointer and not the file itself: ")]
    [InlineData("\n<!DOCTYPE html><html>", "is a web page")]
    [InlineData("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "is a web page")]
    [InlineData("0.5,0.25\n1,2\n", "is text: read it in Python, x = numpy.loadtxt(")]
    [InlineData("a\tb\n1\t2\n", "is text")]
    [InlineData("{\"features\": [[1, 2]]}", "is text")]
    [InlineData("\u001f\u008b\u0008\0", "is packed with gzip: unpack it with 'gzip -dc")]
    [InlineData("(\u00b5/\u00fd\0", "is packed with zstd")]
    [InlineData("\u00fd7zXZ\0", "is packed with xz")]
    [InlineData("BZh91AY", "is packed with bzip2")]
    [InlineData("\u0080\u0004\u0095\0\0", "is a Python pickle: read it in Python")]
    [InlineData("\u0080\u0002}q\0", "is a Python pickle")]
    [InlineData("\u0080\u0002\u008a\nl\u00fc\u009c", "is an old PyTorch file: read it in Python, x = torch.load(")]
    [InlineData("\u0040\0\0\0\0\0\0\0{\"a\":{}}", "is a safetensors file: read it in Python, x = safetensors")]
    [InlineData("\u0089HDF\r\n\u001a\n", "is an HDF5 file: read it in Python, x = h5py")]
    [InlineData("PAR1\u0015\0", "is a Parquet file")]
    [InlineData("MATLAB 5.0 MAT-file", "is a MATLAB file")]
    [InlineData("\u0089PNG\r\n\u001a\n", "is a PNG image")]
    [InlineData("\u00ff\u00d8\u00ff\u00e0", "is a JPEG image")]
    [InlineData("\0\0\u0008\u0003", "is an IDX file of images")]
    [InlineData("\u0001\u0002\u0003\u0004", "is no .npy file")]
    public async Task Read_FileOfAnotherKind_SaysWhichAndWhatToDo(string start, string said)
    {
        var path = _folder.File("features.npy");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(start));
        Assert.StartsWith($"{path} {said}", Assert.Throws<InvalidFileException>(() => NpyFile.ReadMatrix(path)).Message);
        Assert.StartsWith($"{path} {said}", Assert.Throws<InvalidFileException>(() => NpyVector.Read(path, 2)).Message);
        var outcome = await Outcome.OfAsync("cluster", path, "--heads", "2", "--out", _folder.File("y.npy"));
        Assert.Equal(ExitCode.Refused, outcome.ExitCode);
        Assert.StartsWith($"{path} {said}", outcome.ErrorLine);
    }

    [Theory]
    [InlineData("model/data.pkl")]
    [InlineData("notes.txt")]
    public void Read_ArchiveWithoutArrays_SaysSo(string entry)
    {
        var path = _folder.File("model.pth");
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Create))
            archive.CreateEntry(entry);
        Assert.StartsWith(
            $"{path} is a zip archive, as torch.save writes them: read it in Python",
            Assert.Throws<InvalidFileException>(() => NpyFile.ReadMatrix(path)).Message
        );
    }
}
