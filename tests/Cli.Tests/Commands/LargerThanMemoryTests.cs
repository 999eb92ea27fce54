using System.Globalization;
using System.IO.Compression;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Tests.Features;

namespace CoKe.Cli.Tests.Commands;

/// <summary>Features that do not fit stay in their files, and give the labels that they give in memory, bit for bit.</summary>
public sealed class LargerThanMemoryTests : IDisposable
{
    const int N = 3000,
        d = 24;

    readonly TemporaryFolder _folder = new();

    public LargerThanMemoryTests() => Directory.CreateDirectory(_folder.File("x"));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData]
    [InlineData("--init", "random", "--seed", "4")]
    [InlineData("--online")]
    [InlineData("--max-size-ratio", "1.1", "--min-size-ratio", "0.95")]
    [InlineData("--memory")]
    public async Task Cluster_RowsInFilesOrInMemory_GivesEqualResults(params string[] options)
    {
        Save("<f2");
        var expected = await ClusterAsync("x.npy", "memory", options);
        foreach (var (features, rows) in new[] { ("x.npy", "files"), ("x", "memory"), ("x", "files") })
            Assert.Equal(expected, await ClusterAsync(features, rows, options));
    }

    [Fact]
    public async Task Cluster_FolderOfShards_SaysWhatWasReadAndFromWhere()
    {
        Save("<f2");
        File.WriteAllText(_folder.File("x/notes.txt"), "");
        var json = (await RunAsync("x/", "files", "--json")).Json.GetProperty("read");
        string?[] shards = ["part-8.npy", "part-9.npy", "part-10.npy", "part-11.npy"];
        Assert.Equal(shards, json.GetProperty("files").EnumerateArray().Select(file => file.GetString()));
        Assert.Equal((N, d), (json.GetProperty("rows").GetInt32(), json.GetProperty("columns").GetInt32()));
        Assert.Equal(2L * N * d, json.GetProperty("bytes").GetInt64());
        Assert.Equal("float16", json.GetProperty("type").GetString());
        Assert.False(json.GetProperty("in_memory").GetBoolean());
        const string Said =
            "part-8.npy to part-11.npy; 144,000 bytes of float16, left in place and read in batches by every pass. "
            + "Without rows: part-9.npy. Left out: notes.txt.";
        Assert.Contains($"Read: 4 shards of {_folder.File("x")}, {Said}", (await RunAsync("x", "files")).Out);
        Assert.Contains(Said, File.ReadAllText(_folder.File("page.html")));
        Assert.Contains(
            $"Read: {_folder.File("x.npy")}; 144,000 bytes of float16, held in memory as float32.",
            (await RunAsync("x.npy", "auto")).Out
        );
    }

    [Fact]
    public async Task Cluster_MoreThanTheHeapTakes_LeavesTheRowsInTheirFiles()
    {
        const int Rows = 40_000,
            Columns = 512;
        var values = ShardFile.Values(Rows, Columns);
        SavedArray.Save(_folder.File("x.npy"), values, Rows, Columns);
        foreach (var (s, part) in values.Chunk(Rows / 8 * Columns).Index())
            SavedArray.Save(_folder.File($"x/part-{s}.npy"), part, Rows / 8, Columns);
        string[] options = ["--heads", "20", "--epochs", "2"];
        var limited = await LimitedProcess.RunAsync(
            75,
            ["cluster", _folder.File("x"), "--out", _folder.File("y.npy"), "--json", .. options]
        );
        Assert.True(limited.ExitCode == ExitCode.Done, limited.Error);
        Assert.False(limited.Json.GetProperty("read").GetProperty("in_memory").GetBoolean());
        var held = await Outcome.OfAsync(["cluster", _folder.File("x.npy"), "--out", _folder.File("z.npy"), .. options]);
        Assert.Equal(ExitCode.Done, held.ExitCode);
        Assert.Equal(File.ReadAllBytes(_folder.File("z.npy")), File.ReadAllBytes(_folder.File("y.npy")));

        // What asks for memory all the same is refused, and what it is told to do works, as above.
        limited = await LimitedProcess.RunAsync(
            75,
            ["cluster", _folder.File("x"), "--out", _folder.File("y.npy"), "--rows", "memory", .. options]
        );
        Assert.Equal(ExitCode.Refused, limited.ExitCode);
        Assert.Contains("leave out --rows memory: rows can stay in their files", limited.ErrorLine);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cluster_RowsThatDoNotLieTogether_AreRefusedAndSavedAnewTheyAreNot(bool archive)
    {
        const int Rows = 40_000,
            Columns = 256;
        var values = ShardFile.Values(Rows, Columns);
        ShardFile.Save(_folder.File("x.npy"), values, Columns, fortran: !archive);
        var path = _folder.File("x.npy");
        if (archive)
        {
            path = _folder.File("x.npz");
            using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
            zip.CreateEntryFromFile(_folder.File("x.npy"), "x.npy", CompressionLevel.NoCompression);
        }

        string[] options = ["--heads", "20", "--epochs", "1", "--out", _folder.File("y.npy")];
        var limited = await LimitedProcess.RunAsync(50, ["cluster", path, .. options]);
        Assert.Equal(ExitCode.Refused, limited.ExitCode);
        Assert.Contains(
            "or save it with numpy.save('features.npy', numpy.ascontiguousarray(x)): then its rows can stay in the file",
            limited.ErrorLine
        );
        var asked = await Outcome.OfAsync(["cluster", path, "--rows", "files", .. options]);
        Assert.Contains(
            archive
                ? "is an archive, so that its rows cannot stay in the file: leave out --rows files"
                : "holds columns first, so that its rows cannot stay in the file: leave out --rows files",
            asked.ErrorLine
        );
        Assert.Equal(ExitCode.Done, (await Outcome.OfAsync(["cluster", path, .. options])).ExitCode);

        SavedArray.Save(_folder.File("features.npy"), values, Rows, Columns);
        limited = await LimitedProcess.RunAsync(50, ["cluster", _folder.File("features.npy"), .. options]);
        Assert.True(limited.ExitCode == ExitCode.Done, limited.Error);
    }

    [Fact]
    public async Task Cluster_TooFewBytesEvenForRowsInFiles_IsRefusedAndMoreOfThemAreEnough()
    {
        SavedArray.Save(_folder.File("x.npy"), ShardFile.Values(30_000, 512), 30_000, 512);
        string[] line = ["cluster", _folder.File("x.npy"), "--heads", "20", "--epochs", "1", "--out", _folder.File("y.npy")];
        var limited = await LimitedProcess.RunAsync(25, line);
        Assert.Equal(ExitCode.Refused, limited.ExitCode);
        Assert.Contains("bytes of memory even where its rows stay in their files", limited.ErrorLine);
        var said = limited.ErrorLine.Split("needs ")[1].Split(' ')[0];
        var needed = long.Parse(said, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        limited = await LimitedProcess.RunAsync((int)(needed / 1_000_000) + 1, line);
        Assert.True(limited.ExitCode == ExitCode.Done, limited.Error);
    }

    [Theory]
    [InlineData("--out", "x/labels.npy")]
    [InlineData("--centers", "x/part-12.npy")]
    [InlineData("--out", "x/part-8.npy")]
    public async Task Cluster_OutputAmongTheShards_IsRefused(string option, string output)
    {
        Save("<f4");
        string[] outputs = option == "--out" ? [] : ["--out", _folder.File("y.npy")];
        var outcome = await Outcome.OfAsync(["cluster", _folder.File("x"), "--heads", "5", option, _folder.File(output), .. outputs]);
        Assert.Equal(ExitCode.Refused, outcome.ExitCode);
        Assert.Contains("lies in the folder of features, whose .npy files are read as rows", outcome.ErrorLine);
        Assert.Equal(4, Directory.GetFiles(_folder.File("x")).Length);
    }

    [Theory]
    [InlineData]
    [InlineData("--with-sizes")]
    [InlineData("--with-sizes", "--rows", "files")]
    public async Task Assign_FolderOfShards_GivesTheLabelsOfOneFile(params string[] options)
    {
        Save("<f2");
        string[] data = ["--data", _folder.File("runs.db")];
        string[] first = ["cluster", _folder.File("x/"), "--heads", "7", "--epochs", "3", "--out", _folder.File("c.npy")];
        Assert.Equal(ExitCode.Done, (await Outcome.OfAsync([.. first, .. data])).ExitCode);
        foreach (var (features, labels) in new[] { ("x.npy", "y.npy"), ("x", "z.npy") })
        {
            var more = features == "x" ? options : [.. options.Take(1)];
            var outcome = await Outcome.OfAsync(["assign", "x", _folder.File(features), "--out", _folder.File(labels), .. more, .. data]);
            Assert.True(outcome.ExitCode == ExitCode.Done, outcome.Error);
            Assert.Contains("144,000 bytes of float16", outcome.Out);
        }

        Assert.Equal(File.ReadAllBytes(_folder.File("y.npy")), File.ReadAllBytes(_folder.File("z.npy")));
    }

    async Task<(string Labels, string Centers)> ClusterAsync(string features, string rows, string[] options)
    {
        Assert.Equal(ExitCode.Done, (await RunAsync(features, rows, options)).ExitCode);
        return (
            Convert.ToHexString(File.ReadAllBytes(_folder.File("y.npy"))),
            Convert.ToHexString(File.ReadAllBytes(_folder.File("c.npy")))
        );
    }

    Task<Outcome> RunAsync(string features, string rows, params string[] options) =>
        Outcome.OfAsync([
            "cluster",
            _folder.File(features),
            "--heads",
            "7,20",
            "--epochs",
            "4",
            "--rows",
            rows,
            "--out",
            _folder.File("y.npy"),
            "--centers",
            _folder.File("c.npy"),
            "--report",
            _folder.File("page.html"),
            .. options,
        ]);

    // The same rows in one file and in shards, of which one is empty.
    void Save(string type)
    {
        var values = Blobs.Create(N, d, 9).Values;
        ShardFile.Save(_folder.File("x.npy"), values, d, type);
        int[] ends = [1100, 1100, 1107, N];
        for (var s = 0; s < ends.Length; s++)
            ShardFile.Save(_folder.File($"x/part-{s + 8}.npy"), values[((s == 0 ? 0 : ends[s - 1]) * d)..(ends[s] * d)], d, type);
    }
}
