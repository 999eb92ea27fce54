using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using CoKe.Access;
using CoKe.Client;

namespace CoKe.Silo.Tests.Access;

/// <summary>Silos that speak TLS, as processes, and who comes to them.</summary>
public sealed class TlsTests : IDisposable
{
    readonly TestAuthorities _authorities = new();

    public void Dispose() => _authorities.Dispose();

    [Fact]
    public async Task Silos_WithTlsAndToken_Meet_AndTakeOnlyWhomTheAuthoritySigned()
    {
        var token = _authorities.Folder.File("token");
        string[] secured = ["--token-file", token, "--silo-token-file", _authorities.Folder.File("silos"), .. Options("silo", "coke")];
        await using var first = new SiloProcess(null, secured);
        Assert.True(await first.StartAsync(), first.Output);
        await using var second = new SiloProcess(null, [.. secured, "--primary-port", $"{first.Silo.Port}"]);
        Assert.True(await second.StartAsync(), second.Output);

        var good = new CokeConnection
        {
            Gateways = [second.Gateway, first.Gateway],
            Token = new AccessToken(File.ReadAllText(token)),
            Tls = Identity(_authorities.Own, "client", null),
        };
        await using (var coke = await CokeClient.ConnectAsync(good))
        await using (var run = await DrivenRun.BeginAsync(coke, "run", clusters: 60))
        {
            await run.EpochAsync();
            await run.AssertClustersAsync();
        }

        good = good with { Gateways = [first.Gateway] };
        await RefusedAsync(AccessRefusal.TokenMissing, good with { Token = null });
        await RefusedAsync(AccessRefusal.TlsMissing, good with { Tls = null });
        await RefusedAsync(AccessRefusal.TlsMissing, good with { Tls = null, Token = null });
        await RefusedAsync(
            AccessRefusal.ConnectorCertificate,
            good with
            {
                Tls = Identity(_authorities.Own, "expired", null, lastDay: -1),
            }
        );
        await RefusedAsync(AccessRefusal.ConnectorCertificate, good with { Tls = Identity(_authorities.Foreign, "stranger", null) });
        await RefusedAsync(
            AccessRefusal.AcceptorCertificate,
            good with
            {
                Tls = Identity(_authorities.Foreign, "trusting", null, trusted: _authorities.Foreign),
            }
        );
        await RefusedAsync(
            AccessRefusal.AcceptorCertificate,
            good with
            {
                Tls = Identity(_authorities.Own, "expecting", null, expected: "other"),
            }
        );
        await WithoutCertificateAsync(first);

        // A client's certificate makes no silo: the joining one takes it for its own name, the cluster does not.
        await using var impostor = new SiloProcess(
            null,
            [
                "--token-file",
                token,
                "--silo-token-file",
                _authorities.Folder.File("silos"),
                .. Options("impostor", "impostor"),
                "--tls-name",
                "impostor",
                "--primary-port",
                $"{first.Silo.Port}",
            ]
        );
        Assert.False(await impostor.StartAsync(), impostor.Output);
        await impostor.Death;
        Assert.Equal(1, impostor.ExitCode);
        Assert.Equal(
            $"The silo at {first.Silo} has a certificate that is refused: it is not for the name impostor.",
            Assert.Single(impostor.ErrorLines)
        );
    }

    [Fact]
    public async Task Client_WithTls_RefusesASiloWithout()
    {
        await using var silo = new SiloProcess(null);
        Assert.True(await silo.StartAsync(), silo.Output);
        await RefusedAsync(
            AccessRefusal.Silent,
            new CokeConnection { Gateways = [silo.Gateway], Tls = Identity(_authorities.Own, "client", null) }
        );
    }

    [Theory]
    [InlineData("expired", -1, "coke", "it is expired, or not valid yet")]
    [InlineData("name", 5, "other", "it is not for the name coke")]
    public async Task Silo_WithACertificateThatEveryPeerWouldRefuse_DoesNotStart(string file, int lastDay, string name, string words)
    {
        await using var silo = new SiloProcess(null, Options(file, name, lastDay));
        Assert.False(await silo.StartAsync(), silo.Output);
        await silo.Death;
        Assert.Equal(
            $"--tls-certificate {_authorities.Folder.File(file)}.pem would be refused by every peer: {words}. Have it issued anew.",
            Assert.Single(silo.ErrorLines)
        );
    }

    [Fact]
    public async Task Http_WithTls_IsHttps()
    {
        await using var silo = new SiloProcess(null, Options("silo", "coke"));
        Assert.True(await silo.StartAsync(), silo.Output);
        using var authority = X509CertificateLoader.LoadCertificateFromFile(_authorities.Own.File);
        using var http = new HttpClient(
            new SocketsHttpHandler
            {
                // The certificate is for the name, which no resolver knows.
                ConnectCallback = async (_, cancellation) =>
                {
                    var tcp = new TcpClient();
                    await tcp.ConnectAsync(silo.Http, cancellation);
                    return tcp.GetStream();
                },
                SslOptions =
                {
                    CertificateChainPolicy = new X509ChainPolicy
                    {
                        TrustMode = X509ChainTrustMode.CustomRootTrust,
                        CustomTrustStore = { authority },
                        RevocationMode = X509RevocationMode.NoCheck,
                    },
                },
            }
        );
        Assert.Equal("ready", await http.GetStringAsync("https://coke/health"));
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync("http://coke/health"));
    }

    string[] Options(string file, string? name, double lastDay = 5)
    {
        var (certificate, key) = _authorities.Own.Issue(file, name, lastDay);
        return ["--tls-certificate", certificate, "--tls-key", key, "--tls-authority", _authorities.Own.File];
    }

    TlsIdentity Identity(
        TestAuthority issuer,
        string file,
        string? name,
        double lastDay = 5,
        TestAuthority? trusted = null,
        string expected = TlsFiles.DefaultName
    )
    {
        var (certificate, key) = issuer.Issue(file, name, lastDay);
        return TlsIdentity.Load(
            new TlsFiles
            {
                Certificate = certificate,
                Key = key,
                Authority = (trusted ?? _authorities.Own).File,
                Name = expected,
            }
        );
    }

    static async Task RefusedAsync(AccessRefusal refusal, CokeConnection connection)
    {
        var refused = await Assert.ThrowsAsync<AccessRefusedException>(() => CokeClient.ConnectAsync(connection));
        Assert.Equal(refusal, refused.Refusal);
        Assert.StartsWith($"The silo at {connection.Gateways[0]} ", refused.Message);
    }

    /// <summary>TLS 1.3 lets a caller believe that all is well before its certificate was asked for: but nothing is said to it.</summary>
    static async Task WithoutCertificateAsync(SiloProcess silo)
    {
        foreach (var port in new[] { silo.Gateway, silo.Silo })
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(port);
            await using var stream = new SslStream(tcp.GetStream());
            var said = 0;
            try
            {
                await stream.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions { TargetHost = "coke", RemoteCertificateValidationCallback = (_, _, _, _) => true }
                );
                said = await stream.ReadAsync(new byte[1]);
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                // The alert.
            }

            Assert.Equal(0, said);
        }
    }
}
