using System.Globalization;
using System.Text.RegularExpressions;
using CoKe.Cli.CommandLine;

namespace CoKe.Cli.Tests.Commands;

/// <summary>A process whose heap is limited refuses what it has no room for before it reads; what it says would fit does.</summary>
public sealed partial class MemoryTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(30_000, 512, 66, "--heads", "20")]
    [InlineData(30_000, 64, 25, "--heads", "10,1000")]
    [InlineData(200_000, 16, 40, "--heads", "20")]
    [InlineData(12_000, 512, 90, "--heads", "20", "--memory")]
    public async Task Cluster_MoreThanTheHeapTakes_IsRefusedWithNumbersAndTheRowsThatFitDo(
        int rows,
        int dimension,
        int megabytes,
        params string[] options
    )
    {
        var path = _folder.File("x.npy");
        Save(path, rows, dimension);
        string[] line = ["cluster", path, .. options, "--rows", "memory", "--epochs", "2", "--out", _folder.File("y.npy")];
        var (code, error) = await LimitedAsync(megabytes, line);
        Assert.Equal(ExitCode.Refused, code);
        var said = Sentence().Match(Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        Assert.True(said.Success, error);
        Assert.Equal(4L * rows * dimension, Number(said.Groups[2]));
        Assert.True(Number(said.Groups[1]) > megabytes * 1_000_000L, error);
        Assert.True(Number(said.Groups[3]) <= megabytes * 1_100_000L, error);
        Assert.False(File.Exists(_folder.File("y.npy")));

        Save(path, (int)Number(said.Groups[4]), dimension);
        (code, error) = await LimitedAsync(megabytes, line);
        Assert.True(code == ExitCode.Done, error);
    }

    [Fact]
    public async Task Cluster_CentersThatNeedMoreThanThereIs_IsRefusedWithoutAskingForFewerRows()
    {
        Save(_folder.File("x.npy"), 20_000, 512);
        string[] line = ["cluster", _folder.File("x.npy"), "--heads", "5000", "--epochs", "2", "--out", _folder.File("y.npy")];
        var (code, error) = await LimitedAsync(60, line);
        Assert.Equal(ExitCode.Refused, code);
        Assert.Contains("needs ", error);
    }

    [Fact]
    public async Task Assign_MoreThanTheHeapTakes_IsRefusedInMemoryAndReadInBatches()
    {
        const int Rows = 150_000,
            d = 256;
        string[] data = ["--data", _folder.File("runs.db")];
        Save(_folder.File("small.npy"), 1000, d);
        Save(_folder.File("large.npy"), Rows, d);
        string[] first =
        [
            "cluster",
            _folder.File("small.npy"),
            "--heads",
            "5",
            "--epochs",
            "2",
            "--out",
            _folder.File("y.npy"),
            "--run",
            "r",
        ];
        Assert.Equal(ExitCode.Done, (await Outcome.OfAsync([.. first, .. data])).ExitCode);
        string[] line = ["assign", "r", _folder.File("large.npy"), "--out", _folder.File("z.npy"), .. data];
        var (code, error) = await LimitedAsync(120, [.. line, "--with-sizes", "--rows", "memory"]);
        Assert.Equal(ExitCode.Refused, code);
        Assert.Contains("or leave out --rows memory: rows can stay in their files", error);
        (code, error) = await LimitedAsync(120, [.. line, "--with-sizes"]);
        Assert.True(code == ExitCode.Done, error);
        (code, error) = await LimitedAsync(120, line);
        Assert.True(code == ExitCode.Done, error);
        Assert.Equal(128 + (4L * Rows), new FileInfo(_folder.File("z.npy")).Length);
    }

    // Rows of few values and as many zeros, which are read as fast as any.
    static void Save(string path, int rows, int dimension)
    {
        var values = new float[rows * dimension];
        for (var row = 0; row < rows; row++)
            (values[row * dimension], values[(row * dimension) + 1 + (row % (dimension - 1))]) = (1, 1 + (row % 7));
        SavedArray.Save(path, values, rows, dimension);
    }

    static async Task<(int ExitCode, string Error)> LimitedAsync(int megabytes, params string[] args)
    {
        var outcome = await LimitedProcess.RunAsync(megabytes, args);
        return (outcome.ExitCode, outcome.Error);
    }

    static long Number(Group group) => long.Parse(group.Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"needs ([\d,]+) bytes of memory, ([\d,]+) for its features as float32 and [\d,]+ to cluster them, "
            + @"and this process may use ([\d,]+): take ([\d,]+) rows at most"
    )]
    private static partial Regex Sentence();
}
