using System.IO.Pipelines;
using System.Net;
using System.Security.Authentication;

namespace CoKe.Access;

/// <summary>TLS in which both sides show a certificate. The acceptor confirms it, because in TLS 1.3 a caller does not hear that his was
/// refused.</summary>
static class TlsHandshake
{
    /// <summary>What this is called in a refusal.</summary>
    public const string Layer = "TLS";

    /// <summary>The calling side.</summary>
    /// <exception cref="AccessRefusedException">A certificate was refused, or the silo does not speak TLS.</exception>
    public static async Task<TlsTransport> ConnectAsync(
        IDuplexPipe transport,
        TlsIdentity identity,
        EndPoint? silo,
        CancellationToken cancellation
    )
    {
        string? trouble = null;
        var tls = new TlsTransport(transport);
        var agreed = false;
        try
        {
            await tls.Stream.AuthenticateAsClientAsync(identity.AsConnector(reason => trouble = reason), cancellation);
            agreed = true;
            if (await Frame.ReadAsync(tls.Input, cancellation) is { Kind: FrameKind.Secured })
                return tls;
            throw new AccessRefusedException(silo, AccessRefusal.ConnectorCertificate);
        }
        catch (Exception e)
        {
            await tls.DisposeAsync();
            if (e is AccessRefusedException or OperationCanceledException)
                throw;
            throw trouble is not null ? new AccessRefusedException(silo, AccessRefusal.AcceptorCertificate, trouble, e)
            : tls.PeerSpeaksFrames ? new AccessRefusedException(silo, AccessRefusal.TlsUnexpected, null, e)
            // TLS 1.2 tells amid the handshake, 1.3 after it.
            : agreed || tls.PeerSpeaksTls ? new AccessRefusedException(silo, AccessRefusal.ConnectorCertificate, null, e)
            : new AccessRefusedException(silo, AccessRefusal.Silent, Layer, e);
        }
    }

    /// <summary>The called side.</summary>
    /// <returns>The transport above TLS; or why the caller is refused, and in words.</returns>
    public static async Task<(TlsTransport? Tls, AccessRefusal? Refusal, string? Trouble)> AcceptAsync(
        IDuplexPipe transport,
        TlsIdentity identity,
        Purpose purpose,
        CancellationToken cancellation
    )
    {
        switch (await Frame.PeekAsync(transport.Input, cancellation))
        {
            case null:
                return (null, AccessRefusal.Silent, null);
            case not Frame.TlsRecord:
                return (null, AccessRefusal.TlsMissing, null);
        }

        string? trouble = null;
        var tls = new TlsTransport(transport);
        try
        {
            await tls.Stream.AuthenticateAsServerAsync(identity.AsAcceptor(purpose, reason => trouble = reason), cancellation);
            await Frame.WriteAsync(tls.Output, new Frame(FrameKind.Secured, 0, new byte[Frame.ContentSize]), cancellation);
            return (tls, null, null);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            await tls.DisposeAsync();
            return trouble is not null ? (null, AccessRefusal.ConnectorCertificate, trouble) : (null, AccessRefusal.Silent, null);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }
}
