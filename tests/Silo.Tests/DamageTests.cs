using System.Net;
using CoKe.Abstractions;
using CoKe.Client;

namespace CoKe.Silo.Tests;

/// <summary>A flipped bit in what the manifest names: the run stops and says what is damaged, other runs go on, and a command takes it back
/// to its boundary.</summary>
public sealed class DamageTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)] // no state can be made of the bytes
    [InlineData(0.5)]
    public async Task Run_NamedSnapshotDamaged_IsRefusedByNameAndRestoredToItsBoundary(double place)
    {
        const int Steps = 10;
        await using var silo = new SiloProcess(_folder.File("coke.db"), "--checkpoint-interval", "3");
        Assert.True(await silo.StartAsync(), silo.Output);
        await using var coke = await CokeClient.ConnectAsync([silo.Gateway]);
        await using var run = await DrivenRun.BeginAsync(coke, "damaged");
        await using var other = await DrivenRun.BeginAsync(coke, "sound", seed: 2);
        await run.EpochAsync();
        await other.EpochAsync();
        await run.PushAsync(Steps);
        var status = await coke.GetStatusAsync("damaged");
        while (status.DurableStep < DrivenRun.StepsPerEpoch + 3)
            status = await coke.WaitForChangeAsync(status);
        await silo.StopAsync();

        var slot = new Database(_folder.File("coke.db")).DamageCurrentSnapshot(run.Session.RunId, head: 0, block: 0, place);
        Assert.True(await silo.StartAsync(), silo.Output);
        var fault = await Assert.ThrowsAsync<RunFaultedException>(() => run.Session.EndEpochAsync());
        Assert.Contains($"({slot}) of block {run.Session.RunId}/0/0 is damaged: its checksum does not fit", fault.Message);
        Assert.Contains(DamagedSnapshotException.Remedy, fault.Message);
        status = await coke.GetStatusAsync("damaged");
        Assert.Equal(RunState.Faulted, status.State);
        Assert.Contains($"({slot})", status.Fault);
        var (code, text) = await silo.HealthAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, code);
        Assert.Contains($"({slot}) of block {run.Session.RunId}/0/0", text);
        await other.EpochAsync();
        await other.AssertClustersAsync();

        status = await coke.RestoreRunAsync("damaged");
        Assert.Null(status.Fault);
        Assert.Equal(1, status.Epoch);
        Assert.Equal("ready", (await silo.HealthAsync()).Text);
        await RolledBackAsync(coke, run);
        run.Session.RestartEpoch();
        await run.EpochAsync();
        await run.EpochAsync();
        await run.AssertClustersAsync();
    }

    // Until it polls again, the session repeats what it knows.
    static async Task RolledBackAsync(CokeClient coke, DrivenRun run)
    {
        var status = await coke.GetStatusAsync("damaged");
        while (true)
        {
            try
            {
                await run.Session.EndEpochAsync();
            }
            catch (RunFaultedException)
            {
                status = await coke.WaitForChangeAsync(status);
            }
            catch (RolledBackException rolledBack)
            {
                Assert.Equal(1, rolledBack.Epoch);
                return;
            }
        }
    }
}
