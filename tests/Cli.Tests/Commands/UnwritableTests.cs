using CoKe.Cli.CommandLine;
using CoKe.Cli.Tests.Features;

namespace CoKe.Cli.Tests.Commands;

/// <summary>Results that cannot be written: known before the first pass, whichever file it is, and in the words of the command.</summary>
public sealed class UnwritableTests(StoredRun stored) : IClassFixture<StoredRun>, IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--out")]
    [InlineData("--centers")]
    [InlineData("--report")]
    public async Task Cluster_AnyResultInAPlaceThatTakesNone_IsRefusedBeforeTheFirstPass(string option)
    {
        Blobs.Save(_folder.File("x.npy"), 300, 6, 3);
        string[] options = ["--out", _folder.File("y.npy"), "--centers", _folder.File("c.npy"), "--report", _folder.File("r.html")];
        options[Array.IndexOf(options, option) + 1] = "/sys/result";
        AssertRefusedBeforeTheWork(await Outcome.OfAsync(["cluster", _folder.File("x.npy"), "--heads", "3", .. options]), "/sys/result");
        Assert.Equal(["x.npy"], Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(_folder.File("x"))!).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(246)]
    [InlineData(255)]
    public async Task Cluster_LongName_IsWritten(int length)
    {
        Blobs.Save(_folder.File("x.npy"), 300, 6, 3);
        var path = _folder.File(new string('y', length - 4) + ".npy");
        Assert.Equal(ExitCode.Done, (await Outcome.OfAsync("cluster", _folder.File("x.npy"), "--heads", "3", "--out", path)).ExitCode);
        Assert.Equal(128 + (4 * 300), new FileInfo(path).Length);
    }

    [Fact]
    public async Task Cluster_DiskFullInTheEnd_WritesTheOtherResultsAndSaysWhereThisOneIs()
    {
        Blobs.Save(_folder.File("x.npy"), 300, 6, 3);
        string[] cluster = ["cluster", _folder.File("x.npy"), "--heads", "3", "--out", "/dev/full", "--centers", _folder.File("c.npy")];
        var outcome = await Outcome.OfAsync(cluster);
        Assert.Equal(ExitCode.Refused, outcome.ExitCode);
        Assert.True(File.Exists(_folder.File("c.npy")));
        var line = outcome.Error.TrimEnd().Split('\n')[^1];
        const string Where = "/dev/full cannot be written: No space left on device; the finished result is in ";
        Assert.StartsWith(Where, line);
        var rescued = line[Where.Length..line.LastIndexOf(": move", StringComparison.Ordinal)];
        Assert.Equal(128 + (4 * 300), new FileInfo(rescued).Length);
        File.Delete(rescued);
    }

    [Theory]
    [InlineData("--labels", "/sys/result")]
    [InlineData("--centers", "/sys/result")]
    public async Task Export_PlaceThatTakesNone_IsRefused(string option, string path) =>
        AssertRefusedBeforeTheWork(await stored.AskAsync("export", StoredRun.Run, "--head", "0", option, path), path);

    [Fact]
    public async Task Export_CentersWhoseNumberMakesTheNameTooLong_IsRefusedByThatName()
    {
        var path = _folder.File(new string('c', 247) + ".npy");
        AssertRefusedBeforeTheWork(await stored.AskAsync("export", StoredRun.Run, "--centers", path), path.Replace(".npy", ".head0.npy"));
    }

    [Theory]
    [InlineData()]
    [InlineData("--with-sizes")]
    public async Task Assign_PlaceThatTakesNone_IsRefused(params string[] options) =>
        AssertRefusedBeforeTheWork(
            await stored.AskAsync(["assign", StoredRun.Run, stored.File("blobs.npy"), "--out", "/sys/result", .. options]),
            "/sys/result"
        );

    static void AssertRefusedBeforeTheWork(Outcome outcome, string path)
    {
        Assert.Equal(ExitCode.Refused, outcome.ExitCode);
        Assert.StartsWith($"{path} cannot be written: ", outcome.ErrorLine); // and no line of a pass
        Assert.DoesNotContain("coke-result", outcome.ErrorLine);
    }
}
