using System.Net;
using CoKe.Access;
using CoKe.Client;

namespace CoKe.Silo.Tests.Access;

/// <summary>Silos that ask for a token, as processes, and who comes to them.</summary>
public sealed class TokenTests : IDisposable
{
    const string Secret = "a-secret-that-nobody-may-see";

    readonly TemporaryFolder _folder = new();

    string TokenFile
    {
        get
        {
            var file = _folder.File("token");
            CoKe.Files.PrivateFiles.WriteNew(file, Secret);
            return file;
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Silo_WithToken_TakesWhoKnowsIt_AndTellsOthersWhy()
    {
        await using var silo = new SiloProcess(null, "--token-file", TokenFile, "--log-level", "trace");
        Assert.True(await silo.StartAsync(), silo.Output);
        await using (
            var coke = await CokeClient.ConnectAsync(new CokeConnection { Gateways = [silo.Gateway], Token = new AccessToken(Secret) })
        )
        await using (var run = await DrivenRun.BeginAsync(coke, "run"))
        {
            await run.EpochAsync();
            await run.AssertClustersAsync();
        }

        await RefusedAsync(AccessRefusal.TokenMissing, new CokeConnection { Gateways = [silo.Gateway] });
        await RefusedAsync(
            AccessRefusal.TokenWrong,
            new CokeConnection { Gateways = [silo.Gateway], Token = new AccessToken(Secret + "0") }
        );
        await RefusedAsync(AccessRefusal.WrongPort, new CokeConnection { Gateways = [silo.Silo], Token = new AccessToken(Secret) });

        await silo.StopAsync();
        Assert.DoesNotContain(Secret, silo.Output); // at the level that says most
        Assert.Contains("to the Gateway port was refused: it gave no token.", silo.Output);
        Assert.Contains("to the Gateway port was refused: it has another token.", silo.Output);
        Assert.Contains("to the Silo port was refused: it took this port for another.", silo.Output);
    }

    [Fact]
    public async Task Client_WithToken_RefusesASiloWithout()
    {
        await using var silo = new SiloProcess(null);
        Assert.True(await silo.StartAsync(), silo.Output);
        await RefusedAsync(AccessRefusal.Silent, new CokeConnection { Gateways = [silo.Gateway], Token = new AccessToken(Secret) });
        await using var coke = await CokeClient.ConnectAsync([silo.Gateway]); // it goes on
        Assert.Empty(await coke.ListRunsAsync());
    }

    [Fact]
    public async Task Client_OfAnotherCluster_IsToldTheLikelyCause()
    {
        await using var silo = new SiloProcess(null, "--cluster", "here");
        Assert.True(await silo.StartAsync(), silo.Output);
        var refused = await Assert.ThrowsAsync<SiloUnreachableException>(() =>
            CokeClient.ConnectAsync(new CokeConnection { Gateways = [silo.Gateway], Cluster = "there" })
        );
        Assert.StartsWith(
            $"What answers at {silo.Gateway} ends every connection: probably it is a silo of another cluster than 'there'",
            refused.Message
        );
        await using var coke = await CokeClient.ConnectAsync(new CokeConnection { Gateways = [silo.Gateway], Cluster = "here" });
        Assert.Empty(await coke.ListRunsAsync());
    }

    [Fact]
    public async Task Silos_OfOneToken_Meet_AndOneOfAnotherIsKeptOut()
    {
        var (other, silos) = (_folder.File("other"), _folder.File("silos"));
        CoKe.Files.PrivateFiles.WriteNew(other, Secret + "0");
        await using var first = new SiloProcess(null, "--token-file", TokenFile, "--silo-token-file", silos);
        Assert.True(await first.StartAsync(), first.Output);
        string[] joining = ["--primary-port", $"{first.Silo.Port}", "--silo-token-file", silos];
        await using var second = new SiloProcess(null, ["--token-file", TokenFile, .. joining]);
        Assert.True(await second.StartAsync(), second.Output);
        string[] elsewhere = ["--primary-port", $"{first.Silo.Port}", "--silo-token-file", _folder.File("others")];
        foreach (
            var options in new string[][]
            {
                ["--token-file", other, .. joining],
                joining,
                ["--token-file", TokenFile, .. elsewhere],
                elsewhere,
            }
        )
        {
            await using var stranger = new SiloProcess(null, options);
            Assert.False(await stranger.StartAsync(), stranger.Output);
            await stranger.Death;
            Assert.Equal(1, stranger.ExitCode);
            Assert.StartsWith($"The silo at {first.Silo} is of other silos: ", Assert.Single(stranger.ErrorLines));
        }

        // The two are one cluster: who comes by one gateway finds runs whose grains are on both.
        await using var coke = await CokeClient.ConnectAsync(
            new CokeConnection { Gateways = [second.Gateway], Token = new AccessToken(Secret) }
        );
        await using var run = await DrivenRun.BeginAsync(coke, "run", clusters: 60);
        await run.EpochAsync();
        await run.AssertClustersAsync();
    }

    [Fact]
    public async Task Http_WithToken_ShowsHealthToAnybody_AndTheRestToWhoKnowsIt()
    {
        await using var silo = new SiloProcess(null, "--token-file", TokenFile);
        Assert.True(await silo.StartAsync(), silo.Output);
        using var http = new HttpClient();
        foreach (var open in new[] { "/health", "/health/ready", "/health/live", "/" })
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(open));
        foreach (var open in new[] { "/health", "/health/ready", "/health/live", "/" })
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(open, method: HttpMethod.Head));
        foreach (
            var (closed, behind) in new[]
            {
                ("/healthy", HttpStatusCode.NotFound), // known, and there is nothing
                ("//health", HttpStatusCode.NotFound),
                ("/page", HttpStatusCode.NotFound),
                ("/metrics", HttpStatusCode.OK),
                ("/health/../metrics", HttpStatusCode.OK),
                ("/orleans/", HttpStatusCode.OK),
            }
        )
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(closed));
            foreach (
                var wrong in new[] { "Bearer", "Bearer wrong", $"Bearer {Secret}0", $"Bearer {Secret[..^1]}", $"Basic {Secret}", Secret }
            )
                Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(closed, wrong));
            Assert.Equal(behind, await StatusAsync(closed, $"Bearer {Secret}"));
        }

        using var refused = await http.GetAsync($"http://{silo.Http}/metrics");
        Assert.Equal("Bearer", $"{refused.Headers.WwwAuthenticate}");

        async Task<HttpStatusCode> StatusAsync(string path, string? authorization = null, HttpMethod? method = null)
        {
            using var request = new HttpRequestMessage(method ?? HttpMethod.Get, $"http://{silo.Http}{path}");
            if (authorization is not null)
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            using var response = await http.SendAsync(request);
            return response.StatusCode;
        }
    }

    static async Task RefusedAsync(AccessRefusal refusal, CokeConnection connection)
    {
        var refused = await Assert.ThrowsAsync<AccessRefusedException>(() => CokeClient.ConnectAsync(connection));
        Assert.Equal(refusal, refused.Refusal);
        Assert.StartsWith($"The silo at {connection.Gateways[0]} ", refused.Message);
        Assert.DoesNotContain(Secret, $"{refused}");
    }
}
