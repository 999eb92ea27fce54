using System.Net;
using CoKe.Abstractions;
using CoKe.Abstractions.Storage;
using CoKe.Client;
using CoKe.ConstrainedKMeans;

namespace CoKe.Silo.Tests;

/// <summary>A full database file: said clearly, nothing is lost, and the run goes on by itself when there is room.</summary>
public sealed class FullDiskTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly TemporaryFolder _folder = new();

    string Full =>
        $"The database file {_folder.File("coke.db")} is full (limit 1.5 MB), or its disk is: free space or raise the limit; "
        + "the run goes on by itself.";

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_FileFull_SaysSoAndGoesOnExactlyWhenThereIsRoom(bool restart)
    {
        await using var silo = new SiloProcess(_folder.File("coke.db"), "--checkpoint-interval", "3");
        Assert.True(await silo.StartAsync(null, "--data-limit", "1.5"), silo.Output);
        await using var coke = await CokeClient.ConnectAsync([silo.Gateway]);
        await using var run = await DrivenRun.BeginAsync(coke, "run", clusters: 200);
        await FillAsync(coke);

        var epoch = run.EpochAsync();
        var status = await HinderedAsync(coke, await coke.GetStatusAsync("run"));
        var (code, text) = await silo.HealthAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, code);
        Assert.EndsWith(Full, text);
        for (
            var incarnation = status.Incarnation;
            status.Incarnation < incarnation + 2;
            status = await coke.WaitForChangeAsync(status).WaitAsync(Patience)
        )
        {
            // It tries again and again, and does not look well in between.
            Assert.Equal(Full, status.Hindrance);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await silo.HealthAsync()).Status);
            Assert.Equal(0, status.DurableStep);
        }

        Assert.False(epoch.IsCompleted);
        if (restart)
        {
            await silo.StopAsync();
            Assert.True(await silo.StartAsync(), silo.Output);
        }
        else
        {
            // Their pages are used again.
            await coke.DeleteRunAsync("filler-0");
            await coke.DeleteRunAsync("filler-1");
        }

        await epoch;
        await run.EpochAsync();
        await run.AssertClustersAsync();
        Assert.Equal((HttpStatusCode.OK, "ready"), await silo.HealthAsync());
        Assert.Null((await coke.GetStatusAsync("run")).Hindrance);
    }

    static async Task<RunStatus> HinderedAsync(CokeClient coke, RunStatus status)
    {
        while (status.Hindrance is null)
            status = await coke.WaitForChangeAsync(status).WaitAsync(Patience);
        return status;
    }

    // Runs whose initial centers take the space: 256 KB each, then 64, then one page.
    async Task FillAsync(CokeClient coke)
    {
        var fillers = 0;
        foreach (var clusters in (int[])[1_024, 256, 128])
        {
            StorageFailedException? full = null;
            while (full is null)
            {
                try
                {
                    await coke.CreateRunAsync(Filler($"filler-{fillers}", clusters));
                    fillers++;
                }
                catch (StorageFailedException refused)
                {
                    full = refused;
                }
            }

            Assert.Equal(Full, full.Message);
        }
    }

    static RunSpecification Filler(string name, int clusters)
    {
        const int D = 64;
        var centers = new float[clusters * D];
        for (var k = 0; k < clusters; k++)
            centers[(k * D) + (k % D)] = 1;
        return new RunSpecification(
            name,
            new ClusteringOptions
            {
                ImageCount = 2_048,
                Dimension = D,
                BatchSize = 16,
                Heads = [new HeadOptions { ClusterCount = clusters }],
            },
            InitialCenters: [new FloatValues(centers)]
        );
    }
}
