using System.Runtime.InteropServices;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Features;
using CoKe.Cli.Tests.Features;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Tests.Commands;

/// <summary><c>coke cluster</c> from file to file, in a silo inside the process.</summary>
public sealed class ClusterCommandTests : IDisposable
{
    const int N = 600,
        d = 10;

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Cluster_TwoHeads_WritesLabelsCentersAndReport()
    {
        var features = Blobs.Save(_folder.File("x.npy"), N, d, 6);
        var outcome = await ClusterAsync(
            "--heads",
            "10,4",
            "--batch",
            "100",
            "--epochs",
            "8",
            "--centers",
            _folder.File("c.npy"),
            "--report",
            _folder.File("r.html"),
            "--json"
        );
        Assert.Equal(ExitCode.Done, outcome.ExitCode);

        var labels = Labels();
        Assert.Equal(2 * N, labels.Length);
        var (rows, columns, centers, _) = NpyFile.ReadMatrix(_folder.File("c.npy"));
        Assert.Equal((14, d), (rows, columns));
        var heads = outcome.Json.GetProperty("heads");
        foreach (var (h, (K, first)) in new[] { (10, 0), (4, 10) }.Index())
        {
            var y = labels.AsSpan(h * N, N);
            var sizes = new int[K];
            foreach (var k in y)
                sizes[k]++;
            Assert.Equal(heads[h].GetProperty("min").GetInt32(), sizes.Min());
            Assert.Equal(heads[h].GetProperty("max").GetInt32(), sizes.Max());
            Assert.Equal(0.4 * N / K, heads[h].GetProperty("asked").GetDouble(), 9);
            Assert.True(sizes.Min() >= (int)(0.4 * N / K), $"smallest {sizes.Min()} of {0.4 * N / K}");
            var similarity = ClusterQuality.MeanSimilarity(features.Values, d, y, centers.AsSpan(first * d, K * d));
            Assert.Equal(similarity, heads[h].GetProperty("mean_similarity").GetDouble(), 12);
            Assert.True(heads[h].GetProperty("bound_holds").GetBoolean());
        }

        var page = File.ReadAllText(_folder.File("r.html"));
        Assert.Contains("10 clusters", page);
        Assert.Contains("<svg", page);
        Assert.DoesNotContain("http", page.Replace("http://www.w3.org/2000/svg", ""));
    }

    [Fact]
    public async Task Cluster_SameSeed_GivesSameBytes()
    {
        Blobs.Save(_folder.File("x.npy"), N, d, 6);
        string[] args = ["--heads", "7", "--batch", "64", "--epochs", "3", "--schedule", "batch", "--rule", "rescaled", "--seed", "5"];
        await ClusterAsync(args);
        var first = File.ReadAllBytes(_folder.File("y.npy"));
        var again = await ClusterAsync(args);
        Assert.Equal(first, File.ReadAllBytes(_folder.File("y.npy")));
        Assert.Contains("3 passes in", again.Out);
        Assert.Equal(3, again.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line.StartsWith("epoch ")));
    }

    [Fact]
    public async Task Cluster_ThroughTheActors_EqualsAlgorithm1InOneProcess()
    {
        var features = Blobs.Save(_folder.File("x.npy"), N, d, 6);
        await ClusterAsync(
            "--heads",
            "9",
            "--batch",
            "128",
            "--epochs",
            "3",
            "--init",
            "random",
            "--margin",
            "0",
            "--seed",
            "2",
            "--schedule",
            "batch",
            "--online"
        );

        using var oracle = new OnlineConstrainedKMeans(
            new ClusteringOptions
            {
                ImageCount = N,
                Dimension = d,
                BatchSize = 128,
                Seed = 2,
                Heads = [new HeadOptions { ClusterCount = 9 }],
            }
        );
        for (var pass = 0; pass < 3; pass++)
        {
            foreach (var images in new SeededRandom(2, 1, pass).Permutation(N).Chunk(128))
                oracle.Step(features.Gather(images), images);
            oracle.EndEpoch();
        }

        Assert.Equal(oracle.Heads[0].Labels.ToArray(), Labels());
    }

    [Fact]
    public async Task Cluster_WithoutASilo_GivesTheBytesOfTheActorsAndKeepsNoRun()
    {
        Blobs.Save(_folder.File("x.npy"), N, d, 6);
        string[] args = ["--heads", "9,4", "--batch", "128", "--epochs", "3"];
        var actors = await ClusterAsync(args);
        Assert.Contains("Clustered by the actors, run x, in memory; nothing else is kept.", actors.Out);
        var library = await Outcome.OfAsync(["cluster", _folder.File("x.npy"), .. args, "--out", _folder.File("z.npy")]);
        Assert.Equal(ExitCode.Done, library.ExitCode);
        Assert.Equal(File.ReadAllBytes(_folder.File("y.npy")), File.ReadAllBytes(_folder.File("z.npy")));
        Assert.Contains("nothing else is kept", library.Out);
        Assert.Contains("as many as --epochs allows", library.Out);

        // A line for every pass and for the exact step of each head, and none of a silo.
        Assert.Equal(3 + 2, library.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(
            ["x.npy", "y.npy", "z.npy"],
            Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(_folder.File("x"))!).Select(Path.GetFileName).Order()
        );
    }

    [Fact]
    public async Task Cluster_LabelsThatSettle_EndsEarlierAndSaysSo()
    {
        Blobs.Save(_folder.File("x.npy"), N, d, 3);
        string[] args = ["cluster", _folder.File("x.npy"), "--heads", "3", "--epochs", "60", "--out", _folder.File("z.npy")];
        Assert.Contains("ended because labels and similarity settled", (await Outcome.OfAsync(args)).Out);
        var json = (await Outcome.OfAsync([.. args, "--json"])).Json;
        Assert.True(json.GetProperty("settled").GetBoolean());
        Assert.InRange(json.GetProperty("passes").GetInt32(), 2, 59);
    }

    [Fact]
    public async Task Cluster_RunNamedWithoutASilo_IsRefused()
    {
        Blobs.Save(_folder.File("x.npy"), N, d, 3);
        var outcome = await Outcome.OfAsync(
            "cluster",
            _folder.File("x.npy"),
            "--heads",
            "3",
            "--run",
            "mine",
            "--out",
            _folder.File("z.npy")
        );
        Assert.Equal(ExitCode.Refused, outcome.ExitCode);
        Assert.StartsWith("--run mine names a run, and without --gateway, --data, --embedded or --memory there is none", outcome.ErrorLine);
    }

    [Fact]
    public async Task Cluster_ExtremeEta_Warns()
    {
        Blobs.Save(_folder.File("x.npy"), N, d, 6);
        Assert.Contains(
            "warning: Heads[0].DualLearningRate is 50",
            (await ClusterAsync("--heads", "5", "--epochs", "1", "--eta", "50")).Out
        );
    }

    Task<Outcome> ClusterAsync(params string[] args) =>
        Outcome.OfAsync(["cluster", _folder.File("x.npy"), .. args, "--memory", "--out", _folder.File("y.npy")]);

    int[] Labels() => MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(_folder.File("y.npy")).AsSpan(128)).ToArray();
}
