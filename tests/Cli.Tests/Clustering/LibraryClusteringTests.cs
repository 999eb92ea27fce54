using System.Runtime.InteropServices;
using CoKe.Abstractions;
using CoKe.Cli.Clustering;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Features;
using CoKe.Cli.Tests.Features;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Tests.Clustering;

/// <summary>The library's way beside the actors' way.</summary>
public sealed class LibraryClusteringTests
{
    const int N = 500,
        d = 11;

    [Theory]
    [InlineData(CenterSchedule.Epoch, CenterRule.Exact, 4)]
    [InlineData(CenterSchedule.Batch, CenterRule.Rescaled, 3)]
    public async Task Run_BesideTheActors_GivesTheSameBits(CenterSchedule schedule, CenterRule rule, int passes)
    {
        var features = Blobs.Create(N, d, 6);
        var clustering = Clustering(schedule, rule, 9, 4);
        float[][] centers =
        [
            .. clustering.Heads.Select(head => SpreadCenters.Choose(features.Values, N, d, head.ClusterCount, new SeededRandom(3))),
        ];

        var library = new LibraryClustering(features, clustering, centers, passes, threads: 2).Run();
        var actors = await ByTheActorsAsync(features, clustering, centers, passes);

        Assert.Equal((null, "same"), (library.Run, actors.Run));
        AssertSame(library, actors);
    }

    [Fact]
    public async Task Run_UntilSettled_EndsAfterTheSamePassAsTheActors()
    {
        var features = Blobs.Create(N, d, 3);
        var clustering = Clustering(CenterSchedule.Epoch, CenterRule.Exact, 3);
        float[][] centers = [SpreadCenters.Choose(features.Values, N, d, 3, new SeededRandom(3))];

        var library = new LibraryClustering(features, clustering, centers, passes: 60, threads: 1).Run();
        var actors = await ByTheActorsAsync(features, clustering, centers, passes: 60);

        Assert.True(library.Settled);
        Assert.InRange(library.Passes.Count, 2, 59);
        AssertSame(library, actors);
    }

    [Fact]
    public void Run_AnyNumberOfThreads_GivesTheSameBits()
    {
        var features = Blobs.Create(N, d, 6);
        var clustering = Clustering(CenterSchedule.Epoch, CenterRule.Exact, 40);
        AssertSame(
            new LibraryClustering(features, clustering, null, 3, threads: 1).Run(),
            new LibraryClustering(features, clustering, null, 3, threads: 5).Run()
        );
    }

    [Fact]
    public void Run_Cancelled_Stops()
    {
        var features = Blobs.Create(N, d, 6);
        var clustering = Clustering(CenterSchedule.Epoch, CenterRule.Exact, 5);
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() =>
            new LibraryClustering(features, clustering, null, 9, 1).Run(_ => stop.Cancel(), null, stop.Token)
        );
    }

    static ClusteringOptions Clustering(CenterSchedule schedule, CenterRule rule, params int[] clusters) =>
        new()
        {
            ImageCount = N,
            Dimension = d,
            BatchSize = 64,
            Seed = 4,
            Heads =
            [
                .. clusters.Select(K => new HeadOptions
                {
                    ClusterCount = K,
                    MinimumSizeRatio = 0.4,
                    CenterSchedule = schedule,
                    CenterRule = rule,
                }),
            ],
        };

    static async Task<FeatureClusteringResult> ByTheActorsAsync(
        FeatureMatrix features,
        ClusteringOptions clustering,
        float[][] centers,
        int passes
    )
    {
        var memory = new SiloChoice(new Dictionary<string, string>(), Embedded: false, Data: null, Memory: true);
        await using var connection = await memory.OpenAsync(SiloNeed.Scratch, CancellationToken.None);
        var run = new RunSpecification("same", clustering, InitialCenters: [.. centers.Select(rows => new FloatValues(rows))]);
        return await new ActorClustering(connection.Client, features, run, passes).RunAsync();
    }

    static void AssertSame(FeatureClusteringResult one, FeatureClusteringResult other)
    {
        Assert.Equal(one.Settled, other.Settled);
        Assert.Equal(one.Labels, other.Labels);
        for (var h = 0; h < one.Labels.Length; h++)
        {
            Assert.Equal(
                MemoryMarshal.Cast<float, int>(one.Centers[h]).ToArray(),
                MemoryMarshal.Cast<float, int>(other.Centers[h]).ToArray()
            );
            Assert.Equal(
                MemoryMarshal.Cast<double, long>(one.Duals[h]).ToArray(),
                MemoryMarshal.Cast<double, long>(other.Duals[h]).ToArray()
            );
        }

        Assert.Equal(one.MeanSimilarity, other.MeanSimilarity);
        Assert.Equal(one.Warnings, other.Warnings);
        Assert.Equal(one.Passes.Count, other.Passes.Count);
        foreach (var (a, b) in one.Passes.Zip(other.Passes))
        {
            Assert.Equal((a.Epoch, a.Rows, a.Steps), (b.Epoch, b.Rows, b.Steps));
            Assert.Equal(a.Heads, b.Heads);
        }
    }
}
