using System.Runtime.InteropServices;
using CoKe.Abstractions;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Features;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Hosting;
using CoKe.Grains.Sequencing;
using CoKe.Storage;
using CoKe.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Cli.Tests.Commands;

/// <summary>What <c>coke cluster</c> left in a database, and what later commands make of it, each in a silo of its own.</summary>
public sealed class StoredRunTests(StoredRun stored) : IClassFixture<StoredRun>
{
    const int N = 400,
        d = 12;

    [Fact]
    public async Task Runs_OfAClosedDatabase_ListsTheRunAsleepWithAllItsStepsDurable()
    {
        var run = (await stored.AskAsync("runs", "--json"))
            .Json.EnumerateArray()
            .Single(run => run.GetProperty("name").GetString() == StoredRun.Run);
        Assert.Equal(("asleep", 4), (run.GetProperty("state").GetString(), run.GetProperty("epoch").GetInt32()));
        Assert.Equal((28, 28), (run.GetProperty("step").GetInt32(), run.GetProperty("durable_step").GetInt32()));
        Assert.Equal("finished", run.GetProperty("activity").GetProperty("kind").GetString()); // whatever silo reads it
        Assert.Contains(" finished ", (await stored.AskAsync("runs")).Out);
        Assert.Contains("28 of them durable", (await stored.AskAsync("stats", StoredRun.Run)).Out);
    }

    [Fact]
    public async Task Export_AllHeads_GivesTheLabelsAndCentersThatClusterWrote()
    {
        var outcome = await stored.AskAsync(
            "export",
            StoredRun.Run,
            "--labels",
            stored.File("l.npy"),
            "--centers",
            stored.File("c.npy"),
            "--json"
        );
        Assert.Equal(
            (ExitCode.Done, 3, 0),
            (outcome.ExitCode, outcome.Json.GetProperty("epoch").GetInt32(), outcome.Json.GetProperty("never_seen").GetInt32())
        );
        Assert.Equal(File.ReadAllBytes(stored.File("labels.npy")), File.ReadAllBytes(stored.File("l.npy")));
        var centers = NpyFile.ReadMatrix(stored.File("centers.npy")).Values;
        Assert.Equal(centers[..(8 * d)], Matrix("c.head0.npy", 8, d));
        Assert.Equal(centers[(8 * d)..], Matrix("c.head1.npy", 5, d));
    }

    [Fact]
    public async Task Export_OneHead_GivesPlainArrays()
    {
        var outcome = await stored.AskAsync(
            "export",
            StoredRun.Run,
            "--head",
            "1",
            "--labels",
            stored.File("l1.npy"),
            "--centers",
            stored.File("c1.npy")
        );
        Assert.Contains("head 1: labels of 400 images in", outcome.Out);
        Assert.Equal(Integers("labels.npy")[N..], Integers("l1.npy"));
        Assert.Equal(NpyFile.ReadMatrix(stored.File("centers.npy")).Values[(8 * d)..], Matrix("c1.npy", 5, d));
    }

    [Fact]
    public async Task Assign_OtherFeatures_GivesTheCenterOfTheLargestProduct()
    {
        var others = Features.Blobs.Save(stored.File("others.npy"), 90, d, 7);
        SavedArray.Save(stored.File("scaled.npy"), [.. others.Values.Select((x, i) => x * (1 + (i / d)))], 90, d);
        var outcome = await stored.AskAsync("assign", StoredRun.Run, stored.File("scaled.npy"), "--out", stored.File("a.npy"), "--json");
        Assert.Equal(ExitCode.Done, outcome.ExitCode);
        Assert.Contains("L2-normalized", outcome.Json.GetProperty("preparation").GetString());

        await stored.AskAsync("export", StoredRun.Run, "--centers", stored.File("ac.npy"));
        var labels = Integers("a.npy");
        foreach (var (h, K) in new[] { 8, 5 }.Index())
        {
            var centers = Matrix($"ac.head{h}.npy", K, d);
            var (sizes, sum) = (new int[K], 0.0);
            for (var row = 0; row < 90; row++)
            {
                double[] products =
                [
                    .. Enumerable
                        .Range(0, K)
                        .Select(k => Enumerable.Range(0, d).Sum(i => (double)others.Row(row)[i] * centers[(k * d) + i])),
                ];
                Assert.Equal(Array.IndexOf(products, products.Max()), labels[(h * 90) + row]);
                sizes[labels[(h * 90) + row]]++;
                sum += products.Max();
            }

            var head = outcome.Json.GetProperty("heads")[h];
            Assert.Equal((sizes.Min(), sizes.Max()), (head.GetProperty("min").GetInt32(), head.GetProperty("max").GetInt32()));
            Assert.Equal(sum / 90, head.GetProperty("mean_similarity").GetDouble(), 6);
        }
    }

    [Fact]
    public async Task Assign_OneHead_WritesOneRowOfLabels()
    {
        await stored.AskAsync("assign", StoredRun.Run, stored.File("blobs.npy"), "--out", stored.File("both.npy"));
        var outcome = await stored.AskAsync(
            "assign",
            StoredRun.Run,
            stored.File("blobs.npy"),
            "--out",
            stored.File("one.npy"),
            "--head",
            "1"
        );
        Assert.Contains("400 images by the centers of blobs, epoch 3", outcome.Out);
        Assert.Equal(Integers("both.npy")[N..], Integers("one.npy"));
    }

    [Theory]
    [InlineData("rows of 2 values and run 'blobs' clusters 12", 2, 1f)]
    [InlineData("Row 1 of PATH is zero", 12, 0f)]
    [InlineData("Row 1 of PATH holds NaN at 0", 12, float.NaN)]
    public async Task Assign_FeaturesThatCannotBe_AreRefusedAndNothingIsWritten(string message, int dimension, float value)
    {
        var path = stored.File($"bad{dimension}-{value}.npy");
        SavedArray.Save(path, [.. Enumerable.Repeat(1f, dimension), value, .. new float[dimension - 1]], 2, dimension);
        var outcome = await stored.AskAsync("assign", StoredRun.Run, path, "--out", stored.File("no.npy"));
        Assert.Equal((ExitCode.Refused, ""), (outcome.ExitCode, outcome.Out));
        Assert.Contains(message.Replace("PATH", path), outcome.ErrorLine);
        Assert.False(File.Exists(stored.File("no.npy")));
    }

    [Theory]
    [InlineData("There is no run 'absent'", "export", "absent", "--labels", "/dev/null")]
    [InlineData("There is no run 'absent'", "runs", "restore", "absent")]
    [InlineData("There is no run 'absent'", "runs", "delete", "absent", "--yes")]
    [InlineData("There is no head 2: give 0 to 1", "export", "blobs", "--labels", "/dev/null", "--head", "2")]
    [InlineData("There is no head -1", "export", "blobs", "--labels", "/dev/null", "--head", "-1")]
    [InlineData("Nobody can be asked whether run 'blobs' shall be deleted: give --yes.", "runs", "delete", "blobs")]
    public async Task UnknownParts_AreOneLineOnStandardError(string message, params string[] args)
    {
        var outcome = await stored.AskAsync(args);
        Assert.Equal((ExitCode.Refused, ""), (outcome.ExitCode, outcome.Out));
        Assert.StartsWith(message, outcome.ErrorLine);
    }

    [Fact]
    public async Task RestoreAndDelete_OfARunInTheMiddleOfAnEpoch_DropWhatCameSinceThenEverything()
    {
        await FeedAsync("half", committed: 30, open: 20);
        Assert.Equal(20, Row(await stored.AskAsync("stats", "half", "--json"), "rows_in_epoch"));
        Assert.Contains("back at the end of epoch 0", (await stored.AskAsync("runs", "restore", "half")).Out);
        var restored = await stored.AskAsync("stats", "half", "--json");
        Assert.Equal((0, 1, 1), (Row(restored, "rows_in_epoch"), Row(restored, "epoch"), Row(restored, "attempt")));

        // Ten of the forty images were never seen.
        Assert.Contains("(10 never seen: -1)", (await stored.AskAsync("export", "half", "--labels", stored.File("half.npy"))).Out);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => i >= 30), Integers("half.npy").Select(label => label == -1));

        string[] delete = ["runs", "delete", "half", "--data", stored.Database];
        var kept = await Outcome.AnsweredAsync("n\n", delete);
        Assert.Equal(
            (ExitCode.Refused, "Delete run 'half' (40 images, 1 committed epochs) and everything it stored? [y/N] Nothing was deleted.\n"),
            (kept.ExitCode, kept.Error)
        );
        var deleted = await Outcome.AnsweredAsync("yes\n", delete);
        Assert.Equal((ExitCode.Done, "half is deleted.\n"), (deleted.ExitCode, deleted.Out));
        Assert.DoesNotContain("half", (await stored.AskAsync("runs")).Out);
        Assert.StartsWith("There is no run 'half'", (await stored.AskAsync("stats", "half")).ErrorLine);
    }

    [Fact]
    public async Task ExportAndAssign_BeforeAnEpochIsCommitted_AreRefused()
    {
        await FeedAsync("begun", committed: 0, open: 20);
        string[][] commands =
        [
            ["export", "begun", "--labels", stored.File("early.npy")],
            ["assign", "begun", stored.File("four.npy"), "--out", stored.File("early.npy")],
        ];
        SavedArray.Save(stored.File("four.npy"), [1f, 0, 0, 0], 1, 4);
        foreach (var command in commands)
        {
            var outcome = await stored.AskAsync(command);
            Assert.Equal(
                (ExitCode.Refused, "Epoch 0 is not readable at run 'begun', where no epoch is committed yet: ask again when one is."),
                (outcome.ExitCode, outcome.ErrorLine)
            );
        }

        Assert.False(File.Exists(stored.File("early.npy")));
    }

    [Fact]
    public async Task AnyCommand_WhileAnotherSiloHasTheDatabase_IsRefusedInOneLine()
    {
        var path = stored.File("taken.db");
        await using var silo = await EmbeddedSilo.StartAsync(builder => builder.UseSqlite(new SqliteOptions { Path = path }));
        var outcome = await Outcome.OfAsync("runs", "--data", path);
        Assert.Equal((ExitCode.StorageRefused, ""), (outcome.ExitCode, outcome.Out));
        Assert.StartsWith("Another silo uses the database file", outcome.ErrorLine);
    }

    // 40 images of 4 values: one epoch of so many, then so many of the next, of which nothing is said to end.
    async Task FeedAsync(string run, int committed, int open)
    {
        await using var silo = await EmbeddedSilo.StartAsync(builder =>
        {
            builder.UseSqlite(new SqliteOptions { Path = stored.Database });
            builder.Services.Configure<SequencerOptions>(options => options.CheckpointInterval = 1);
        });
        var client = new CokeClient(silo.Client);
        var features = Features.Blobs.Create(40, 4, 3);
        await client.CreateRunAsync(
            new RunSpecification(
                run,
                new ClusteringOptions
                {
                    ImageCount = 40,
                    Dimension = 4,
                    BatchSize = 10,
                    Heads = [new HeadOptions { ClusterCount = 3 }],
                }
            )
        );
        await using var session = await client.OpenSessionAsync(run);
        if (committed > 0)
        {
            await PushAsync(committed);
            await session.EndEpochAsync();
        }

        await PushAsync(open);
        var status = await client.GetStatusAsync(run);
        while (status.DurableStep < (committed + open) / 10)
            status = await client.WaitForChangeAsync(status);

        async Task PushAsync(int images)
        {
            foreach (var part in Enumerable.Range(0, images).Chunk(10))
                await session.PushAsync(part, features.Gather(part));
        }
    }

    static int Row(Outcome outcome, string field) => outcome.Json.GetProperty(field).GetInt32();

    int[] Integers(string file) => MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(stored.File(file)).AsSpan(128)).ToArray();

    float[] Matrix(string file, int rows, int columns)
    {
        var read = NpyFile.ReadMatrix(stored.File(file));
        Assert.Equal((rows, columns), (read.Rows, read.Columns));
        return read.Values;
    }
}
