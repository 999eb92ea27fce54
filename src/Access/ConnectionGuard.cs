using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using CoKe.Access.Quotas;
using CoKe.Errors;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace CoKe.Access;

/// <summary>
/// Stands before Orleans on every connection: TLS first, if it is configured, then the token, if there is one; else Orleans' first words
/// are waited for. Only when both sides are satisfied does Orleans say or hear its first byte.
/// </summary>
/// <param name="tokens">What both sides must know: who is called takes any of these, who calls proves the first; none: nothing is
/// asked.</param>
/// <param name="tls">This process's certificate and whom it trusts; null: no TLS.</param>
/// <param name="onRefused">Told when an outgoing connection is not made; null: nobody.</param>
/// <param name="time">Measures patience; null: the system's.</param>
/// <remarks>
/// Without TLS the token keeps strangers out, and does not itself go over the wire; but who can change packets on the way can take over a
/// connection once it is made. In a network that is not trusted use both.
/// </remarks>
public sealed partial class ConnectionGuard(
    Func<IReadOnlyList<AccessToken>> tokens,
    TlsIdentity? tls,
    Action<AccessRefusedException>? onRefused = null,
    TimeProvider? time = null
)
{
    readonly TimeProvider _time = time ?? TimeProvider.System;
    readonly ConcurrentDictionary<AccessRefusal, Occasions> _refused = new();

    // Late, because what silos share may come from a database that is opened after this object is made.
    readonly Lazy<IReadOnlyList<AccessToken>> _tokens = new(tokens);

    /// <summary>Guards by one token, or by none.</summary>
    /// <param name="token">What both sides must know; null: none.</param>
    /// <param name="tls">This process's certificate and whom it trusts; null: no TLS.</param>
    /// <param name="onRefused">Told when an outgoing connection is not made; null: nobody.</param>
    public ConnectionGuard(AccessToken? token, TlsIdentity? tls, Action<AccessRefusedException>? onRefused = null)
        : this(() => token is null ? [] : [token], tls, onRefused) { }

    /// <summary>Guards connections that this process opens.</summary>
    /// <param name="builder">Of Orleans' outgoing connections.</param>
    /// <param name="purpose">Whom they go to.</param>
    public void GuardOutgoing(IConnectionBuilder builder, Purpose purpose)
    {
        var log = Log(builder);
        builder.Use(next => context => CallAsync(context, next, purpose, log));
    }

    /// <summary>Guards connections that others open.</summary>
    /// <param name="builder">Of Orleans' incoming connections.</param>
    /// <param name="purpose">Who may come.</param>
    public void GuardIncoming(IConnectionBuilder builder, Purpose purpose)
    {
        var log = Log(builder);
        builder.Use(next => context => AnswerAsync(context, next, purpose, log));
    }

    async Task CallAsync(ConnectionContext context, ConnectionDelegate next, Purpose purpose, ILogger? log)
    {
        var below = context.Transport;
        var token = _tokens.Value is [var first, ..] ? first : null;
        TlsTransport? above = null;
        try
        {
            var layer = TlsHandshake.Layer;
            using var patience = new CancellationTokenSource(ConnectionTimes.Caller, _time);
            try
            {
                if (tls is not null)
                    above = await TlsHandshake.ConnectAsync(below, tls, context.RemoteEndPoint, patience.Token);
                layer = TokenHandshake.Layer;
                if (token is not null)
                    await TokenHandshake.ConnectAsync(above ?? below, token, purpose, context.RemoteEndPoint, patience.Token);
            }
            catch (OperationCanceledException e) when (patience.IsCancellationRequested)
            {
                throw new AccessRefusedException(context.RemoteEndPoint, AccessRefusal.Silent, layer, e);
            }

            context.Transport = token is not null ? above ?? below : new FirstWords(above ?? below, first =>
                {
                    if (Frame.Parse(first) is { Kind: FrameKind.Refused } refused)
                        throw new AccessRefusedException(context.RemoteEndPoint, (AccessRefusal)refused.Detail);
                });
            await next(context);
        }
        catch (AccessRefusedException refused)
        {
            if (log is not null)
                LogNotConnected(log, refused.Message);
            onRefused?.Invoke(refused);
            throw;
        }
        finally
        {
            await EndAsync(context, below, above);
        }
    }

    async Task AnswerAsync(ConnectionContext context, ConnectionDelegate next, Purpose purpose, ILogger? log)
    {
        var below = context.Transport;
        var tokens = _tokens.Value;
        var lease = context.Features.Get<ConnectionLease>(); // null: the port counts nobody
        TlsTransport? above = null;
        try
        {
            using (var patience = new CancellationTokenSource(ConnectionTimes.Listener, _time))
            {
                AccessRefusal? refusal = null;
                string? trouble = null;
                try
                {
                    if (tls is not null)
                        (above, refusal, trouble) = await TlsHandshake.AcceptAsync(below, tls, purpose, patience.Token);
                    if (refusal is null)
                    {
                        refusal =
                            tokens.Count > 0
                                ? await TokenHandshake.AcceptAsync(
                                    above ?? below,
                                    tokens,
                                    purpose,
                                    lease is null ? null : lease.Prove,
                                    patience.Token
                                )
                            : !await Preamble.HasComeAsync((above ?? below).Input, patience.Token) ? AccessRefusal.Silent
                            : lease?.Prove() == false ? AccessRefusal.Full
                            : null;
                    }

                    if (refusal is { } reason)
                        await TellAsync(above ?? below, below.Input, reason, patience.Token);
                }
                catch (OperationCanceledException) when (patience.IsCancellationRequested)
                {
                    refusal ??= AccessRefusal.Silent;
                }

                if (refusal is { } why)
                {
                    Tell(log, why, context.RemoteEndPoint, purpose, trouble);
                    return;
                }
            }

            context.Transport = above ?? below;
            await next(context);
        }
        finally
        {
            await EndAsync(context, below, above);
        }
    }

    // Orleans cuts the connection at once, and what was said last with it: who was refused hangs up first.
    static async Task TellAsync(IDuplexPipe peer, PipeReader input, AccessRefusal refusal, CancellationToken cancellation)
    {
        if (refusal >= AccessRefusal.AcceptorCertificate)
            return; // hanging up says it
        await Frame.WriteAsync(peer.Output, Frame.Refusing(refusal), cancellation);
        while (true)
        {
            var read = await input.ReadAsync(cancellation);
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted || read.IsCanceled)
                return;
        }
    }

    // Who only looks whether the port is open, as load balancers do, says nothing.
    void Tell(ILogger? log, AccessRefusal refusal, EndPoint? peer, Purpose purpose, string? trouble)
    {
        if (log is null || !_refused.GetOrAdd(refusal, _ => new Occasions()).IsTold(out var count))
            return;
        LogRefused(
            log,
            refusal == AccessRefusal.Silent ? LogLevel.Debug : LogLevel.Warning,
            peer,
            $"{purpose}",
            Words(refusal, trouble),
            count
        );
    }

    static async ValueTask EndAsync(ConnectionContext context, IDuplexPipe below, TlsTransport? above)
    {
        context.Transport = below; // Orleans closes it
        if (above is not null)
            await above.DisposeAsync();
    }

    static string Words(AccessRefusal refusal, string? trouble) =>
        refusal switch
        {
            AccessRefusal.TokenMissing => "it gave no token",
            AccessRefusal.TokenWrong => "it has another token",
            AccessRefusal.SecretWrong => "it does not share the silos' secret, or has other tokens",
            AccessRefusal.TlsMissing => "it does not speak TLS",
            AccessRefusal.TlsUnexpected => "it speaks TLS, this silo does not",
            AccessRefusal.Full => "as many are connected as it takes",
            AccessRefusal.WrongPort => "it took this port for another",
            AccessRefusal.ConnectorCertificate => $"its certificate is refused: {trouble}",
            _ => "it did not complete the handshake",
        };

    static ILogger? Log(IConnectionBuilder builder) =>
        (builder.ApplicationServices.GetService(typeof(ILoggerFactory)) as ILoggerFactory)?.CreateLogger(typeof(ConnectionGuard).FullName!);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not connected: {reason}")]
    static partial void LogNotConnected(ILogger log, string reason);

    [LoggerMessage(Message = "A connection from {peer} to the {port} port was refused: {reason}. So far {count} were for such a reason.")]
    static partial void LogRefused(ILogger log, LogLevel level, EndPoint? peer, string port, string reason, long count);
}
