using System.Runtime.InteropServices;
using CoKe.Abstractions;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Features;
using CoKe.Cli.Tests.Features;
using CoKe.Client;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Tests.Commands;

/// <summary>Reading a run that others feed.</summary>
public sealed class ReadingTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    const int N = 60,
        d = 6,
        K = 4;

    [Fact]
    public async Task Export_WhileEpochsFollowEachOther_GivesLabelsAndCentersOfOneEpochAndDisturbsNothing()
    {
        var features = Blobs.Create(N, d, 5);
        var images = Enumerable.Range(0, N).ToArray();
        await using var client = await CokeClient.ConnectAsync(silo.Connection);
        await client.CreateRunAsync(
            new RunSpecification(
                "read",
                new ClusteringOptions
                {
                    ImageCount = N,
                    Dimension = d,
                    BatchSize = N,
                    Heads = [new HeadOptions { ClusterCount = K }],
                }
            )
        );
        await using var session = await client.OpenSessionAsync("read");
        var committed = new List<(int[] Labels, float[] Centers)>();
        await EpochAsync();
        var before = await client.GetStatusAsync("read");
        for (var i = 0; i < 5; i++)
        {
            // Epochs follow until the export has found a quiet moment; it may also give up in the race, and then says so.
            var export = silo.AskAsync("export", "read", "--labels", silo.File("l.npy"), "--centers", silo.File("c.npy"), "--json");
            while (!export.IsCompleted)
                await EpochAsync();
            var outcome = await export;
            if (outcome.ExitCode == ExitCode.Refused)
            {
                Assert.Contains("is not readable", outcome.ErrorLine);
                continue;
            }

            var (labels, centers) = committed[outcome.Json.GetProperty("epoch").GetInt32()];
            Assert.Equal(labels, MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(silo.File("l.npy")).AsSpan(128)).ToArray());
            Assert.Equal(centers, NpyFile.ReadMatrix(silo.File("c.npy")).Values);
        }

        var after = await client.GetStatusAsync("read");
        Assert.Equal((1, before.Incarnation, before.Attempt), (after.Trainers[0].Generation, after.Incarnation, after.Attempt));

        async Task EpochAsync()
        {
            await session.PushAsync([.. images], features.Gather(images));
            await session.EndEpochAsync();
            committed.Add(((await session.GetLabelsAsync(images)).Labels[0], (await session.GetCentersAsync())[0]));
        }
    }

    [Fact]
    public async Task ReadCenters_OfAnEpochThatIsNotTheLast_IsRefused()
    {
        await using var client = await CokeClient.ConnectAsync(silo.Connection);
        Assert.Equal(3, (await client.ReadCentersAsync(RunningSilo.Run, epoch: 3)).Epoch);
        Assert.Equal(
            "2",
            (await Assert.ThrowsAsync<EpochNotReadableException>(() => client.ReadCentersAsync(RunningSilo.Run, epoch: 2))).Value
        );
        Assert.Equal(
            "400",
            (await Assert.ThrowsAsync<InvalidImageIdException>(() => client.ReadLabelsAsync(RunningSilo.Run, new[] { 0, 400 }))).Value
        );
    }
}
