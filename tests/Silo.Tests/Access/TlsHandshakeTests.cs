using System.Net;
using System.Net.Security;
using CoKe.Access;
using CoKe.Errors;

namespace CoKe.Silo.Tests.Access;

/// <summary>Certificates of a throw-away authority: each side refuses what is expired, of another name or authority, or not
/// there.</summary>
public sealed class TlsHandshakeTests : IDisposable
{
    static readonly IPEndPoint _s_silo = new(IPAddress.Loopback, 1);

    readonly TestAuthorities _authorities = new();

    public void Dispose() => _authorities.Dispose();

    [Theory]
    [InlineData(Purpose.Silo, "coke")]
    [InlineData(Purpose.Gateway, "coke")]
    [InlineData(Purpose.Gateway, null)] // a client needs no name
    public async Task GoodCertificates_Connect_AndCarryBytesBothWays(Purpose purpose, string? callersName)
    {
        var (call, answer) = await MeetAsync(Of(_authorities.Own, "caller", callersName), Of(_authorities.Own, "silo", "coke"), purpose);
        await using var caller = Assert.IsType<TlsTransport>(call.Tls);
        await using var silo = Assert.IsType<TlsTransport>(answer.Tls);
        var sent = Enumerable.Range(0, 200_000).Select(i => (byte)i).ToArray();
        foreach (var (from, to) in new[] { (caller, silo), (silo, caller) })
        {
            var writing = from.Output.WriteAsync(sent);
            var received = new List<byte>();
            while (received.Count < sent.Length)
            {
                var read = await to.Input.ReadAsync();
                foreach (var segment in read.Buffer)
                    received.AddRange(segment.Span);
                to.Input.AdvanceTo(read.Buffer.End);
            }

            await writing;
            Assert.True(received.SequenceEqual(sent));
        }
    }

    [Theory]
    [InlineData("expired", "it is expired, or not valid yet")]
    [InlineData("foreign", "the authority has not signed it")]
    [InlineData("name", "it is not for the name coke")]
    [InlineData("nameless", "it is not for the name coke")]
    public async Task BadSilo_IsRefusedByTheCaller(string what, string words)
    {
        var (call, _) = await MeetAsync(Of(_authorities.Own, "caller", "coke"), Bad(what), Purpose.Gateway);
        var refused = Assert.IsType<AccessRefusedException>(call.Refused);
        Assert.Equal(AccessRefusal.AcceptorCertificate, refused.Refusal);
        Assert.Equal($"The silo at 127.0.0.1:1 has a certificate that is refused: {words}.", refused.Message);
    }

    [Theory]
    [InlineData("expired", Purpose.Gateway, "it is expired, or not valid yet")]
    [InlineData("foreign", Purpose.Gateway, "the authority has not signed it")]
    [InlineData("expired", Purpose.Silo, "it is expired, or not valid yet")]
    [InlineData("foreign", Purpose.Silo, "the authority has not signed it")]
    [InlineData("name", Purpose.Silo, "it is not for the name coke")]
    [InlineData("nameless", Purpose.Silo, "it is not for the name coke")]
    public async Task BadCaller_IsRefusedByTheSilo(string what, Purpose purpose, string words)
    {
        var (call, answer) = await MeetAsync(Bad(what), Of(_authorities.Own, "silo", "coke"), purpose);
        Assert.Equal((AccessRefusal.ConnectorCertificate, words), (answer.Refusal!.Value, answer.Trouble));
        Assert.Null(answer.Tls);
        Assert.Equal(AccessRefusal.ConnectorCertificate, Assert.IsType<AccessRefusedException>(call.Refused).Refusal);
    }

    [Fact]
    public async Task CallerWithoutCertificate_IsRefusedByTheSilo()
    {
        var pipes = new PipePair();
        var answer = TlsHandshake.AcceptAsync(pipes.Listener, Of(_authorities.Own, "silo", "coke"), Purpose.Gateway, default);
        await using var stream = new SslStream(new PipeStream(pipes.Caller));
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "coke",
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        };
        var call = stream.AuthenticateAsClientAsync(options); // TLS 1.3 lets it believe that it is connected
        var (tls, refusal, trouble) = await answer;
        Assert.True(tls is null);
        Assert.Equal((AccessRefusal.ConnectorCertificate, "there is none"), (refusal, trouble));
        await pipes.Listener.Output.CompleteAsync();
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await call;
            if (await stream.ReadAsync(new byte[1]) == 0)
                throw new EndOfStreamException();
        });
    }

    [Fact]
    public async Task CallerWithoutTls_IsToldApart()
    {
        var pipes = new PipePair();
        await pipes.Caller.Output.WriteAsync(new byte[] { 0x40, 0, 0, 0 });
        var (tls, refusal, _) = await TlsHandshake.AcceptAsync(
            pipes.Listener,
            Of(_authorities.Own, "silo", "coke"),
            Purpose.Gateway,
            default
        );
        Assert.True(tls is null && refusal == AccessRefusal.TlsMissing);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("a password")]
    public async Task Load_PfxOrEncryptedKey_Connects(string? password)
    {
        var pfx = TlsIdentity.Load(
            new TlsFiles
            {
                Certificate = _authorities.Own.IssuePfx("caller", "coke", password),
                Password = password,
                Authority = _authorities.Own.File,
            }
        );
        var (certificate, key) = _authorities.Own.Issue("silo", "coke", password: password);
        var pem = TlsIdentity.Load(
            new TlsFiles
            {
                Certificate = certificate,
                Key = key,
                Password = password,
                Authority = _authorities.Own.File,
            }
        );
        pfx.CheckOwn(isSilo: true);
        pem.CheckOwn(isSilo: true);
        var (call, answer) = await MeetAsync(pfx, pem, Purpose.Silo);
        Assert.Null(call.Refused);
        await call.Tls!.DisposeAsync();
        await answer.Tls!.DisposeAsync();
    }

    [Fact]
    public void Load_WrongFiles_AreRefusedByName()
    {
        var (certificate, key) = _authorities.Own.Issue("silo", "coke");
        var (_, other) = _authorities.Own.Issue("other", "coke");
        var (_, locked) = _authorities.Own.Issue("locked", "coke", password: "a password");
        var good = new TlsFiles
        {
            Certificate = certificate,
            Key = key,
            Authority = _authorities.Own.File,
        };
        var none = _authorities.Folder.File("none.pem");
        Check(good with { Certificate = none }, $"{none} cannot be read: name the right file.");
        Check(good with { Key = none }, $"{none} cannot be read: name the right file.");
        Check(good with { Authority = none }, $"{none} cannot be read: name the right file.");
        Check(good with { Certificate = key }, $"{key} holds not a certificate in PEM: name the right file.");
        Check(good with { Authority = key }, $"{key} holds not a certificate in PEM: name the right file.");
        Check(
            good with
            {
                Key = other,
            },
            $"{other} holds not the private key, PEM, not encrypted, of the certificate in {certificate}: name the right file."
        );
        Check(
            good with
            {
                Key = locked,
            },
            $"{locked} holds not the private key, PEM, not encrypted, of the certificate in {certificate}: name the right file."
        );
        Check(
            good with
            {
                Certificate = _authorities.Own.IssuePfx("caller", "coke", "a password"),
                Key = null,
                Password = "another",
            },
            $"{_authorities.Folder.File("caller.pfx")} holds not a PFX file that this password opens: " + "name the right file."
        );

        void Check(TlsFiles files, string words) =>
            Assert.Equal(words, Assert.Throws<InvalidOptionsException>(() => TlsIdentity.Load(files)).Message);
    }

    [Theory]
    [InlineData("expired", true, "it is expired, or not valid yet")]
    [InlineData("foreign", true, "the authority has not signed it")]
    [InlineData("name", true, "it is not for the name coke")]
    [InlineData("name", false, null)]
    [InlineData("expired", false, "it is expired, or not valid yet")]
    public void CheckOwn_WhatEveryPeerWouldRefuse_IsRefusedAtStart(string what, bool isSilo, string? words)
    {
        var identity = Bad(what);
        if (words is null)
            identity.CheckOwn(isSilo);
        else
            Assert.Contains(
                $"would be refused by every peer: {words}.",
                Assert.Throws<InvalidOptionsException>(() => identity.CheckOwn(isSilo)).Message
            );
    }

    TlsIdentity Bad(string what) =>
        what switch
        {
            "expired" => Of(_authorities.Own, what, "coke", lastDay: -1),
            "foreign" => Of(_authorities.Foreign, what, "coke"), // but it trusts ours
            "name" => Of(_authorities.Own, what, "other"),
            _ => Of(_authorities.Own, what, null),
        };

    TlsIdentity Of(TestAuthority issuer, string file, string? name, double lastDay = 5)
    {
        var (certificate, key) = issuer.Issue(file, name, lastDay);
        return TlsIdentity.Load(
            new TlsFiles
            {
                Certificate = certificate,
                Key = key,
                Authority = _authorities.Own.File,
            }
        );
    }

    /// <summary>Both sides at once, as on a wire; a side that refuses hangs up.</summary>
    static async Task<(
        (TlsTransport? Tls, Exception? Refused) Call,
        (TlsTransport? Tls, AccessRefusal? Refusal, string? Trouble) Answer
    )> MeetAsync(TlsIdentity caller, TlsIdentity silo, Purpose purpose)
    {
        var pipes = new PipePair();
        var answer = Task.Run(async () =>
        {
            var answered = await TlsHandshake.AcceptAsync(pipes.Listener, silo, purpose, default);
            if (answered.Tls is null)
                await pipes.Listener.Output.CompleteAsync();
            return answered;
        });
        try
        {
            return ((await TlsHandshake.ConnectAsync(pipes.Caller, caller, _s_silo, default), null), await answer);
        }
        catch (AccessRefusedException refused)
        {
            await pipes.Caller.Output.CompleteAsync();
            return ((null, refused), await answer);
        }
    }
}
