using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;

namespace CoKe.Access;

/// <summary>
/// Both sides prove that they know the token, over random nonces, before anything else is said: connector's nonce, acceptor's nonce,
/// connector's proof, acceptor's proof. A proof is an HMAC-SHA256 over who proves it, what the connection is for and both nonces, so that
/// it fits no other connection and cannot be sent back. The connector goes first: it has chosen whom to call, an acceptor is called by
/// anybody.
/// </summary>
static class TokenHandshake
{
    /// <summary>What this is called in a refusal.</summary>
    public const string Layer = "token";

    /// <summary>The calling side.</summary>
    /// <exception cref="AccessRefusedException">The silo refused the token, or did not prove that it knows it.</exception>
    public static async Task ConnectAsync(
        IDuplexPipe transport,
        AccessToken token,
        Purpose purpose,
        EndPoint? silo,
        CancellationToken cancellation
    )
    {
        var mine = RandomNumberGenerator.GetBytes(Frame.ContentSize);
        await Frame.WriteAsync(transport.Output, new Frame(FrameKind.Hello, (byte)purpose, mine), cancellation);
        var theirs = (await ExpectAsync(FrameKind.Challenge)).Content;
        await Frame.WriteAsync(
            transport.Output,
            new Frame(FrameKind.Proof, (byte)purpose, Proof(token, "connector"u8, purpose, mine, theirs)),
            cancellation
        );
        var proof = (await ExpectAsync(FrameKind.Welcome)).Content;
        if (!CryptographicOperations.FixedTimeEquals(proof, Proof(token, "acceptor"u8, purpose, mine, theirs)))
            throw new AccessRefusedException(silo, AccessRefusal.Unproven);

        async Task<Frame> ExpectAsync(FrameKind kind) =>
            await Frame.ReadAsync(transport.Input, cancellation) switch
            {
                { } frame when frame.Kind == kind => frame,
                { Kind: FrameKind.Refused } refused => throw new AccessRefusedException(silo, (AccessRefusal)refused.Detail),
                _ => throw new AccessRefusedException(silo, AccessRefusal.Silent, Layer),
            };
    }

    /// <summary>The called side.</summary>
    /// <param name="transport">Where the peer is.</param>
    /// <param name="tokens">Any of these suits; it is answered by the same.</param>
    /// <param name="purpose">What the port is for.</param>
    /// <param name="admit">Asked when the peer has proved it: whether there is room; null: there always is.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Null: the peer has proved it, and was answered. Else why it is refused; it has not been told yet.</returns>
    public static async Task<AccessRefusal?> AcceptAsync(
        IDuplexPipe transport,
        IReadOnlyList<AccessToken> tokens,
        Purpose purpose,
        Func<bool>? admit,
        CancellationToken cancellation
    )
    {
        if (await Frame.ReadAsync(transport.Input, cancellation) is not { Kind: FrameKind.Hello } hello)
            return await Frame.PeekAsync(transport.Input, cancellation) switch
            {
                null => AccessRefusal.Silent,
                Frame.TlsRecord => AccessRefusal.TlsUnexpected,
                _ => AccessRefusal.TokenMissing,
            };
        if (hello.Detail != (byte)purpose)
            return AccessRefusal.WrongPort;
        var mine = RandomNumberGenerator.GetBytes(Frame.ContentSize);
        await Frame.WriteAsync(transport.Output, new Frame(FrameKind.Challenge, (byte)purpose, mine), cancellation);
        if (await Frame.ReadAsync(transport.Input, cancellation) is not { Kind: FrameKind.Proof } proof)
            return AccessRefusal.Silent;
        AccessToken? token = null;
        foreach (var known in tokens)
            if (CryptographicOperations.FixedTimeEquals(proof.Content, Proof(known, "connector"u8, purpose, hello.Content, mine)))
                token = known;
        if (token is null)
            return purpose == Purpose.Silo ? AccessRefusal.SecretWrong : AccessRefusal.TokenWrong;
        if (admit?.Invoke() == false)
            return AccessRefusal.Full;
        await Frame.WriteAsync(
            transport.Output,
            new Frame(FrameKind.Welcome, (byte)purpose, Proof(token, "acceptor"u8, purpose, hello.Content, mine)),
            cancellation
        );
        return null;
    }

    // Every part but the role has a fixed length, and the role ends where the purpose, a byte that no role contains, begins.
    static byte[] Proof(AccessToken token, ReadOnlySpan<byte> role, Purpose purpose, byte[] connector, byte[] acceptor) =>
        token.Prove([.. role, (byte)purpose, .. connector, .. acceptor]);
}
