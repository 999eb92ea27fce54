using CoKe.Client;

namespace CoKe.Silo.Tests;

/// <summary>SIGTERM: what was processed becomes durable first.</summary>
public sealed class StopTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Silo_ToldToStop_CheckpointsAndGoesOnFromThere()
    {
        const int Steps = 10;
        // An interval that no epoch reaches, and a session that would not wait for the quiet time.
        await using var silo = new SiloProcess(_folder.File("coke.db"), "--checkpoint-interval", "100");
        Assert.True(await silo.StartAsync(), silo.Output);
        await using var coke = await CokeClient.ConnectAsync([silo.Gateway]);
        await using var run = await DrivenRun.BeginAsync(coke, "run");
        await run.EpochAsync();
        var status = await coke.GetStatusAsync("run");
        await run.EpochAsync(async step =>
        {
            if (step != Steps)
                return;
            while (status.RowsInEpoch < Steps * DrivenRun.B)
                status = await coke.WaitForChangeAsync(status);
            var (processed, incarnation) = (status.Step, status.Incarnation);
            await silo.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));
            Assert.Equal(0, silo.ExitCode);
            Assert.True(await silo.StartAsync(), silo.Output);
            await run.Session.GetLabelsAsync(new[] { 0 }); // the session waits until the run is back
            status = await coke.GetStatusAsync("run");
            Assert.Equal(incarnation + 1, status.Incarnation);
            Assert.Equal(processed, status.DurableStep);
        });
        await run.AssertClustersAsync();
        Assert.DoesNotContain("Not every run was checkpointed", silo.Output);
    }
}
