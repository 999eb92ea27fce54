using System.Text.Json;
using CoKe.Abstractions;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Tests.Features;
using CoKe.Client;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Tests.Commands;

/// <summary>runs, stats, clusters, cluster-info and watch, through a gateway.</summary>
public sealed class InspectionTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    [Fact]
    public async Task Runs_Json_ListsTheRunWithItsLastEpoch()
    {
        var run = (await silo.AskAsync("runs", "--json"))
            .Json.EnumerateArray()
            .Single(run => run.GetProperty("name").GetString() == RunningSilo.Run);
        Assert.Equal([8, 5], run.GetProperty("clusters").EnumerateArray().Select(K => K.GetInt32()));
        Assert.Equal(4, run.GetProperty("epoch").GetInt32());
        Assert.Equal(1600, run.GetProperty("rows_accepted").GetInt64());
        Assert.Equal(3, run.GetProperty("last_epoch").GetProperty("epoch").GetInt32());
        Assert.Equal(JsonValueKind.Null, run.GetProperty("fault").ValueKind);
    }

    [Fact]
    public async Task Stats_ForPeople_ShowsEveryHead()
    {
        var outcome = await silo.AskAsync("stats", RunningSilo.Run);
        Assert.Equal((ExitCode.Done, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains("similarity", outcome.Out);
        Assert.Contains("400 of 12 values", outcome.Out);
        Assert.Matches(@"state +finished", outcome.Out);
        Assert.Matches(@"times +created 2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d UTC, last updated 2\d{3}", outcome.Out);
        Assert.Matches(@"pace +0 images/s *\n", outcome.Out);
    }

    [Fact]
    public async Task Stats_OfAHealthyRun_RaisesNoAlarm()
    {
        var outcome = await silo.AskAsync("stats", RunningSilo.Run, "--json", "--fail-on-alarm");
        Assert.Equal(ExitCode.Done, outcome.ExitCode);
        Assert.Equal(0, outcome.Json.GetProperty("alarms").GetArrayLength());
    }

    [Fact]
    public async Task Stats_OfMissedMinimums_SaysHowManyWhichAndWhatToDo()
    {
        // Forty equal rows: one cluster gets all in the first pass.
        var clustering = new ClusteringOptions
        {
            ImageCount = 40,
            Dimension = 2,
            BatchSize = 40,
            Heads = [new HeadOptions { ClusterCount = 3, MinimumSizeRatio = 1 }, new HeadOptions { ClusterCount = 1 }],
        };
        await using var client = await CokeClient.ConnectAsync(silo.Connection);
        await client.CreateRunAsync(new RunSpecification("uneven", clustering));
        await using var session = await client.OpenSessionAsync("uneven");
        await session.PushAsync([.. Enumerable.Range(0, 40)], [.. Enumerable.Range(0, 80).Select(i => i % 2f)]);
        await session.EndEpochAsync();

        var json = (await silo.AskAsync("stats", "uneven", "--json")).Json;
        var sentence = Assert.Single(json.GetProperty("missed").EnumerateArray()).GetString();
        Assert.Matches(
            @"^Head 0: 2 of 3 clusters are below their minimum size, by 26 images in all "
                + @"\(cluster \d has 0 of 13, cluster \d has 0 of 13\): go on for more epochs",
            sentence
        );
        var heads = json.GetProperty("last_epoch").GetProperty("heads");
        var missed = heads[0].GetProperty("missed");
        Assert.Equal(
            (2, 26, 0, 13),
            (
                Number(missed, "clusters"),
                Number(missed, "images"),
                Number(missed.GetProperty("worst")[0], "size"),
                Number(missed.GetProperty("worst")[0], "minimum")
            )
        );
        Assert.Equal(0, Number(heads[1].GetProperty("missed"), "clusters"));
        Assert.Contains(sentence!, (await silo.AskAsync("stats", "uneven")).Out);
        Assert.Contains("(13.3 asked), 2 below their minimum, violation", (await silo.AskAsync("watch", "uneven", "--epochs", "1")).Out);

        static int Number(JsonElement of, string name) => of.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task Clusters_SortedBySize_AreAscendingAndSumToTheImages()
    {
        var clusters = (await silo.AskAsync("clusters", RunningSilo.Run, "--head", "0", "--json")).Json.EnumerateArray().ToArray();
        var sizes = clusters.Select(cluster => cluster.GetProperty("last_count").GetInt64()).ToArray();
        Assert.Equal(8, sizes.Length);
        Assert.Equal(400, sizes.Sum());
        Assert.Equal(sizes.Order(), sizes);
    }

    [Fact]
    public async Task Clusters_TopByDual_AreTheHighest()
    {
        var all = (await silo.AskAsync("clusters", RunningSilo.Run, "--head", "1", "--sort", "index", "--json"))
            .Json.EnumerateArray()
            .Select(Dual)
            .ToArray();
        var top = (await silo.AskAsync("clusters", RunningSilo.Run, "--head", "1", "--sort", "dual", "--top", "2", "--json"))
            .Json.EnumerateArray()
            .Select(Dual);
        Assert.Equal(all.OrderDescending().Take(2), top);

        static double Dual(JsonElement cluster) => cluster.GetProperty("dual").GetDouble();
    }

    [Fact]
    public async Task ClusterInfo_AsksTheClusterItself_AndAgreesWithItsHead()
    {
        var listed = (await silo.AskAsync("clusters", RunningSilo.Run, "--sort", "index", "--json")).Json[3];
        var told = (await silo.AskAsync("cluster-info", RunningSilo.Run, "0", "3", "--json")).Json;
        Assert.Equal(listed.GetProperty("last_count").GetInt64(), told.GetProperty("last_count").GetInt64());
        Assert.Equal(listed.GetProperty("dual").GetDouble(), told.GetProperty("dual").GetDouble(), 12);
        Assert.Equal(4, told.GetProperty("history").GetArrayLength());
        Assert.Equal(12, told.GetProperty("center").GetArrayLength());
        var epochs = told.GetProperty("epochs").EnumerateArray().ToArray();
        Assert.Equal([0, 1, 2, 3], epochs.Select(epoch => epoch.GetProperty("epoch").GetInt32()));
        Assert.InRange(epochs[^1].GetProperty("moved").GetDouble(), 0, 2);
        var exemplar = told.GetProperty("last_members").GetProperty("most_similar")[0];
        var text = (await silo.AskAsync("cluster-info", RunningSilo.Run, "0", "3")).Out;
        Assert.Contains("oldest first", text);
        Assert.Contains($"image {exemplar.GetProperty("image_id").GetInt32()} (", text);
        Assert.Contains("the center moved by", text);
    }

    [Fact]
    public async Task Watch_OfOneEpoch_ShowsTheLastCommittedAndEnds()
    {
        var json = (await silo.AskAsync("watch", RunningSilo.Run, "--epochs", "1", "--json")).JsonLines;
        Assert.Equal(3, Assert.Single(json).GetProperty("epoch").GetInt32());
        Assert.StartsWith("epoch 3: 400 images", (await silo.AskAsync("watch", RunningSilo.Run, "--epochs", "1")).Out);
    }

    [Fact]
    public async Task Watch_WhileTheRunGoesOn_ShowsEveryEpochOnceAndInOrder()
    {
        var features = Blobs.Create(40, 4, 3);
        var images = Enumerable.Range(0, 40).ToArray();
        var clustering = new ClusteringOptions
        {
            ImageCount = 40,
            Dimension = 4,
            BatchSize = 40,
            Heads = [new HeadOptions { ClusterCount = 3 }],
        };
        await using var client = await CokeClient.ConnectAsync(silo.Connection);
        await client.CreateRunAsync(new RunSpecification("watched", clustering));
        await using var session = await client.OpenSessionAsync("watched");

        // The watch may begin at any epoch, so epochs follow until it has seen enough.
        var watch = silo.AskAsync("watch", "watched", "--epochs", "3", "--json");
        while (!watch.IsCompleted)
        {
            await session.PushAsync([.. images], features.Gather(images));
            await session.EndEpochAsync();
        }

        var epochs = (await watch).JsonLines.Select(line => line.GetProperty("epoch").GetInt32()).ToArray();
        Assert.Equal(Enumerable.Range(epochs[0], 3), epochs);
    }

    [Theory]
    [InlineData("There is no run 'absent'", "stats", "absent")]
    [InlineData("There is no run 'absent'", "watch", "absent")]
    [InlineData("There is no head 2: give 0 to 1", "clusters", "blobs", "--head", "2")]
    [InlineData("There is no head -1", "clusters", "blobs", "--head", "-1")]
    [InlineData("There is no cluster 8: give 0 to 7", "cluster-info", "blobs", "0", "8")]
    public async Task UnknownParts_AreOneLineOnStandardError(string message, params string[] args)
    {
        var outcome = await silo.AskAsync(args);
        Assert.Equal((ExitCode.Refused, ""), (outcome.ExitCode, outcome.Out));
        Assert.StartsWith(message, Assert.Single(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void Cluster_ThroughAGateway_NamesTheRunAfterTheFile() =>
        Assert.Equal(RunningSilo.Run, silo.Clustering.Json.GetProperty("run").GetString());

    [Fact]
    public async Task Cluster_AgainWithoutName_TakesAFreeName()
    {
        var again = await silo.AskAsync(
            "cluster",
            silo.File("blobs.npy"),
            "--heads",
            "8,5",
            "--batch",
            "64",
            "--epochs",
            "4",
            "--out",
            silo.File("again.npy"),
            "--json"
        );
        Assert.Equal("blobs-2", again.Json.GetProperty("run").GetString());
        Assert.Equal(File.ReadAllBytes(silo.File("labels.npy")), File.ReadAllBytes(silo.File("again.npy")));
    }

    [Theory]
    [InlineData("8,5", "has been fed")]
    [InlineData("7", "another specification")]
    public async Task Cluster_UnderATakenName_IsRefused(string heads, string message)
    {
        var outcome = await silo.AskAsync(
            "cluster",
            silo.File("blobs.npy"),
            "--heads",
            heads,
            "--batch",
            "64",
            "--run",
            RunningSilo.Run,
            "--out",
            silo.File("taken.npy")
        );
        Assert.Equal(ExitCode.Refused, outcome.ExitCode);
        Assert.Contains(message, outcome.Error);
        Assert.False(File.Exists(silo.File("taken.npy")));
    }
}
