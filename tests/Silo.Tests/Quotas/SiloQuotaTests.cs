using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using CoKe.Access;
using CoKe.Access.Quotas;
using CoKe.Client;
using CoKe.Grains.Hosting;

namespace CoKe.Silo.Tests.Quotas;

/// <summary>Silos as processes, and more connections than they take.</summary>
public sealed partial class SiloQuotaTests : IDisposable
{
    const int OpenFiles = 7; // RLIMIT_NOFILE

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Strangers_OnEveryPort_GiveWayToEachOther_WhileTrainersStayAndComeIn(bool withToken)
    {
        await using var silo = new SiloProcess(null, [.. Access(withToken), "--max-pending-connections", "3"]); // 2 of one address
        Assert.True(await silo.StartAsync(), silo.Output);
        await using var coke = await CokeClient.ConnectAsync(Connection(silo, withToken));
        await using var run = await DrivenRun.BeginAsync(coke, "run");
        await run.EpochAsync();
        foreach (var port in new[] { silo.Gateway, silo.Silo, silo.Http })
        {
            var strangers = await Stranger.BeginAsync(18, port);
            foreach (var stranger in strangers[..16])
                await stranger.ClosedAsync();
            foreach (var stranger in strangers)
                stranger.Dispose();
        }

        await run.EpochAsync();
        await run.AssertClustersAsync();
        using (var silent = new Strangers(await Stranger.BeginAsync(2, silo.Gateway)))
        using (var others = new Strangers(await Stranger.BeginAsync(2, silo.Http)))
        {
            // The port is as full of strangers as it may be.
            await using var another = await CokeClient.ConnectAsync(Connection(silo, withToken));
            Assert.Single(await another.ListRunsAsync());
            Assert.Equal(HttpStatusCode.OK, (await silo.HealthAsync()).Status);
        }

        await silo.StopAsync();
        Assert.DoesNotContain(" crit: ", silo.Output);
        Assert.DoesNotContain(" fail: ", silo.Output);
        foreach (var port in new[] { "Gateway", "Silo", "HTTP" })
            foreach (var count in new[] { 1, 2, 4, 8, 16 })
                Assert.Contains(
                    $" {count} connections to the {port} port were closed so far to keep room for others, the last one from 127.0.0.1:",
                    silo.Output
                );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clients_MoreThanItTakes_AreToldSo_UntilOneLeaves(bool withToken)
    {
        await using var silo = new SiloProcess(
            null,
            [.. Access(withToken), "--max-connections", "5", "--max-pending-connections", "3", "--max-connections-per-address", "5"]
        );
        Assert.True(await silo.StartAsync(), silo.Output);
        await using var first = await CokeClient.ConnectAsync(Connection(silo, withToken));
        await using (await CokeClient.ConnectAsync(Connection(silo, withToken)))
        {
            var refused = await Assert.ThrowsAsync<AccessRefusedException>(() => CokeClient.ConnectAsync(Connection(silo, withToken)));
            Assert.Equal(AccessRefusal.Full, refused.Refusal);
            Assert.Equal(
                $"The silo at {silo.Gateway} has as many connections as it takes: end clients that are not needed, "
                    + "or have it take more.",
                refused.Message
            );
        }

        await using var third = await ConnectAsync(silo, withToken);
        Assert.Empty(await third.ListRunsAsync());
        Assert.Empty(await first.ListRunsAsync());
    }

    [Fact]
    public async Task Pages_WhoHasEndedHisSide_IsAnswered()
    {
        await using var silo = new SiloProcess(null);
        Assert.True(await silo.StartAsync(), silo.Output);
        // As 'nc -N' asks. Kestrel alone answers some and not others, as it comes.
        for (var i = 0; i < 100; i++)
        {
            using var asking = await Stranger.ComeAsync(silo.Http);
            await asking.SayAsync(Encoding.ASCII.GetBytes("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"));
            asking.End();
            var heard = new byte[4096];
            Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(heard, 0, await asking.HearAsync(heard)));
        }
    }

    [Fact]
    public async Task Silo_WithFewFilesLeft_TurnsCallersAway_AndTakesThemWhenThereAreFilesAgain()
    {
        await using var silo = new SiloProcess(null);
        Assert.True(await silo.StartAsync(), silo.Output);
        // 64 more than it has, so that the strangers could take all of them.
        var limit = new FilesLimit { Now = HighestFile(silo) + 65, Most = (ulong)FileLimit.Current };
        Assert.Equal(0, Change(silo.Id, OpenFiles, ref limit, out var before));
        foreach (var port in new[] { silo.Gateway, silo.Silo, silo.Http })
        {
            // Fewer than the port takes, many more than there are files.
            using var strangers = new Strangers(await Stranger.BeginAsync(400, port));
            await strangers.All[0].ClosedAsync();
            await strangers.All[1].ClosedAsync();
            await strangers.All[300].ClosedAsync(); // of those that are kept each came later
            // What the runtime opens meanwhile takes a few of the last, strangers none.
            Assert.True(HighestFile(silo) < limit.Now - FileLimit.Reserve / 2, $"File {HighestFile(silo)} of {limit.Now} is open.");
            // Those that another of the port gave way to are heard and answered.
            if (port == silo.Http)
                Assert.Equal((HttpStatusCode.OK, "ready"), await silo.HealthAsync());
            if (port != silo.Gateway)
                continue;
            await using var one = await ConnectAsync(silo, withToken: false);
            Assert.Empty(await one.ListRunsAsync());
        }

        Assert.Equal(0, Change(silo.Id, OpenFiles, ref before, out _));
        Assert.False(silo.Death.IsCompleted, silo.Output);
        await using var coke = await ConnectAsync(silo, withToken: false);
        Assert.Empty(await coke.ListRunsAsync());
        Assert.Equal(HttpStatusCode.OK, (await silo.HealthAsync()).Status);
        await silo.StopAsync();
        Assert.DoesNotContain(" crit: ", silo.Output);
        foreach (var port in new[] { "Gateway", "Silo", "HTTP" })
            Assert.Contains(
                $" 1 times so far a connection to the {port} port found too few files, the last time: fewer than 32 files are left.",
                silo.Output
            );
    }

    [Fact]
    public async Task EmbeddedSilo_Strangers_GiveWayToEachOther()
    {
        await using var silo = await EmbeddedSilo.StartAsync();
        var limit = ConnectionLimits.Of(FileLimit.Current).Gateway.PendingPerAddress;
        using var strangers = new Strangers(await Stranger.BeginAsync(limit + 1, silo.Gateway));
        await strangers.All[0].ClosedAsync();
        await using var coke = await CokeClient.ConnectAsync(
            new CokeConnection
            {
                Gateways = [silo.Gateway],
                Token = silo.Token,
                Cluster = silo.Cluster,
            }
        );
        Assert.Empty(await coke.ListRunsAsync());
    }

    static ulong HighestFile(SiloProcess silo) =>
        Directory.GetFiles($"/proc/{silo.Id}/fd").Max(file => ulong.Parse(Path.GetFileName(file), CultureInfo.InvariantCulture));

    string[] Access(bool withToken) => withToken ? ["--token-file", _folder.File("token")] : [];

    CokeConnection Connection(SiloProcess silo, bool withToken) =>
        new() { Gateways = [silo.Gateway], Token = withToken ? new AccessToken(File.ReadAllText(_folder.File("token"))) : null };

    // The silo learns of the connection that ended, or of its files, by and by.
    async Task<CokeClient> ConnectAsync(SiloProcess silo, bool withToken)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                return await CokeClient.ConnectAsync(Connection(silo, withToken), patience.Token);
            }
            catch (CoKe.Errors.CokeException) when (!patience.IsCancellationRequested)
            {
                // Not yet.
            }
            catch (OperationCanceledException e)
            {
                throw new TimeoutException($"Nobody can connect: {silo.Output}", e);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "prlimit")]
    private static partial int Change(int process, int resource, ref FilesLimit limit, out FilesLimit before);

    struct FilesLimit
    {
        public ulong Now;
        public ulong Most;
    }

    sealed class Strangers(Stranger[] all) : IDisposable
    {
        public Stranger[] All => all;

        public void Dispose()
        {
            foreach (var stranger in all)
                stranger.Dispose();
        }
    }
}
