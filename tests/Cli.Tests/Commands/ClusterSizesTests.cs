using System.Runtime.InteropServices;
using System.Text.Json;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Features;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Tests.Commands;

/// <summary>Sizes of <c>coke cluster</c>: nine of ten rows lie in one direction, so the online rule misses what the exact step
/// keeps.</summary>
public sealed class ClusterSizesTests : IDisposable
{
    const int N = 400,
        d = 8,
        K = 8;

    readonly TemporaryFolder _folder = new();

    public ClusterSizesTests() => SavedArray.Save(_folder.File("x.npy"), Skewed().Values, N, d);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Cluster_ByDefault_KeepsEveryMinimumAndSaysSo()
    {
        var outcome = await ClusterAsync("--min-size-ratio", "0.9");
        Assert.Equal(ExitCode.Done, outcome.ExitCode);
        Assert.Contains("Every cluster has at least 45 (asked: 45, the whole part of 45.0); 0.000% below the best possible; ", outcome.Out);
        Assert.DoesNotContain("miss their minimum", outcome.Out);
        Assert.True(Sizes().Min() >= 45);
        Assert.Contains("exact sizes, K 8: ", outcome.Error);
    }

    [Fact]
    public async Task Cluster_Json_CarriesTheCertificate()
    {
        var outcome = await ClusterAsync("--min-size-ratio", "0.9", "--max-size-ratio", "1.1", "--strict", "--json");
        Assert.Equal(ExitCode.Done, outcome.ExitCode);
        var head = outcome.Json.GetProperty("heads")[0];
        var sizes = head.GetProperty("sizes");
        Assert.Equal(
            (45, 45, 55, 55),
            (Whole(sizes, "minimum"), Whole(sizes, "largest_minimum"), Whole(sizes, "smallest_maximum"), Whole(sizes, "maximum"))
        );
        Assert.True(sizes.GetProperty("exact").GetBoolean() && sizes.GetProperty("optimal").GetBoolean());
        Assert.Equal(0, sizes.GetProperty("gap").GetDouble());
        Assert.Equal(K, sizes.GetProperty("prices").GetArrayLength());
        Assert.Equal(0, sizes.GetProperty("missed").GetArrayLength());
        Assert.True(Whole(sizes, "moved") > 0 && Whole(sizes, "passes") > 0);
        Assert.InRange(sizes.GetProperty("limit").GetDouble(), head.GetProperty("mean_similarity").GetDouble() - 1e-6, 1);
        Assert.Equal((Sizes().Min(), Sizes().Max()), (Whole(head, "min"), Whole(head, "max")));
        Assert.True(head.GetProperty("violation").GetDouble() <= 0);
        Assert.True(head.GetProperty("last_pass").GetProperty("min").GetInt32() < 45);
        Assert.Equal(
            (1.1, false),
            (outcome.Json.GetProperty("maximum_size_ratio").GetDouble(), outcome.Json.GetProperty("online").GetBoolean())
        );
    }

    [Fact]
    public async Task Cluster_OnlineThatMissesMinimums_WarnsByNumberAndSize()
    {
        var outcome = await ClusterAsync("--min-size-ratio", "0.9", "--online");
        Assert.Equal(ExitCode.Done, outcome.ExitCode);
        var sizes = Sizes();
        var (size, emptiest) = sizes.Select((size, k) => (size, k)).Min();
        Assert.True(size < 45);
        Assert.Contains(
            $"warning: {sizes.Count(n => n < 45)} of 8 clusters miss their minimum size: cluster {emptiest} has {size} of 45",
            outcome.Out
        );
    }

    [Fact]
    public async Task Cluster_OnlineAndStrict_ExitsWith3AndWritesAllTheSame()
    {
        var outcome = await ClusterAsync("--min-size-ratio", "0.9", "--online", "--strict", "--json");
        Assert.Equal(ExitCode.MinimumMissed, outcome.ExitCode);
        var (json, sizes) = (outcome.Json, Sizes());
        Assert.Single(json.GetProperty("warnings").EnumerateArray(), warning => warning.GetString()!.Contains("miss their minimum size"));
        var view = json.GetProperty("heads")[0].GetProperty("sizes");
        Assert.False(view.GetProperty("exact").GetBoolean());
        Assert.Equal(JsonValueKind.Null, view.GetProperty("gap").ValueKind);
        var missed = view.GetProperty("missed").EnumerateArray().ToArray();
        Assert.Equal(sizes.Count(n => n < 45), missed.Length);
        Assert.All(missed, one => Assert.Equal((sizes[Whole(one, "cluster")], 45), (Whole(one, "size"), Whole(one, "minimum"))));
    }

    [Fact]
    public async Task Cluster_MaximumRatio_KeepsBothSidesAndSaysBoth()
    {
        var outcome = await ClusterAsync("--max-size-ratio", "1.2");
        Assert.Contains(
            "Every cluster has at least 20 (asked: 20, the whole part of 20.0) and at most 60 (asked: 60, rounded up); ",
            outcome.Out
        );
        Assert.True(Sizes() is var sizes && sizes.Min() >= 20 && sizes.Max() <= 60);
    }

    [Fact]
    public async Task Cluster_SizesOfFiles_AreKeptClusterByCluster()
    {
        double[] minimums = [100.5, 50, 50, 40, 30, 20, 0, 0],
            maximums = [120, 60, 60, double.PositiveInfinity, 30, 39.5, 10, 0];
        Save("min.npy", minimums);
        Save("max.npy", maximums);
        var outcome = await ClusterAsync("--min-sizes", _folder.File("min.npy"), "--max-sizes", _folder.File("max.npy"), "--json");
        Assert.Equal(ExitCode.Done, outcome.ExitCode);
        foreach (var (k, size) in Sizes().Index())
            Assert.InRange(size, (int)minimums[k], Math.Ceiling(maximums[k]));
        Assert.Equal(JsonValueKind.Null, outcome.Json.GetProperty("minimum_size_ratio").ValueKind);
        Assert.Equal(_folder.File("min.npy"), outcome.Json.GetProperty("minimum_sizes").GetString());
        var sizes = outcome.Json.GetProperty("heads")[0].GetProperty("sizes");
        Assert.Equal(
            (0, 100, 0, N),
            (Whole(sizes, "minimum"), Whole(sizes, "largest_minimum"), Whole(sizes, "smallest_maximum"), Whole(sizes, "maximum"))
        );
    }

    [Fact]
    public async Task Cluster_FewPasses_KeepsTheSizesAndSaysTheGap()
    {
        var outcome = await ClusterAsync("--min-size-ratio", "1", "--size-passes", "1", "--json");
        Assert.Equal([N / K], Sizes().Distinct());
        var sizes = outcome.Json.GetProperty("heads")[0].GetProperty("sizes");
        Assert.InRange(sizes.GetProperty("gap").GetDouble(), 0, 1);
        Assert.Equal(sizes.GetProperty("optimal").GetBoolean(), sizes.GetProperty("gap").GetDouble() == 0);
    }

    [Fact]
    public async Task Cluster_Report_ShowsCertificatePricesAndBothLines()
    {
        await ClusterAsync("--min-size-ratio", "0.9", "--max-size-ratio", "1.1", "--report", _folder.File("r.html"));
        var page = File.ReadAllText(_folder.File("r.html"));
        Assert.Contains("Every cluster has at least 45 (asked: 45, the whole part of 45.0) and at most 55", page);
        Assert.Contains("<b>0.000%</b><span>below the best possible</span>", page);
        Assert.Contains("prices of 8 clusters", page);
        Assert.Contains("sizes of 8 clusters, at least 45 asked, at most 55", page);
        Assert.DoesNotContain("bar short", page);
        Assert.DoesNotContain("regret", page);
    }

    [Fact]
    public async Task Cluster_ReportOfOnlineLabels_ShowsRegretAndMissedMinimums()
    {
        await ClusterAsync("--min-size-ratio", "0.9", "--online", "--report", _folder.File("r.html"));
        var page = File.ReadAllText(_folder.File("r.html"));
        Assert.Contains("regret per image", page);
        Assert.Contains("miss their minimum size", page);
        Assert.Contains("bar short", page);
        Assert.DoesNotContain("prices of", page);
    }

    [Fact]
    public async Task Cluster_RunThatStays_KeepsTheLabelsOfItsLastPass()
    {
        var data = _folder.File("runs.db");
        var outcome = await ClusterAsync("--min-size-ratio", "0.9", "--data", data, "--run", "skewed");
        Assert.Contains(
            "run skewed stays with the labels of its last pass, before the step for exact sizes: 'coke export skewed' gives those.",
            outcome.Out
        );
        Assert.True(Sizes().Min() >= 45);
        await Outcome.OfAsync("export", "skewed", "--labels", _folder.File("y.npy"), "--data", data);
        Assert.True(Sizes().Min() < 45);

        var nearest = await Outcome.OfAsync("assign", "skewed", _folder.File("x.npy"), "--out", _folder.File("y.npy"), "--data", data);
        Assert.Contains(
            "Labels are by the most similar center, whatever the sizes, and can differ from those of 'coke cluster'; "
                + "--with-sizes keeps the sizes.",
            nearest.Out
        );
        Assert.True(Sizes().Min() < 45);
        var sized = await Outcome.OfAsync(
            "assign",
            "skewed",
            _folder.File("x.npy"),
            "--out",
            _folder.File("y.npy"),
            "--data",
            data,
            "--with-sizes",
            "--max-size-ratio",
            "1.2"
        );
        Assert.Contains("Every cluster has at least 45 (asked: 45, the whole part of 45.0) and at most 60", sized.Out);
        Assert.True(Sizes() is var sizes && sizes.Min() >= 45 && sizes.Max() <= 60);
    }

    [Theory]
    [InlineData("--max-size-ratio 0.9 cannot be: give a number of 1 or more", "--max-size-ratio", "0.9")]
    [InlineData("--max-size-ratio NaN cannot be", "--max-size-ratio", "NaN")]
    [InlineData("--size-passes 0 is too small: give 1 or more.", "--size-passes", "0")]
    [InlineData(
        "--min-sizes MIN gives every cluster a minimum of its own and --min-size-ratio 0.4 one to all: give only one of them.",
        "--min-sizes",
        "MIN",
        "--min-size-ratio",
        "0.4"
    )]
    [InlineData(
        "--max-sizes MAX gives every cluster a maximum of its own and --max-size-ratio 2 one to all: give only one of them.",
        "--max-sizes",
        "MAX",
        "--max-size-ratio",
        "2"
    )]
    [InlineData("--max-size-ratio 2 is kept by the step for exact sizes, which --online leaves out", "--max-size-ratio", "2", "--online")]
    [InlineData("--max-sizes MAX is kept by the step for exact sizes, which --online leaves out", "--max-sizes", "MAX", "--online")]
    [InlineData("--size-passes 5 limits the step for exact sizes, which --online leaves out", "--size-passes", "5", "--online")]
    [InlineData(
        "--min-sizes MIN gives the sizes of one head's clusters and --heads asks for 2 heads: give one K, or a ratio for all.",
        "--min-sizes",
        "MIN",
        "--heads",
        "4"
    )]
    [InlineData("MIN holds 8 sizes for 9 clusters: give one per cluster", "--min-sizes", "MIN", "--heads=9")]
    [InlineData("ABSENT does not exist.", "--max-sizes", "ABSENT")]
    [InlineData("NEGATIVE asks for a size of -1 of cluster 2: give a number of at least 0.", "--min-sizes", "NEGATIVE")]
    [InlineData("NAN asks for a size of NaN of cluster 7: give a number of at least 0, or infinity for no maximum.", "--max-sizes", "NAN")]
    [InlineData("MANY asks for 408 rows in all but there are 400: give minimums that sum to at most 400.", "--min-sizes", "MANY")]
    [InlineData("MAX allows 392 rows in all but there are 400: give maximums that sum to at least 400.", "--max-sizes", "MAX")]
    [InlineData(
        "TIGHT allows at most 3 rows in cluster 0 and --min-size-ratio 0.4 asks for at least 20: give a larger maximum or a smaller ratio.",
        "--max-sizes",
        "TIGHT"
    )]
    public async Task Cluster_SizesThatCannotBe_AreRefusedAndNothingIsWritten(string message, params string[] args)
    {
        Save("MIN", 1, 1, 1, 1, 1, 1, 1, 1);
        Save("MAX", 49, 49, 49, 49, 49, 49, 49, 49);
        Save("NEGATIVE", 1, 1, -1, 1, 1, 1, 1, 1);
        Save("NAN", 100, 100, 100, 100, 100, 100, 100, double.NaN);
        Save("MANY", 51, 51, 51, 51, 51, 51, 51, 51);
        Save("TIGHT", 3, 100, 100, 100, 100, 100, 100, 100);
        string[] files = ["MIN", "MAX", "ABSENT", "NEGATIVE", "NAN", "MANY", "TIGHT"];
        string[] heads = args.Any(arg => arg.StartsWith("--heads=", StringComparison.Ordinal)) ? [] : ["--heads", "8"];
        var outcome = await Outcome.OfAsync([
            "cluster",
            _folder.File("x.npy"),
            .. heads,
            .. args.Select(arg => files.Contains(arg) ? _folder.File(arg) : arg),
            "--out",
            _folder.File("no.npy"),
        ]);
        Assert.Equal((ExitCode.Refused, ""), (outcome.ExitCode, outcome.Out));
        Assert.Contains(
            files.Aggregate(message, (text, file) => text.Replace(file, _folder.File(file), StringComparison.Ordinal)),
            outcome.ErrorLine
        );
        Assert.False(File.Exists(_folder.File("no.npy")));
    }

    [Theory]
    [InlineData("--max-size-ratio 2 is for labels that keep sizes: give --with-sizes too, or leave it out.", "--max-size-ratio", "2")]
    [InlineData("--size-passes 3 is for labels that keep sizes: give --with-sizes too, or leave it out.", "--size-passes", "3")]
    public async Task Assign_SizesWithoutTheStep_AreRefused(string message, params string[] args)
    {
        var outcome = await Outcome.OfAsync(["assign", "x", _folder.File("x.npy"), .. args, "--out", _folder.File("no.npy")]);
        Assert.Equal((ExitCode.Refused, message), (outcome.ExitCode, outcome.ErrorLine));
    }

    [Theory]
    [InlineData("cluster", "--online", "--strict", "--size-passes", "--max-size-ratio", "--min-sizes", "--max-sizes")]
    [InlineData("assign", "--with-sizes", "--size-passes", "--max-size-ratio", "differ from those of 'coke cluster'")]
    public async Task Help_OfACommand_NamesWhatItDoesWithSizes(string command, params string[] fragments)
    {
        var outcome = await Outcome.OfAsync(command, "--help");
        var help = outcome.Words;
        foreach (var fragment in fragments)
            Assert.Contains(fragment, help);
    }

    Task<Outcome> ClusterAsync(params string[] args) =>
        Outcome.OfAsync([
            "cluster",
            _folder.File("x.npy"),
            "--heads",
            $"{K}",
            "--epochs",
            "5",
            "--batch",
            "100",
            .. args,
            "--out",
            _folder.File("y.npy"),
        ]);

    int[] Sizes()
    {
        var sizes = new int[K];
        foreach (var label in MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(_folder.File("y.npy")).AsSpan(128)))
            sizes[label]++;
        return sizes;
    }

    static int Whole(JsonElement view, string field) => view.GetProperty(field).GetInt32();

    void Save(string name, params double[] values)
    {
        var header = $"{{'descr': '<f8', 'fortran_order': False, 'shape': ({values.Length},), }}";
        File.WriteAllBytes(
            _folder.File(name),
            [
                0x93,
                .. "NUMPY"u8,
                1,
                0,
                (byte)header.Length,
                0,
                .. System.Text.Encoding.Latin1.GetBytes(header),
                .. MemoryMarshal.AsBytes<double>(values),
            ]
        );
    }

    static FeatureMatrix Skewed()
    {
        var random = new SeededRandom(3);
        var directions = new double[K, d];
        for (var k = 0; k < K; k++)
            for (var i = 0; i < d; i++)
                directions[k, i] = random.NextNormal();
        var values = new float[N * d];
        for (var row = 0; row < N; row++)
        {
            var k = row % 10 > 0 ? 0 : row / 10 % K;
            for (var i = 0; i < d; i++)
                values[(row * d) + i] = (float)(directions[k, i] + (0.3 * random.NextNormal()));
        }

        return FeatureMatrix.Prepare(N, d, values);
    }
}
