using System.Net;
using CoKe.Access;
using Microsoft.AspNetCore.Connections;

namespace CoKe.Client.Gateways;

/// <summary>Which gateways have refused a client that connects. One that takes it is enough; when none is left, waiting is in
/// vain.</summary>
sealed class GatewayRefusals(NamedGateways gateways)
{
    // So often a gateway may say nothing: one that is overrun by strangers ends connections amid the handshake, and takes the next.
    const int MostSilences = 3;

    readonly HashSet<EndPoint> _refusing = [];
    readonly Dictionary<EndPoint, int> _silences = [];
    readonly TaskCompletionSource<AccessRefusedException> _byAll = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the last refusal when every gateway has refused.</summary>
    public Task<AccessRefusedException> ByAll => _byAll.Task;

    /// <summary>A gateway that took a connection and ended it before the client was let in, as one of another cluster does; null:
    /// none.</summary>
    public EndPoint? Ending { get; private set; }

    /// <summary>Watches connections that token and TLS have let through.</summary>
    public void Watch(IConnectionBuilder builder) =>
        builder.Use(next =>
            async context =>
            {
                var began = TimeProvider.System.GetTimestamp();
                try
                {
                    await next(context);
                }
                finally
                {
                    if (TimeProvider.System.GetElapsedTime(began) < GatewayTimes.AtOnce)
                        Ending = context.RemoteEndPoint;
                }
            }
        );

    /// <summary>The last gateway that ended a connection amid the handshake; null: none did.</summary>
    public AccessRefusedException? Silence { get; private set; }

    public void Add(AccessRefusedException refusal)
    {
        lock (_refusing)
        {
            if (refusal.Refusal == AccessRefusal.Silent)
                Silence = refusal;
            if (
                refusal.Silo is { } silo
                && (refusal.Refusal != AccessRefusal.Silent || (_silences[silo] = _silences.GetValueOrDefault(silo) + 1) >= MostSilences)
            )
                _refusing.Add(silo);
            if (gateways.Endpoints.All(_refusing.Contains))
                _byAll.TrySetResult(refusal);
        }
    }
}
