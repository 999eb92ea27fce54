using System.Net;
using System.Text;
using CoKe.Access;

namespace CoKe.Silo.Tests.Access;

/// <summary>Both sides prove that they know the token, and it is never said.</summary>
public sealed class TokenHandshakeTests
{
    const string Secret = "0123456789abcdef0123456789abcdef";

    static readonly AccessToken _s_token = new(Secret);
    static readonly AccessToken _s_other = new("another-token-of-some-length");
    static readonly IPEndPoint _s_silo = new(IPAddress.Loopback, 1);

    [Fact]
    public async Task SameToken_BothAreSatisfied_AndItIsNotOnTheWire()
    {
        var pipes = new PipePair();
        var answer = AnswerAsync(pipes, _s_token);
        await TokenHandshake.ConnectAsync(pipes.Caller, _s_token, Purpose.Gateway, _s_silo, default);
        Assert.Null(await answer);
        Assert.Equal(4 * Frame.Size, pipes.Wire.WrittenCount);
        Assert.Equal(-1, pipes.Wire.WrittenSpan.IndexOf(Encoding.ASCII.GetBytes(Secret)));

        // What comes next belongs to Orleans, untouched.
        await pipes.Caller.Output.WriteAsync(new byte[] { 7 });
        Assert.Equal(7, (await pipes.Listener.Input.ReadAsync()).Buffer.FirstSpan[0]);
    }

    [Fact]
    public async Task SameTokenTwice_NothingRepeats()
    {
        var said = new List<byte[]>();
        for (var i = 0; i < 2; i++)
        {
            var pipes = new PipePair();
            var answer = AnswerAsync(pipes, _s_token);
            await TokenHandshake.ConnectAsync(pipes.Caller, _s_token, Purpose.Gateway, _s_silo, default);
            await answer;
            said.AddRange(pipes.Wire.WrittenSpan.ToArray().Chunk(Frame.Size).Select(frame => frame[^Frame.ContentSize..]));
        }

        Assert.Equal(8, said.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public async Task AnotherToken_IsRefused_BeforeTheListenerProvesAnything()
    {
        var pipes = new PipePair();
        var answer = AnswerAsync(pipes, _s_token);
        var refused = await Assert.ThrowsAsync<AccessRefusedException>(() =>
            TokenHandshake.ConnectAsync(pipes.Caller, _s_other, Purpose.Gateway, _s_silo, default)
        );
        Assert.Equal((AccessRefusal.TokenWrong, AccessRefusal.TokenWrong), (await answer, refused.Refusal));
        Assert.Equal("The silo at 127.0.0.1:1 has another token: give the cluster's.", refused.Message);
    }

    [Fact]
    public async Task SiloToAGatewayPort_IsRefused()
    {
        var pipes = new PipePair();
        var answer = AnswerAsync(pipes, _s_token);
        var refused = await Assert.ThrowsAsync<AccessRefusedException>(() =>
            TokenHandshake.ConnectAsync(pipes.Caller, _s_token, Purpose.Silo, _s_silo, default)
        );
        Assert.Equal((AccessRefusal.WrongPort, AccessRefusal.WrongPort), (await answer, refused.Refusal));
    }

    [Fact]
    public async Task ListenerThatOnlyRepeatsWhatItHears_IsNotBelieved()
    {
        var pipes = new PipePair();
        var call = TokenHandshake.ConnectAsync(pipes.Caller, _s_token, Purpose.Gateway, _s_silo, default);
        var hello = (await Frame.ReadAsync(pipes.Listener.Input, default))!.Value;
        await Frame.WriteAsync(pipes.Listener.Output, hello with { Kind = FrameKind.Challenge }, default);
        var proof = (await Frame.ReadAsync(pipes.Listener.Input, default))!.Value;
        await Frame.WriteAsync(pipes.Listener.Output, proof with { Kind = FrameKind.Welcome }, default);
        Assert.Equal(AccessRefusal.Unproven, (await Assert.ThrowsAsync<AccessRefusedException>(() => call)).Refusal);
    }

    [Fact]
    public async Task CallerThatRepeatsAnOldConversation_IsRefused()
    {
        var old = new PipePair();
        var first = AnswerAsync(old, _s_token);
        await TokenHandshake.ConnectAsync(old.Caller, _s_token, Purpose.Gateway, _s_silo, default).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Null(await first);
        var frames = old.Wire.WrittenSpan.ToArray().Chunk(Frame.Size).ToArray(); // hello, challenge, proof, welcome
        var again = new PipePair();
        var answer = AnswerAsync(again, _s_token);
        await again.Caller.Output.WriteAsync(frames[0]);
        await again.Caller.Output.WriteAsync(frames[2]);
        Assert.Equal(AccessRefusal.TokenWrong, await answer);
    }

    [Theory]
    [InlineData(new byte[] { 0x40, 0, 0, 0, 1, 2, 3 }, AccessRefusal.TokenMissing)] // as Orleans begins
    [InlineData(new byte[] { Frame.TlsRecord, 3, 1, 2, 0 }, AccessRefusal.TlsUnexpected)]
    [InlineData(new byte[] { (byte)'C', (byte)'o', (byte)'L' }, AccessRefusal.TokenMissing)]
    public async Task SomethingElse_IsToldApart(byte[] bytes, AccessRefusal refusal)
    {
        var pipes = new PipePair();
        await pipes.Caller.Output.WriteAsync(bytes);
        Assert.Equal(refusal, await AnswerAsync(pipes, _s_token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(Frame.Size - 1)]
    public async Task HangsUpAmidTheHello_IsSilent(int bytes)
    {
        var pipes = new PipePair();
        await pipes.Caller.Output.WriteAsync(
            new Frame(FrameKind.Hello, (byte)Purpose.Gateway, new byte[Frame.ContentSize]).ToBytes().AsMemory(0, bytes)
        );
        await pipes.Caller.Output.CompleteAsync();
        var refusal = await AnswerAsync(pipes, _s_token);
        Assert.Contains(refusal!.Value, new[] { AccessRefusal.Silent, AccessRefusal.TokenMissing });
    }

    [Fact]
    public void Equals_OnlyTheSecret()
    {
        Assert.True(_s_token.Equals(Secret));
        foreach (var wrong in new[] { "", Secret[..^1], Secret + "0", Secret.ToUpperInvariant(), " " + Secret, "é" })
            Assert.False(_s_token.Equals(wrong), wrong);
        Assert.DoesNotContain(Secret, $"{_s_token}");
    }

    // As the guard does it: a refusal is told.
    static async Task<AccessRefusal?> AnswerAsync(PipePair pipes, AccessToken token)
    {
        var refusal = await TokenHandshake.AcceptAsync(pipes.Listener, [token], Purpose.Gateway, null, default);
        if (refusal is { } reason)
            await Frame.WriteAsync(pipes.Listener.Output, Frame.Refusing(reason), default);
        return refusal;
    }
}
